// What interop tests share: the real server as a process of its own, files of seeded content,
// real clients with a time limit, and reasons to skip.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { run, type RunResult, which } from "../../scripts/lib/command.ts";
import { inCi, ROOT } from "../../scripts/lib/project.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";

/** A running server. Whoever started it stops it. */
export interface Server {
  readonly host: string;
  readonly tftpPort: number;
  readonly httpPort: number;
  readonly pid: number;
  /** What it has written to both outputs, the latest mebibyte. */
  log(): string;
  /** Asks it to end, then makes it; gives its exit status, null where it had to be killed. */
  stop(): Promise<number | null>;
}

export interface ServerOptions {
  readonly root: string;
  readonly args?: readonly string[];
  /** Address to listen on; 127.0.0.1 when left out. */
  readonly host?: string;
  /** Put before the command line, e.g. `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
  /** Flags for Deno itself, where it runs the sources. */
  readonly permissions?: readonly string[];
}

/**
 * Starts the real command on free ports and waits until it is ready: the sources under this
 * runtime, or the binary that BOOTSRV_BINARY names. Rejects with its log where it is not.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const host = options.host ?? "127.0.0.1";
  const folder = temporaryFolder("ready");
  const readyFile = join(folder.path, "ready.json");
  const [program, ...args] = [
    ...options.prefix ?? [],
    ...bootsrvCommand(options.permissions),
    ...["--root", options.root, "--address", host, "--tftp-port", "0", "--http-port", "0"],
    ...["--ready-file", readyFile],
    ...options.args ?? [],
  ];
  const child = spawn(program!, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const output = collectOutput(child);
  const ended = new Promise<number | null>((resolve) => {
    // Not "exit": what it said last may come after that.
    child.on("close", (code) => resolve(code));
    child.on("error", () => resolve(null));
  });
  // Not child.kill(): after it Deno reports the signal even where the program ended by itself.
  const signal = (name: "SIGTERM" | "SIGKILL") => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(child.pid, name);
  };
  const kill = () => signal("SIGKILL");
  process.on("exit", kill);
  try {
    const ready = await waitForReady(readyFile, { ended, log: output.text });
    return {
      host,
      tftpPort: ready.tftp[0]?.port ?? 0,
      httpPort: ready.http[0]?.port ?? 0,
      pid: ready.pid,
      log: output.text,
      stop: async () => {
        signal("SIGTERM");
        const code = await Promise.race([ended, delay(STOP_MS).then(() => "late" as const)]);
        if (code === "late") kill();
        process.off("exit", kill);
        return code === "late" ? null : code;
      },
    };
  } catch (error) {
    kill();
    throw error;
  } finally {
    folder.remove();
  }
}

/** Runs the command under test to its end. */
export function runBootsrv(
  args: readonly string[],
  permissions: readonly string[] = [],
): Promise<RunResult> {
  const [program, ...rest] = bootsrvCommand(permissions);
  return run(program!, [...rest, ...args], { timeoutMs: CLIENT_MS });
}

/** The command under test, to be followed by its arguments. */
export function bootsrvCommand(permissions: readonly string[] = []): string[] {
  const binary = process.env.BOOTSRV_BINARY;
  if (binary !== undefined) return [resolve(binary)];
  const flags = ["--quiet", "-A", ...permissions, "--no-check"];
  return [process.execPath, "run", ...flags, join(ROOT, "main.ts")];
}

/** No limits for one address: all clients of a test have the same. */
export const UNLIMITED: readonly string[] = [
  ...["--limits-transfers-max-per-client", "0"],
  ...["--limits-requests-per-second-per-client", "0"],
];

/**
 * For the `skip` option of a test: false where all the programs are here, else a printed reason.
 * In continuous integration nothing is skipped: the test runs and fails.
 */
export function needs(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => which(program) === null);
  return skipIf(missing.length > 0, `no "${missing.join('", "')}" here; see deno task setup`);
}

/** For the `skip` option of a test, like `needs`, for any other condition. */
export function skipIf(condition: boolean, reason: string): string | false {
  if (!condition || inCi()) return false;
  console.log(`skipped: ${reason}`);
  return reason;
}

/** Pseudo-random octets, the same for the same seed. */
export function randomBytes(size: number, seed: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** Writes a file of pseudo-random content, seeded by its size; gives the digest. */
export function writeRandomFile(path: string, size: number): string {
  const bytes = randomBytes(size, size + 1);
  writeFileSync(path, bytes);
  return digest(bytes);
}

/** SHA-256 in hexadecimal digits. */
export function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * The digest of a file's content. A file that is not there counts as empty: some clients make
 * none for an empty transfer.
 */
export function fileDigest(path: string): string {
  return digest(existsSync(path) ? readFileSync(path) : new Uint8Array(0));
}

export interface ClientOptions {
  readonly cwd?: string;
  readonly timeoutMs?: number;
  /** Put before the command line, e.g. `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
}

/** Runs a client; rejects with its output unless it ended well and in time. */
export async function runClient(
  command: readonly string[],
  options: ClientOptions = {},
): Promise<RunResult> {
  const [program, ...args] = [...options.prefix ?? [], ...command];
  const result = await run(program!, args, { timeoutMs: CLIENT_MS, ...options });
  if (result.code === 0) return result;
  const how = result.timedOut ? "overran its time" : `ended with ${result.code}`;
  throw new Error(`"${command.join(" ")}" ${how}:\n${result.output}`);
}

/** Resident memory of a process in octets, from /proc. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1] ?? 0) * 1024;
}

/**
 * Resolves when this holds; rejects with what `describe` says where it does not in a minute, which
 * a busy machine may need for what else takes milliseconds.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  describe: () => string,
): Promise<void> {
  const startedAt = performance.now();
  while (!await holds()) {
    if (performance.now() - startedAt > PATIENCE_MS) throw new Error(describe());
    await delay(20);
  }
}

/** Tries until it succeeds; rejects with the last failure after as much patience. */
export async function eventually(attempt: () => Promise<void> | void): Promise<void> {
  let failure: unknown;
  const succeeds = async () => {
    try {
      await attempt();
      return true;
    } catch (error) {
      failure = error;
      return false;
    }
  };
  await until(succeeds, () => "").catch(() => Promise.reject(failure));
}

/** Resolves when the log of a server has it, rejects with the log. */
export async function logged(server: { log(): string }, pattern: RegExp): Promise<void> {
  await until(
    () => pattern.test(server.log()),
    () => `The log has no ${pattern}:\n${server.log()}`,
  );
}

/** Resolves after this time; only for waiting on real processes. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Ready {
  readonly pid: number;
  readonly tftp: readonly { readonly address: string; readonly port: number }[];
  readonly http: readonly { readonly address: string; readonly port: number }[];
}

const PATIENCE_MS = 60_000;
const STOP_MS = 60_000;
const CLIENT_MS = 180_000;
const LOG_CHARS_MAX = 1024 * 1024;

async function waitForReady(
  file: string,
  child: { ended: Promise<unknown>; log: () => string },
): Promise<Ready> {
  let over = false;
  child.ended.then(() => over = true);
  await until(() => over || existsSync(file), () => `The server is not ready:\n${child.log()}`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  throw new Error(`The server ended before it was ready:\n${child.log()}`);
}

function collectOutput(child: ReturnType<typeof spawn>): { text: () => string } {
  let text = "";
  const collect = (chunk: string) => {
    text += chunk;
    if (text.length > 2 * LOG_CHARS_MAX) text = text.slice(-LOG_CHARS_MAX);
  };
  child.stdout?.setEncoding("utf8").on("data", collect);
  child.stderr?.setEncoding("utf8").on("data", collect);
  return { text: () => text };
}
