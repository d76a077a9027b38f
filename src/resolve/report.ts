// What the log says of one request, and the status page of one under way, whatever protocol it came
// by. The endpoint and the HTTP app make them; the server turns them into lines, counters and pages.
import type { RefusalKind } from "./refusal.ts";

/** Made once, when a request has ended. Times are milliseconds, sizes octets of payload. */
export interface Report {
  readonly via: "tftp" | "http" | "multicast" | "mtftp";
  readonly operation: "read" | "write";
  readonly client: string;
  readonly port: number;
  /** The name as the client sent it; control characters are escaped by the log, not here. */
  readonly name: string;
  /** The file it became, relative to its root; null where it became none. */
  readonly file: string | null;
  /** Its absolute path, where octets of it were moved or were to be; never shown to a peer. */
  readonly path: string | null;
  /**
   * `done`; `unacknowledged` (all sent, last ACK missing); `probe` (only the size was wanted);
   * `refused` (never started); `failed` (started and ended badly); `aborted` (peer gave up).
   */
  readonly outcome: "done" | "unacknowledged" | "probe" | "refused" | "failed" | "aborted";
  readonly refusal: RefusalKind | null;
  /** Why, in words, for anything but `done`; with the system's own words where there are some. */
  readonly reason: string;
  readonly bytes: number;
  readonly durationMs: number;
  readonly retransmits: number;
  /** Granted options such as "blksize=1468 windowsize=16"; HTTP: the status and range. */
  readonly options: string;
  /** What kept it from being faster, e.g. "lock-step: client did not offer windowsize". */
  readonly limiter: string;
  /** Why a client that asked for multicast (RFC 2090) was served by itself; "" for all others. */
  readonly noMulticast: string;
  /** Steps from name to file: rewrites, paths tried, nearest name. */
  readonly trail: readonly string[];
  /** What the operator could do about it, or "". */
  readonly hint: string;
}

/** A report and when its outcome was known, in milliseconds since the epoch. */
export interface TimedReport {
  readonly atMs: number;
  readonly report: Report;
}

/** A transfer that is under way, as it stands now. */
export interface LiveTransfer {
  readonly via: Report["via"];
  readonly operation: Report["operation"];
  readonly client: string;
  readonly port: number;
  readonly name: string;
  readonly bytes: number;
  /** Octets of the whole, or null where that is not known. */
  readonly size: number | null;
  readonly durationMs: number;
  /** Negotiated options, HTTP range, group address and members. */
  readonly options: string;
}
