// What the benchmark asks of a load process, and what comes back: plain data, JSON on its command
// line and on its standard output.

import type { Manners } from "../../tests/sim/firmware_receiver.ts";

/** The server under load, as the load process sees it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** It makes a process for each transfer, whose processor time counts too. */
  readonly forks: boolean;
}

/** A link between load and server that the load process pretends to have. */
export interface LinkOptions {
  /** Each way. */
  readonly delayMs: number;
  /** Share of the datagrams lost, each way, 0 to 1. */
  readonly loss: number;
  readonly seed: number;
}

/** How long the load goes on. */
export type Extent =
  /** Reads again and again; what happens in `measureMs` after `warmupMs` is counted. */
  | { readonly kind: "time"; readonly warmupMs: number; readonly measureMs: number }
  /** So many requests are counted, after as many as it takes for the load to get into its stride. */
  | { readonly kind: "requests"; readonly warmup: number; readonly count: number };

/** One measurement. */
export interface LoadOrder {
  readonly target: Target;
  /** Readers at the same time, each with an address of its own. */
  readonly clients: number;
  /** Sockets that the readers share; the port of a reader changes from one transfer to the next. */
  readonly sockets: number;
  readonly file: string;
  /** Its size in octets; null where the server is to answer that there is no such file. */
  readonly fileBytes: number | null;
  /** The content is that of `patternWord`, and looked at. */
  readonly patterned: boolean;
  /** Block size asked for; null for the 512 of RFC 1350. */
  readonly blksize: number | null;
  /** Window asked for; null for lock-step. */
  readonly windowsize: number | null;
  readonly extent: Extent;
  /** How the readers receive: with this project's machine, or as firmware does. */
  readonly receiver: "own" | Manners;
  readonly link: LinkOptions | null;
}

/** What was measured. Seconds, octets. */
export interface LoadResult {
  readonly seconds: number;
  /** Payload received in order. */
  readonly bytes: number;
  /** Requests that ended as they should. */
  readonly completed: number;
  /** Transfers that ended badly or had wrong content, and readers that got nothing for all the time. */
  readonly failed: number;
  /** Of the server and its processes; null where some of it escapes us. */
  readonly cpuSeconds: number | null;
  /** Anonymous memory of the server and its processes, under load; null where it has none left. */
  readonly privateBytes: number | null;
  /** Processor time of everything else on the machine; null where the server's is unknown. */
  readonly otherCpuSeconds: number | null;
  /** Why the first transfer failed, for a person. */
  readonly firstFailure: string | null;
}

/** The word of 32 bits, little-endian, at word `index` of a patterned file. */
export function patternWord(index: number): number {
  return Math.imul(index + 1, 0x9e3779b1) >>> 0;
}
