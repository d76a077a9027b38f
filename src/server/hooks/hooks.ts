// Programs run when a transfer has ended: a few at a time, each for a limited time, the others in a
// queue that has an end. Whatever becomes of them, transfers go on.
import type { HooksConfig } from "../../config/config.ts";
import type { Report } from "../../resolve/report.ts";
import { SparseNotice } from "../../resolve/sparse_notice.ts";
import { hookCommand } from "./event.ts";
import { type HookCommand, type HookEnd, type HookProcess, startHook } from "./process.ts";

/** What hooks are given; tests have a clock and processes of their own. */
export interface HooksOptions {
  debug(text: string): void;
  warning(text: string): void;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Runs `run` once in about `ms` milliseconds; gives what cancels it. */
  after(ms: number, run: () => void): () => void;
  start?(command: HookCommand): HookProcess;
}

/** Programs that wait for their turn. */
const QUEUE_MAX = 1000;
/** Of the time a service manager grants, for what is still to run when the server ends. */
const STOP_MS = 3_000;

interface Job {
  readonly command: HookCommand;
  readonly timeoutMs: number;
  /** For the log. */
  readonly what: string;
}

/** Runs the hooks of a server. */
export class Hooks {
  readonly #options: HooksOptions;
  #config: HooksConfig;
  readonly #queue: Job[] = [];
  readonly #running = new Set<HookProcess>();
  readonly #dropNotice: SparseNotice;
  #idle: (() => void) | null = null;

  constructor(config: HooksConfig, options: HooksOptions) {
    this.#config = config;
    this.#options = options;
    this.#dropNotice = new SparseNotice(options.warning);
  }

  /** Transfers that end from here on are told to these programs. */
  configure(config: HooksConfig) {
    this.#config = config;
    this.#startNext();
  }

  /** Requests have ended; some of them were transfers. */
  add(reports: readonly Report[]) {
    for (const report of reports) {
      const command = hookCommand(report, this.#config);
      if (command === null) continue;
      const what = `"${command.program}" for ${report.operation} of "${report.name}" ` +
        `by ${report.client}`;
      if (this.#queue.length >= QUEUE_MAX) {
        this.#dropNotice.add(`Hook ${what} dropped: ${QUEUE_MAX} wait`, this.#options.now());
      } else {
        this.#queue.push({ command, what, timeoutMs: this.#config.timeoutMs });
        this.#startNext();
      }
    }
  }

  /** Runs what waits, for a moment; what is left then is killed or dropped. */
  async stop(): Promise<void> {
    if (this.#running.size > 0) {
      const idle = Promise.withResolvers<void>();
      this.#idle = idle.resolve;
      const cancel = this.#options.after(STOP_MS, idle.resolve);
      await idle.promise;
      cancel();
    }
    const left = this.#queue.length + this.#running.size;
    this.#queue.length = 0;
    for (const process of this.#running) process.kill();
    if (left > 0) this.#options.warning(`Hooks: ${left} not run to their end, the server stops`);
  }

  #startNext() {
    while (this.#queue.length > 0 && this.#running.size < this.#config.processesMax) {
      this.#start(this.#queue.shift()!);
    }
    if (this.#running.size === 0) this.#idle?.();
  }

  #start({ command, timeoutMs, what }: Job) {
    const { now, after, start = startHook } = this.#options;
    const startedAt = now();
    const process = start(command);
    let late = false;
    const cancel = after(timeoutMs, () => {
      late = true;
      process.kill();
    });
    this.#running.add(process);
    void process.ended.then((end) => {
      cancel();
      this.#running.delete(process);
      const fault = late ? `killed after ${timeoutMs / 1000} s` : end.fault;
      this.#tell(what, { ...end, fault }, now() - startedAt);
      this.#startNext();
    });
  }

  #tell(what: string, { fault, output }: HookEnd, ms: number) {
    const words = output.trim();
    const rest = words === "" ? "" : `: ${words}`;
    const { debug, warning } = this.#options;
    if (fault === "") debug(`Hook ${what} ran ${(ms / 1000).toFixed(1)} s${rest}`);
    else warning(`Hook ${what} failed, ${fault}${rest.replace(/\s+/g, " ")}`);
  }
}
