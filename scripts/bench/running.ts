// Starts a server of the benchmark, waits until it answers, and ends it again by its own process id.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { encodePacket } from "../../src/wire/packet.ts";
import { which } from "../lib/command.ts";
import type { Target } from "./order.ts";
import type { ServerKind } from "./servers.ts";
import { childrenOf, privateBytes } from "./usage.ts";

/** A server that answers. Whoever started it stops it. */
export interface RunningServer {
  readonly kind: ServerKind;
  readonly target: Target;
  /** From its start to its first answer. */
  readonly startMs: number;
  /** Its anonymous memory before any load. */
  readonly idleBytes: number | null;
  /** Null while it runs; once it has ended by itself, the last line it wrote. */
  lastWords(): string | null;
  stop(): Promise<void>;
}

/** Where the servers run, and where the load. Null: wherever the system likes. */
export interface Cores {
  readonly server: number | null;
  readonly load: number | null;
}

/** A core for the servers and another for the load, where there are two and `taskset`. */
export function chooseCores(): Cores {
  const status = readFileSync("/proc/self/status", "utf8");
  const cores = parseCores(/^Cpus_allowed_list:\s+(\S+)$/m.exec(status)?.[1] ?? "");
  if (cores.length < 2 || which("taskset") === null) return { server: null, load: null };
  return { server: cores[0]!, load: cores.at(-1)! };
}

/** The numbers in a list such as "0-2,5". */
export function parseCores(list: string): number[] {
  return list.split(",").filter((part) => part !== "").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Put before a command line to run it on one core. */
export function onCore(core: number | null): string[] {
  return core === null ? [] : ["taskset", "--cpu-list", String(core)];
}

/** Starts a server; rejects with its output where it does not answer. */
export async function startServer(
  kind: ServerKind,
  options: { readonly folder: string; readonly core: number | null },
): Promise<RunningServer> {
  const folder = join(options.folder, kind.name.replaceAll(/[^\w-]+/g, "-"));
  mkdirSync(folder, { recursive: true });
  const port = kind.port ?? await freePort(kind.host);
  const command = kind.command({ port, folder });
  // The limit holds even if this process is killed.
  const limit = ["timeout", "--signal=KILL", String(LIFE_SECONDS_MAX)];
  const [program, ...args] = [...onCore(options.core), ...limit, ...command];
  const outputFile = join(folder, "output");
  const output = openSync(outputFile, "w");
  const startedAt = performance.now();
  const child = spawn(program!, args, { stdio: ["ignore", output, output], detached: true });
  closeSync(output);
  const ended = new Promise<void>((resolve) => {
    child.on("exit", () => resolve());
    child.on("error", () => resolve());
  });
  let isOver = false;
  void ended.then(() => isOver = true);
  const kill = () => killGroup(child.pid);
  process.on("exit", kill);
  const stop = async () => {
    for (const pid of childrenOf(child.pid!)) process.kill(pid, "SIGTERM");
    await Promise.race([ended, delay(STOP_MS)]);
    kill();
    process.off("exit", kill);
  };
  if (!await answers({ host: kind.host, port, ended })) {
    await stop();
    throw new Error(`"${command.join(" ")}" does not answer:\n${readFileSync(outputFile, "utf8")}`);
  }
  const startMs = performance.now() - startedAt;
  await delay(SETTLE_MS);
  const pid = childrenOf(child.pid!)[0]!;
  const target: Target = { host: kind.host, port, pid, forks: kind.forks };
  const lastWords = () =>
    isOver ? readFileSync(outputFile, "utf8").trim().split("\n").at(-1)! : null;
  return { kind, target, startMs, idleBytes: privateBytes(pid, false), lastWords, stop };
}

const LIFE_SECONDS_MAX = 900;
const STOP_MS = 3000;
const SETTLE_MS = 300;
const ANSWER_MS_MAX = 15_000;
const ASK_EVERY_MS = 2;

/** A port that nobody has at this moment. */
async function freePort(host: string): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** Asks for a file that is not there until anything comes back. */
async function answers(
  of: { readonly host: string; readonly port: number; readonly ended: Promise<void> },
): Promise<boolean> {
  const request = encodePacket({ op: "rrq", name: "are/you/there", mode: "octet", options: [] });
  const socket = createSocket("udp4");
  // A port that nobody listens on yet is reported as an error.
  socket.on("error", () => {});
  let over = false;
  const answered = new Promise<boolean>((resolve) => {
    socket.on("message", () => resolve(true));
    void of.ended.then(() => resolve(false));
    setTimeout(() => resolve(false), ANSWER_MS_MAX).unref();
  });
  void answered.then(() => over = true);
  while (!over) {
    socket.send(request, of.port, of.host);
    await Promise.race([answered, delay(ASK_EVERY_MS)]);
  }
  socket.close();
  return await answered;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
