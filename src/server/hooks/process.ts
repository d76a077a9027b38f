// One program that is run for an event: no shell, nothing to read, all that it started killed with
// it.
import process from "node:process";
import { type Child, loadPlatform } from "../../platform/index.ts";

/** What to run. */
export interface HookCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** All of its environment, but for what says where programs and which time and words are. */
  readonly env: Readonly<Record<string, string>>;
}

/** How it ended. */
export interface HookEnd {
  /** "" where it ended with 0, else why not: "exit code 3", "killed by SIGSEGV", "no such file". */
  readonly fault: string;
  /** What it wrote, the beginning of it. */
  readonly output: string;
}

/** A program that runs. */
export interface HookProcess {
  /** Never rejects. */
  readonly ended: Promise<HookEnd>;
  /** Kills it and what it has started. */
  kill(): void;
}

const OUTPUT_CHARS_MAX = 4096;
/** For what a program leaves behind with its output open: that is not waited for. */
const OUTPUT_WAIT_MS = 500;
const PASSED_ON = ["PATH", "LANG", "LC_ALL", "TZ"];

/** Starts it. What is wrong is told at its end. */
export function startHook(command: HookCommand): HookProcess {
  const hook = new Hook(command);
  return { ended: hook.run(), kill: () => hook.kill() };
}

class Hook {
  readonly #command: HookCommand;
  readonly #decoder = new TextDecoder();
  #output = "";
  #child: Child | null = null;
  #killed = false;

  constructor(command: HookCommand) {
    this.#command = command;
  }

  async run(): Promise<HookEnd> {
    try {
      const fault = await this.#fault();
      return { fault, output: this.#output };
    } catch (error) {
      return { fault: (error as Error).message, output: this.#output };
    }
  }

  kill(): void {
    this.#killed = true;
    if (this.#child !== null) killGroup(this.#child.pid);
  }

  async #fault(): Promise<string> {
    const { program: path, args, env } = this.#command;
    const platform = await loadPlatform();
    const child = await platform.start({
      ...{ path, args, env: { ...passedOn(), ...env } },
      output: (bytes) => this.#collect(bytes),
    });
    this.#child = child;
    if (this.#killed) this.kill();
    const { code, signal } = await child.ended;
    await soon(child.closed);
    child.leave();
    if (signal !== null) return `killed by ${signal}`;
    return code === 0 ? "" : `exit code ${code}`;
  }

  #collect(bytes: Uint8Array) {
    const room = OUTPUT_CHARS_MAX - this.#output.length;
    if (room > 0) this.#output += this.#decoder.decode(bytes, { stream: true }).slice(0, room);
  }
}

function passedOn(): Record<string, string> {
  return Object.fromEntries(PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  }));
}

/** Waits for `work` a moment. */
function soon(work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, OUTPUT_WAIT_MS);
    void work.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
