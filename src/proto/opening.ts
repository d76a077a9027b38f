// Opens a transfer from the client's side: sends the RRQ or WRQ until something answers it and
// judges the first answer (RFC 1350 §4, RFC 2347). A receiver or sender takes over from there.
// Whose answers come in here is the host's affair: it pins the peer.
import type { Option, RequestPacket } from "../wire/packet.ts";
import type { GroupPlace } from "./group_place.ts";
import type { Failure, Granted, Machine, Outbox, Packet, Timing } from "./machine.ts";
import { accept, unnegotiated } from "./negotiate.ts";
import { RetransmitTimer } from "./timer.ts";

/** What the server agreed to with its first answer. */
export interface Opened {
  /** The defaults where nothing was negotiated. */
  readonly granted: Granted;
  /** The server's `tsize`, or null. */
  readonly sizeBytes: number | null;
  /** The options of the OACK as they came; null where DATA 1 or ACK 0 answered instead. */
  readonly oack: readonly Option[] | null;
  /** The group to join (RFC 2090), address and port included; null for a transfer to us alone. */
  readonly place: GroupPlace | null;
}

export interface OpeningOptions {
  readonly request: RequestPacket;
  readonly timing: Timing;
  /** Gets the request, an ERROR 8 for a bad OACK, and `finish` only if nothing was opened. */
  readonly outbox: Pick<Outbox, "control" | "finish">;
  readonly now: number;
}

/** The machine of a request that waits for its answer. */
export class Opening implements Machine {
  readonly #request: RequestPacket;
  readonly #outbox: OpeningOptions["outbox"];
  readonly #timer: RetransmitTimer;
  #opened: Opened | null = null;
  #finished = false;
  #retransmits = 0;
  #askedAt: number;
  #answeredAt = 0;

  constructor(options: OpeningOptions) {
    this.#request = options.request;
    this.#outbox = options.outbox;
    this.#timer = new RetransmitTimer(options.timing, options.now);
    this.#askedAt = options.now;
  }

  get deadline(): number {
    return this.#timer.deadline;
  }

  /** Set once the server has answered well: this machine is at its end then. */
  get opened(): Opened | null {
    return this.#opened;
  }

  get retransmits(): number {
    return this.#retransmits;
  }

  /** From request to answer; null unless there was one of each (Karn). */
  get roundTripMs(): number | null {
    const isMeasured = this.#opened !== null && this.#retransmits === 0;
    return isMeasured ? this.#answeredAt - this.#askedAt : null;
  }

  /** Sends the request. */
  start(now: number) {
    this.#askedAt = now;
    this.#outbox.control(this.#request);
    this.#timer.arm(now);
  }

  receive(packet: Packet, now: number) {
    if (this.#over) return;
    this.#answeredAt = now;
    switch (packet.op) {
      case "oack":
        return this.#judge(packet.options);
      case "data":
        if (this.#request.op === "rrq" && packet.block === 1) this.#open(UNNEGOTIATED);
        return;
      case "ack":
        if (this.#request.op === "wrq" && packet.block === 0) this.#open(UNNEGOTIATED);
        return;
      case "error":
        this.#fail({ kind: "peer", code: packet.code, text: packet.message });
    }
  }

  timeout(now: number) {
    if (this.#over || now < this.#timer.deadline) return;
    if (this.#timer.expire(now) === "give-up") {
      // Nobody is there, so nobody is told.
      return this.#fail({ kind: "timeout", code: 0, text: "Timed out waiting for an answer" });
    }
    this.#retransmits++;
    this.start(now);
  }

  /** The ERROR goes to whom the request went: the answer may be on its way. */
  abort(failure: Failure) {
    if (this.#over) return;
    this.#outbox.control({ op: "error", code: failure.code, message: failure.text });
    this.#fail(failure);
  }

  get #over(): boolean {
    return this.#finished || this.#opened !== null;
  }

  #judge(oack: readonly Option[]) {
    const acceptance = accept(this.#request, oack);
    if (acceptance.kind === "rejected") {
      return this.abort({ kind: "protocol", code: ERROR_OPTIONS, text: acceptance.reason });
    }
    const { granted, sizeBytes, place } = acceptance;
    this.#open({ granted, sizeBytes, oack, place });
  }

  #open(opened: Opened) {
    this.#opened = opened;
    this.#timer.disarm();
  }

  #fail(failure: Failure) {
    this.#finished = true;
    this.#timer.disarm();
    this.#outbox.finish({ kind: "failed", failure });
  }
}

/**
 * Whether a request that failed to open deserves to be sent again without options (RFC 2347):
 * the server, or we, disliked the options, or the server may never have heard of such things.
 */
export function deservesPlainRequest(request: RequestPacket, failure: Failure): boolean {
  if (request.options.length === 0) return false;
  if (failure.kind === "protocol") return failure.code === ERROR_OPTIONS;
  return failure.kind === "peer" && SENT_BY_PUZZLED_SERVERS.includes(failure.code);
}

/** RFC 2347: terminate transfer due to option negotiation. */
const ERROR_OPTIONS = 8;
/** Options refused, illegal operation, not defined. */
const SENT_BY_PUZZLED_SERVERS: readonly number[] = [ERROR_OPTIONS, 4, 0];

/** A server that knows no options, or none of ours. */
const UNNEGOTIATED: Opened = {
  granted: unnegotiated(),
  sizeBytes: null,
  oack: null,
  place: null,
};
