// The rights of tftpd-hpa and ours, side by side: the same files, the same requests, by the same
// client, give the same outcome. Both are started as root and become somebody without rights.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { unpackedProgram } from "../../scripts/lib/apt.ts";
import { run } from "../../scripts/lib/command.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { freePort } from "./free_ports.ts";
import * as harness from "./harness.ts";

const tftpd = unpackedProgram("tftpd-hpa", "in.tftpd");
const skip = harness.skipIf(process.getuid?.() !== 0, "not root: no right to give away") ||
  harness.skipIf(tftpd === null, 'no "in.tftpd" here; see deno task setup');

interface Variant {
  readonly title: string;
  /** Of tftpd-hpa. */
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

const CLASSIC = ["--require-world-readable", "--writable", "--user", "nobody", "--chroot"];
const VARIANTS: readonly Variant[] = [
  { title: "the classic rules", theirs: [], ours: CLASSIC },
  { title: "-c", theirs: ["-c"], ours: [...CLASSIC, "--upload-create"] },
  { title: "-c -p", theirs: ["-c", "-p"], ours: [...CLASSIC.slice(1), "--upload-create"] },
];

const MODES = [0o644, 0o666, 0o646, 0o600, 0o622, 0o004, 0o777, 0o000];
const NAMES = [
  ...MODES.flatMap((mode) => [`f${mode.toString(8)}`, `open/f${mode.toString(8)}`]),
  ...["none", "open/none", "/f644", "//open//f666", "closed/f666", "gone/none"],
];

for (const { title, theirs, ours } of VARIANTS) {
  describe(`Beside tftpd-hpa with ${title}`, { skip }, () => {
    test("every file may be read and written, or not, as there", async () => {
      const expected = await outcomes((root) => startTheirs(root, theirs));
      const found = await outcomes((root) => startOurs(root, ours));
      assert.deepEqual(found, expected);
      assert.ok(expected.some((line) => line.includes("read 0")));
      assert.ok(expected.some((line) => line.includes("write 0")));
    });
  });
}

interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

/** A line for each name: what the client said of the read and of the write, and what is there. */
async function outcomes(start: (root: string) => Promise<Running>): Promise<readonly string[]> {
  const folder = temporaryFolder("rights");
  const root = join(folder.path, "root");
  prepare(folder.path, root);
  const server = await start(root);
  const lines: string[] = [];
  try {
    for (const name of NAMES) {
      const url = `tftp://127.0.0.1:${server.port}/${name}`;
      const read = await curl(["-o", join(folder.path, "out"), url]);
      const write = await curl(["-T", join(folder.path, "upload"), url]);
      const path = join(root, name);
      const content = existsSync(path) ? readFileSync(path, "utf8") : "no file";
      lines.push(`${name}: read ${read}, write ${write}, then "${content}"`);
    }
  } finally {
    await server.stop();
    folder.remove();
  }
  return lines;
}

function prepare(top: string, root: string) {
  for (const [path, mode] of [["", 0o755], ["open", 0o777], ["closed", 0o700]] as const) {
    mkdirSync(join(root, path), { recursive: true });
    for (const each of path === "closed" ? [0o666] : MODES) {
      const file = join(root, path, `f${each.toString(8)}`);
      writeFileSync(file, "old");
      chmodSync(file, each);
    }
    chmodSync(join(root, path), mode);
  }
  chmodSync(top, 0o755);
  writeFileSync(join(top, "upload"), "new");
  writeFileSync(join(root, "probe"), "probe");
  chmodSync(join(root, "probe"), 0o644);
}

/** The exit code of curl. tftpd-hpa says "permission denied" with ERROR 0, and we with ERROR 2. */
async function curl(args: readonly string[]): Promise<number | null> {
  const { code } = await run("curl", ["-s", "-m", "50", ...args], { timeoutMs: 60_000 });
  return code === ERROR_0 ? ERROR_2 : code;
}

const ERROR_2 = 69;
const ERROR_0 = 71;

async function startOurs(root: string, args: readonly string[]): Promise<Running> {
  const server = await harness.startServer({ root, args: [...harness.UNLIMITED, ...args] });
  return {
    port: server.tftpPort,
    async stop() {
      await server.stop();
    },
  };
}

async function startTheirs(root: string, args: readonly string[]): Promise<Running> {
  const port = await freePort();
  const all = ["-L", "-4", "-a", `127.0.0.1:${port}`, "-u", "nobody", ...args, "-s", root];
  const child = spawn(tftpd!, all, { stdio: "ignore" });
  const out = join(root, "..", "probe");
  let answers = false;
  // What is sent before it listens is lost.
  for (let seconds = 1; seconds < 60 && !answers; seconds *= 2) {
    const limit = ["-m", String(seconds)];
    answers = await curl([...limit, "-o", out, `tftp://127.0.0.1:${port}/probe`]) === 0;
  }
  if (!answers) child.kill("SIGKILL");
  assert.ok(answers, `"${tftpd}" answers`);
  rmSync(out, { force: true });
  return { port, stop: () => ended(child) };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
