// What every protocol machine looks like from outside. A machine is sans-IO: inputs are method
// calls with the time as an argument, outputs go to the outbox it was made with, the next wake-up
// is a property. It knows no socket, clock, disk, random number or log.
import type { Option, Packet } from "../wire/packet.ts";
import type { BlockIndex, BlockNumber, Rollover } from "../wire/block.ts";

/** A transfer that started and ended badly; `code` is the TFTP error code the peer was told. */
export interface Failure {
  readonly kind:
    | "timeout" // the peer fell silent
    | "peer" // the peer sent ERROR
    | "protocol" // the peer broke the protocol
    | "storage" // our file could not be read or written
    | "aborted"; // we stopped it: shutdown, a limit, a newer request from the same port
  readonly code: number;
  readonly text: string;
}

/**
 * How a transfer ended.
 * - `done`: every block acknowledged.
 * - `done-unacknowledged`: all was sent, only the last ACK never came (RFC 1350 §6): no failure.
 * - `probe`: the peer only wanted the OACK (EDK2, BIOS ROMs) and said so with ERROR.
 */
export type Result =
  | { readonly kind: "done" }
  | { readonly kind: "done-unacknowledged" }
  | { readonly kind: "probe"; readonly text: string }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * Where a machine puts what it wants done, in order, before the call that caused it returns.
 * The host must not call the machine from inside these methods.
 */
export interface Outbox {
  /** Send this ACK, OACK, ERROR, RRQ or WRQ to the peer. */
  control(packet: Packet): void;
  /** Send DATA `first` … `first + count - 1`: named, never carried. */
  blocks(first: BlockIndex, count: number): void;
  /** Store these bytes of block `index`; they arrive in order. Valid only during the call. */
  write(index: BlockIndex, bytes: Uint8Array): void;
  /** All is received: make the file safe, then tell the machine `committed` or `abort`. */
  commit(): void;
  /** The machine has ended; nothing follows. */
  finish(result: Result): void;
}

/** Inputs that every machine takes. `now` is in milliseconds of any monotonic clock. */
export interface Machine {
  /** When `timeout` is due, in the same milliseconds; Infinity for never. */
  readonly deadline: number;
  /** A packet from the pinned peer; the TID is already checked. Unfitting ones change nothing. */
  receive(packet: Packet, now: number): void;
  /** `now` has reached `deadline`; harmless if it has not. */
  timeout(now: number): void;
  /** Stop: tell the peer (an ERROR with the failure's code and text) and finish. */
  abort(failure: Failure): void;
}

/** Timing of one transfer. */
export interface Timing {
  /** First retransmission, before a round trip was measured. */
  readonly timeoutMs: number;
  /** How many retransmissions at doubling intervals make up the patience with a silent peer. */
  readonly retries: number;
}

/** What both ends agreed on (RFC 2347 to 2349, 7440). */
export interface Granted {
  readonly blockBytes: number;
  readonly windowBlocks: number;
  readonly rollover: Rollover;
  /** The negotiated `timeout` option in milliseconds, or null. */
  readonly timeoutMs: number | null;
  /**
   * The largest window, in blocks, that the peer may ask for in the fifth octet of an ACK
   * (Microsoft's `msftwindow`); left out where it may not.
   */
  readonly ackWindowBlocksMax?: number;
  /** The OACK to send, in the order and spelling of the request; empty means no OACK. */
  readonly options: readonly Option[];
}

export type { BlockIndex, BlockNumber, Packet, Rollover };
