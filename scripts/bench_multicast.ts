// `deno task bench:multicast`: twenty receivers in network namespaces on one bridge fetch one file
// as a group, from bootsrv and from atftpd, with and without loss. Needs root.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { cpuSecondsBetween, cpuTimes } from "./bench/usage.ts";
import { unpackedProgram } from "./lib/apt.ts";
import { type Bridge, makeBridge } from "./lib/bridge.ts";
import { run, which } from "./lib/command.ts";
import { commandLine, numberOf, wordOf } from "./lib/command_line.ts";
import { isRoot, ROOT } from "./lib/project.ts";
import { temporaryFolder } from "./lib/temporary.ts";

const BLKSIZE = 1428;
const LOSS_PERCENT = 1;
const PORT = 6969;
/** A group that takes longer has not finished. */
const TIMEOUT_MS = 60_000;
const READY_MS = 20_000;
const USAGE = `Usage: deno task bench:multicast [OPTION]…

  --rounds N        how often each is measured; 3
  --receivers N     20, at most 200
  --mebibytes N     size of the file; 32
  --client NAME     atftp or bootsrv; atftp
  --server NAME     bootsrv or atftpd; both`;

interface Row {
  readonly server: string;
  readonly what: string;
  readonly receivers: number;
  readonly seconds: number;
  /** Octets sent on the bridge for each octet of the file, all headers included. */
  readonly sent: number;
  readonly cpuSeconds: number;
  readonly good: number;
}

interface Bench {
  readonly bridge: Bridge;
  readonly folder: string;
  readonly root: string;
  readonly bytes: number;
  readonly digest: string;
  readonly client: string;
}

interface RunningServer {
  readonly name: string;
  readonly pid: number;
  stop(): Promise<void>;
}

if (import.meta.main) process.exit(await main());

async function main(): Promise<number> {
  const { receivers, rounds, mebibytes, client, server } = options();
  if (!isRoot() || which("ip") === null || which("nft") === null) {
    console.error("Needs root, ip and nft, for network namespaces that lose datagrams");
    return 1;
  }
  // Twenty copies: the speed of a disk is not what is measured.
  if (existsSync("/dev/shm")) process.env.TMPDIR ??= "/dev/shm";
  const folder = temporaryFolder("bench-multicast");
  const bridge = makeBridge(receivers);
  try {
    const bench = { ...prepare(folder.path, mebibytes), bridge };
    const rows: Row[] = [];
    for (const start of starters().filter(({ name }) => name === (server ?? name))) {
      rows.push(...await measureServer({ ...bench, client }, start, { receivers, rounds }));
    }
    console.log(table(rows));
    const ours = rows.filter((row) => row.server === "bootsrv");
    return ours.every((row) => row.good === row.receivers) ? 0 : 1;
  } finally {
    bridge.remove();
    folder.remove();
  }
}

function options() {
  return commandLine(USAGE, {
    options: {
      rounds: { type: "string", default: "3" },
      receivers: { type: "string", default: "20" },
      mebibytes: { type: "string", default: "32" },
      client: { type: "string", default: "atftp" },
      server: { type: "string" },
    },
    read: ({ rounds, receivers, mebibytes, client, server }) => ({
      rounds: numberOf(rounds, { name: "rounds", least: 1 }),
      receivers: numberOf(receivers, { name: "receivers", least: 1, most: 200 }),
      mebibytes: numberOf(mebibytes, { name: "mebibytes", least: 1 }),
      client: wordOf(client, { name: "client", words: ["atftp", "bootsrv"] }),
      server: server === undefined
        ? null
        : wordOf(server, { name: "server", words: ["bootsrv", "atftpd"] }),
    }),
  });
}

function prepare(folder: string, mebibytes: number) {
  const root = join(folder, "root");
  mkdirSync(root);
  const bytes = new Uint8Array(mebibytes * 1024 * 1024);
  for (let at = 0; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  writeFileSync(join(root, "image"), bytes);
  const digest = createHash("sha256").update(bytes).digest("hex");
  return { folder, root, bytes: bytes.length, digest };
}

interface Starter {
  readonly name: string;
  start(bench: Bench): Promise<RunningServer>;
}

function starters(): Starter[] {
  const list: Starter[] = [{ name: "bootsrv", start: startBootsrv }];
  const program = which("atftpd") ?? unpackedProgram("atftpd", "atftpd");
  if (program === null) console.log("atftpd: not installed; see deno task setup");
  else list.push({ name: "atftpd", start: (bench) => startAtftpd(bench, program) });
  return list;
}

async function startBootsrv({ bridge, folder, root }: Bench): Promise<RunningServer> {
  const ready = join(folder, "ready.json");
  const log = join(folder, "bootsrv.log");
  const child = launch([
    ...bridge.atServer,
    ...bootsrv(),
    ...["--root", root, "--address", bridge.serverHost, "--tftp-port", String(PORT)],
    ...["--http-port", "off", "--ready-file", ready],
  ], log);
  for (let waitedMs = 0; !existsSync(ready); waitedMs += 20) {
    if (waitedMs > READY_MS) throw new Error(`Not ready in time:\n${readFileSync(log, "utf8")}`);
    await delay(20);
  }
  const { pid } = JSON.parse(readFileSync(ready, "utf8"));
  return { name: "bootsrv", pid, stop: () => stop(child) };
}

async function startAtftpd({ bridge, root }: Bench, program: string): Promise<RunningServer> {
  const child = launch([
    ...[...bridge.atServer, program, "--daemon", "--no-fork", "--user", "root", "--group", "root"],
    ...["--bind-address", bridge.serverHost, "--port", String(PORT), "--logfile", "/dev/null"],
    ...["--mcast-addr", "239.255.0.0-255", "--mcast-port", "1758-1859", root],
  ]);
  await delay(500);
  return { name: "atftpd", pid: child.pid!, stop: () => stop(child) };
}

/** The binary that BOOTSRV_BINARY names, or the sources. */
function bootsrv(): string[] {
  const binary = process.env.BOOTSRV_BINARY;
  if (binary !== undefined) return [binary];
  return [process.execPath, "run", "-A", "--no-check", join(ROOT, "main.ts")];
}

async function measureServer(
  bench: Bench,
  starter: Starter,
  { receivers, rounds }: { readonly receivers: number; readonly rounds: number },
): Promise<Row[]> {
  const { name } = starter;
  const server = await starter.start(bench);
  const measure = async (what: string, options: GroupOptions) => {
    const all: Row[] = [];
    for (let round = 0; round < rounds; round++) {
      const row = { server: name, what, ...await fetch(bench, server, options) };
      console.log(`${name}, ${what}: ${describe(row)}`);
      all.push(row);
      if (row.good < row.receivers) break;
    }
    return median(all);
  };
  try {
    const rows = [
      await measure("one, unicast", { receivers: 1, multicast: false }),
      await measure("group", { receivers, multicast: true }),
    ];
    bench.bridge.lose(LOSS_PERCENT);
    rows.push(await measure(`group, ${LOSS_PERCENT} % lost`, { receivers, multicast: true }));
    return rows;
  } finally {
    bench.bridge.lose(0);
    await server.stop();
  }
}

interface GroupOptions {
  readonly receivers: number;
  readonly multicast: boolean;
}

async function fetch(
  bench: Bench,
  server: RunningServer,
  { receivers, multicast }: GroupOptions,
): Promise<Omit<Row, "server" | "what">> {
  const { bridge, bytes } = bench;
  const cpuBefore = cpuTimes(server.pid, false);
  const sentBefore = bridge.sent().bytes;
  const startedAt = performance.now();
  const files = await Promise.all(
    Array.from({ length: receivers }, (_, at) => fetchOne(bench, at, multicast)),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuSeconds = cpuSecondsBetween(cpuBefore, cpuTimes(server.pid, false)) ?? NaN;
  const sent = (bridge.sent().bytes - sentBefore) / bytes;
  const good = files.filter((file) => file !== null && digestOf(file) === bench.digest).length;
  return { receivers, seconds, sent, cpuSeconds, good };
}

function digestOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** Where this receiver put what it got; null where it failed. */
async function fetchOne(bench: Bench, at: number, multicast: boolean): Promise<string | null> {
  const { bridge, folder, client } = bench;
  const file = join(folder, `copy-${at}`);
  const atftp = [
    ...["atftp", "--option", `blksize ${BLKSIZE}`, ...(multicast ? ["--option", "multicast"] : [])],
    ...["--get", "--remote-file", "image", "--local-file", file, bridge.serverHost, `${PORT}`],
  ];
  const own = [
    ...[...bootsrv(), "get", "--quiet", "--blksize", `${BLKSIZE}`],
    // A group has no window (RFC 2090), so what it is compared with has none either.
    ...(multicast ? ["--multicast"] : ["--windowsize", "off"]),
    ...[`tftp://${bridge.serverHost}:${PORT}/image`, "--output", file],
  ];
  const command = client === "atftp" ? atftp : own;
  const [program, ...args] = [...bridge.atReceiver(at), ...command];
  const { code, output } = await run(program!, args, { timeoutMs: TIMEOUT_MS });
  if (code === 0) return file;
  if (at === 0) console.log(`Receiver ${at}: ${output.trim().split("\n").at(-1)}`);
  return null;
}

/** The round in the middle by time; a receiver that failed in any of them counts. */
function median(rows: readonly Row[]): Row {
  const sorted = [...rows].sort((a, b) => a.seconds - b.seconds);
  const good = Math.min(...rows.map((row) => row.good));
  return { ...sorted[Math.floor(sorted.length / 2)]!, good };
}

function describe(row: Row): string {
  return `${row.seconds.toFixed(2)} s, sent ${row.sent.toFixed(3)} x, ` +
    `CPU ${row.cpuSeconds.toFixed(2)} s, ${row.good} of ${row.receivers} good`;
}

/** With the ratios that the targets are about. */
function table(rows: readonly Row[]): string {
  const of = (server: string, what: string) =>
    rows.find((row) => row.server === server && row.what === what);
  const lines = rows.map((row) => {
    const unicast = of(row.server, "one, unicast");
    const calm = of(row.server, "group");
    const atftpd = of("atftpd", row.what);
    const ratios = [
      ["CPU of one unicast", row.cpuSeconds / (unicast?.cpuSeconds ?? NaN)],
      ["time without loss", row === calm ? NaN : row.seconds / (calm?.seconds ?? NaN)],
      ["time of atftpd", row === atftpd ? NaN : row.seconds / (atftpd?.seconds ?? NaN)],
    ].filter((ratio): ratio is [string, number] => Number.isFinite(ratio[1]));
    const text = ratios.map(([what, ratio]) => `${ratio.toFixed(2)} x ${what}`).join(", ");
    return `${row.server.padEnd(8)} ${row.what.padEnd(16)} ${describe(row)}; ${text}`;
  });
  return ["", "Medians:", ...lines].join("\n");
}

function launch(command: readonly string[], log = "/dev/null"): ChildProcess {
  const [program, ...args] = command;
  const to = openSync(log, "a");
  const child = spawn(program!, args, { cwd: ROOT, stdio: ["ignore", to, to] });
  closeSync(to);
  process.on("exit", () => child.kill("SIGKILL"));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.on("exit", resolve));
  child.kill("SIGTERM");
  await Promise.race([ended, delay(3000)]);
  child.kill("SIGKILL");
  await ended; // The next server wants its port.
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
