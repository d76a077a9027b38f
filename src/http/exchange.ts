// The seam between the listener and the app. Beside a Request the listener lends the app an
// Exchange; beside a Response the app leaves in it the part of a file to send. So no octet of a
// file or an upload passes through a web stream, and sending can be given to the kernel.
import type { OpenFile } from "../storage/store.ts";

/** One request and its answer, as far as Request and Response cannot say it. */
export interface Exchange {
  /** Numeric address of the client; IPv4-mapped addresses are given as IPv4. */
  readonly client: string;
  readonly port: number;
  /** Numeric address of ours that the client has connected to; mapped addresses as IPv4. */
  readonly local: string;
  /** The request target exactly as it was sent: origin form, absolute form or "*". */
  readonly target: string;
  /** The octets of the request, or null where it announces none. */
  readonly body: RequestBody | null;
  /** Aborted when the client has gone or the listener closes. */
  readonly gone: AbortSignal;
  /** What to send after the header. Once set here, the listener closes its file. */
  slot: FileSlot | null;
  /** Called once, when the answer has been sent, or has failed. */
  ended: ((end: ResponseEnd) => void) | null;
}

/** A run of octets of an open file. */
export interface FileSlot {
  readonly file: OpenFile;
  readonly start: number;
  readonly length: number;
  /** Octets handed to the system so far; the listener counts, others may look. */
  sent: number;
}

/** How an answer ended; `aborted` is the client's doing, `failed` ours. */
export interface ResponseEnd {
  readonly outcome: "done" | "aborted" | "failed";
  /** In words, "" when done. */
  readonly reason: string;
}

/** The octets of a request. Nothing is taken from the client before `start`. */
export interface RequestBody {
  /** Content-Length, or null for a chunked body. */
  readonly length: number | null;
  /** Starts delivery, after "100 Continue" where the client waits for it. */
  start(sink: BodySink): void;
  /** The sink has room again, after a `data` that gave false. */
  resume(): void;
}

/** Takes a body. Exactly one of `end` and `aborted` is called, last. */
export interface BodySink {
  /** The octets are valid during the call. False: taken, but no more until `resume`, please. */
  data(bytes: Uint8Array): boolean;
  end(): void;
  aborted(reason: string): void;
}

/** What answers requests; the hono app is one. */
export interface HttpApp {
  fetch(request: Request, exchange: Exchange): Response | Promise<Response>;
}

/** Time, injected: the listener waits, but reads no clock of its own. */
export interface HttpClock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Runs `run` once in about `ms` milliseconds; gives what cancels it. */
  after(ms: number, run: () => void): () => void;
}
