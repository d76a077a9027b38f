// Counts what the readers of a load get in the time that counts, and what the server spends on it.
import process from "node:process";
import type { LoadOrder, LoadResult } from "./order.ts";
import {
  cpuSecondsBetween,
  type CpuTimes,
  cpuTimes,
  machineCpuSeconds,
  privateBytes,
} from "./usage.ts";

/** A reader that gets nothing for less than this is unlucky, not starved. */
const STARVED_MS_MIN = 1000;

/** What a meter needs to know of a reader. */
export interface Counted {
  /** Payload octets so far. */
  readonly bytes: number;
}

/** Times are milliseconds of the driver's clock. */
export class Meter {
  /** When `turn` is due. */
  deadline = -Infinity;
  readonly #order: LoadOrder;
  readonly #readers: readonly Counted[];
  #from: Sample | null = null;
  #result: LoadResult | null = null;
  #begun = 0;
  #completed = 0;
  #failed = 0;
  #firstFailure: string | null = null;

  constructor(order: LoadOrder, readers: readonly Counted[]) {
    this.#order = order;
    this.#readers = readers;
  }

  /** Whether one more transfer may begin, which is then counted as begun. */
  mayBegin(): boolean {
    const { extent } = this.#order;
    if (extent.kind === "requests" && this.#begun >= extent.warmup + extent.count) {
      return false;
    }
    this.#begun++;
    return true;
  }

  /** A transfer has ended: well, or for this reason. */
  ended(failure: string | null): void {
    if (this.#result !== null) return;
    if (failure === null) this.#completed++;
    else {
      this.#failed++;
      this.#firstFailure ??= failure;
    }
  }

  /** Does what is due; true when the measurement is over. */
  turn(now: number): boolean {
    const { extent } = this.#order;
    if (extent.kind === "requests") {
      this.deadline = Infinity;
      const ended = this.#completed + this.#failed;
      if (this.#from === null && ended >= extent.warmup) this.#from = this.#sample(now);
      return ended >= extent.warmup + extent.count && this.#end(now);
    }
    if (this.deadline === -Infinity) this.deadline = now + extent.warmupMs;
    if (now < this.deadline) return false;
    if (this.#from !== null) return this.#end(now);
    this.#from = this.#sample(now);
    this.deadline = performance.now() + extent.measureMs;
    return false;
  }

  /** What was measured; only when it is over. */
  result(): LoadResult {
    return this.#result!;
  }

  #sample(now: number): Sample {
    const { pid, forks } = this.#order.target;
    return {
      // Looking at many processes takes a while, in which nothing is received.
      at: now,
      bytes: this.#readers.map((reader) => reader.bytes),
      completed: this.#completed,
      cpu: cpuTimes(pid, forks),
      loadCpu: ownCpuSeconds(),
      machineCpu: machineCpuSeconds(),
    };
  }

  #end(now: number): true {
    const from = this.#from!;
    const to = this.#sample(now);
    const { target, extent } = this.#order;
    const got = to.bytes.map((bytes, index) => bytes - from.bytes[index]!);
    const isLong = extent.kind === "time" && extent.measureMs >= STARVED_MS_MIN;
    const starved = isLong ? got.filter((bytes) => bytes === 0).length : 0;
    // Requests are over sooner than the processes that a server makes for them can be looked at.
    const escapes = target.forks && extent.kind === "requests";
    const cpuSeconds = escapes ? null : cpuSecondsBetween(from.cpu, to.cpu);
    const loadCpuSeconds = to.loadCpu - from.loadCpu;
    const machineCpuSeconds = to.machineCpu - from.machineCpu;
    this.#result = {
      seconds: (to.at - from.at) / 1000,
      bytes: got.reduce((sum, bytes) => sum + bytes, 0),
      completed: to.completed - from.completed,
      failed: this.#failed + starved,
      cpuSeconds,
      privateBytes: privateBytes(target.pid, target.forks),
      otherCpuSeconds: cpuSeconds === null
        ? null
        : Math.max(0, machineCpuSeconds - cpuSeconds - loadCpuSeconds),
      firstFailure: this.#firstFailure ?? (starved > 0 ? "Got nothing for all the time" : null),
    };
    return true;
  }
}

interface Sample {
  readonly at: number;
  readonly bytes: readonly number[];
  readonly completed: number;
  readonly cpu: CpuTimes;
  readonly loadCpu: number;
  readonly machineCpu: number;
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
