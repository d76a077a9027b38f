// Runs other programs with a time limit and finds them. A program that overruns is killed
// together with everything it started.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { ROOT } from "./project.ts";

export interface RunOptions {
  /** Working directory; the checkout when left out. */
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Sent to its standard input, which is closed otherwise. */
  readonly input?: string;
  /** Killed after this; 60,000 when left out. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** Exit status; null where it was killed by a signal or could not be started. */
  readonly code: number | null;
  /** Standard output and standard error in the order they came, the latest mebibytes. */
  readonly output: string;
  readonly timedOut: boolean;
}

/** Runs a program and gives what came of it. Never rejects: one that cannot start has no code. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const child = spawn(command, [...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, so that the time limit reaches its children too.
    detached: true,
  });
  if (running.size === 0) process.on("exit", killAll);
  running.add(child.pid);
  let output = "";
  let timedOut = false;
  const collect = (chunk: string) => {
    output += chunk;
    if (output.length > 2 * OUTPUT_CHARS_MAX) output = output.slice(-OUTPUT_CHARS_MAX);
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid);
  }, options.timeoutMs ?? 60_000);
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      running.delete(child.pid);
      if (running.size === 0) process.off("exit", killAll);
    };
    child.on("error", (error) => {
      over();
      resolve({ code: null, output: `${output}${error.message}\n`, timedOut });
    });
    child.on("close", (code) => {
      over();
      resolve({ code, output, timedOut });
    });
  });
}

/** Absolute path of a program on PATH or in the directories of system programs; null if none. */
export function which(name: string): string | null {
  const directories = (process.env.PATH ?? "").split(delimiter);
  for (const directory of [...directories, "/usr/sbin", "/sbin"]) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  return null;
}

const OUTPUT_CHARS_MAX = 2 * 1024 * 1024;

/** What runs now. Ctrl-C does not reach groups of their own, so this process takes them along. */
const running = new Set<number | undefined>();

function killAll(): void {
  for (const pid of running) killGroup(pid);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
