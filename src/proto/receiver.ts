// Receives one file: the server's side of a write, the client's side of a read (RFC 1350, 2347,
// 7440). Hands blocks over in order; sends the last ACK only when the host says the file is safe.
import { blockIndex, blockNumber } from "../wire/block.ts";
import type {
  BlockIndex,
  BlockNumber,
  Failure,
  Granted,
  Machine,
  Outbox,
  Packet,
  Timing,
} from "./machine.ts";
import { RetransmitTimer } from "./timer.ts";

/**
 * A block repeated this soon after its ACK was doubled on the way, not repeated for a lost ACK:
 * answering it would keep Sorcerer's Apprentice alive in peers that have it.
 */
const REPEAT_MS_MIN = 20;

export interface ReceiverOptions {
  readonly granted: Granted;
  readonly timing: Timing;
  readonly outbox: Outbox;
  readonly now: number;
  /** What asks for block 1: an OACK or ACK 0. Null when block 1 came unasked. */
  readonly opening: Packet | null;
  /** How long to stay after the last ACK to repeat it (RFC 1350 §6). */
  readonly dallyMs: number;
  /** The peer has answered us before, so no forged request stands behind it: a client's case. */
  readonly answered?: boolean;
  /** A round trip measured before the transfer began, or null. */
  readonly roundTripMs?: number | null;
}

export class Receiver implements Machine {
  readonly #options: ReceiverOptions;
  readonly #outbox: Outbox;
  readonly #timer: RetransmitTimer;
  #state: "receiving" | "committing" | "dallying" | "finished" = "receiving";
  /** Highest block received in order. */
  #received: BlockIndex = 0;
  /** Block of our last ACK; 0 is the opening. */
  #acked: BlockIndex = 0;
  #ackedAt: number;
  #ackRepeats = false;
  /** A block after the first has come: the peer has our opening, its first block was lost. */
  #firstLost = false;
  /** Our last ACK ended a window: if its last block comes again, that ACK was lost. */
  #windowEnded = true;
  /** The last block seen after the gap that follows `#received`, 0 for no gap. */
  #gapSeen: BlockIndex = 0;
  /** The last timeout came in the middle of a window: what remained of it was lost. */
  #tailLost = false;
  #retransmits = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#timer = new RetransmitTimer(options.timing, options.now);
    this.#ackedAt = options.now;
    const { roundTripMs } = options;
    if (roundTripMs !== undefined && roundTripMs !== null) this.#timer.sample(roundTripMs);
  }

  get deadline(): number {
    return this.#timer.deadline;
  }

  get receivedBlocks(): BlockIndex {
    return this.#received;
  }

  get retransmits(): number {
    return this.#retransmits;
  }

  get roundTripMs(): number {
    return this.#timer.roundTripMs;
  }

  /** Sends the opening, if there is one, and waits for block 1. */
  start(now: number) {
    this.#ackedAt = now;
    if (this.#options.opening) this.#outbox.control(this.#options.opening);
    else this.#ackRepeats = true; // Block 1 answers nothing of ours: there is nothing to measure.
    this.#timer.arm(now);
  }

  receive(packet: Packet, now: number) {
    if (this.#state === "finished") return;
    switch (packet.op) {
      case "data":
        return this.data(packet.block, packet.payload, now);
      case "oack": // A client's ACK 0 was lost.
        if (this.#received === 0) this.#answerRepeat(now);
        return;
      case "error":
        return this.#failedByPeer(packet);
    }
  }

  /** A DATA packet; `payload` is valid during the call only. */
  data(number: BlockNumber, payload: Uint8Array, now: number) {
    if (this.#state === "finished" || this.#state === "committing") return;
    const index = blockIndex(number, this.#received, this.#options.granted.rollover);
    if (index === this.#acked && index > 0) return this.#answerRepeat(now);
    if (this.#state === "dallying") return;
    if (index === this.#received + 1) return this.#next(index, payload, now);
    if (index <= this.#received) return;
    if (this.#received === 0) this.#firstLost = true;
    if (this.#options.granted.windowBlocks > 1) this.#gap(index, now);
    else if (this.#received === 0) this.#answerRepeat(now);
  }

  /** The WRQ was repeated: our answer to it was lost. */
  requestedAgain(now: number) {
    if (this.#state === "receiving" && this.#received === 0) this.#answerRepeat(now);
  }

  /** The host has made the file safe: the last ACK goes out. */
  committed(now: number) {
    if (this.#state !== "committing") return;
    this.#state = "dallying";
    this.#sendAck(now);
    this.#windowEnded = true;
    if (this.#options.dallyMs === 0) return this.#finish({ kind: "done" });
    this.#timer.deadline = now + this.#options.dallyMs;
  }

  timeout(now: number) {
    if (this.#state === "finished" || now < this.#timer.deadline) return;
    if (this.#state === "dallying") return this.#finish({ kind: "done" });
    const confirmed = this.#received > 0 || this.#firstLost || this.#options.answered === true;
    if (this.#timer.expire(now) === "give-up") {
      const failure: Failure = { kind: "timeout", code: 0, text: "Timed out waiting for DATA" };
      // Who never answered may never have asked: a forged request earns no further datagram.
      return confirmed ? this.abort(failure) : this.#finish({ kind: "failed", failure });
    }
    // curl takes every OACK for the ACK of its first block and goes on to the next (7.88, 8.x), so a
    // server's answer is repeated only when the request is. Clients repeat what got no answer.
    if (!confirmed) return this.#timer.arm(now);
    this.#retransmits++;
    this.#tailLost = this.#received > this.#acked;
    this.#sendAck(now);
    this.#ackRepeats = true;
  }

  abort(failure: Failure) {
    if (this.#state === "finished") return;
    this.#outbox.control({ op: "error", code: failure.code, message: failure.text });
    this.#finish({ kind: "failed", failure });
  }

  #next(index: BlockIndex, payload: Uint8Array, now: number) {
    const { blockBytes, windowBlocks } = this.#options.granted;
    if (payload.length > blockBytes) {
      const text = "DATA longer than the block size";
      return this.abort({ kind: "protocol", code: 4, text });
    }
    const sinceMs = now - this.#ackedAt;
    if (index === this.#acked + 1 && !this.#ackRepeats) this.#timer.sample(sinceMs);
    this.#received = index;
    this.#gapSeen = 0;
    const isAnswer = !this.#isEarly(now) && !this.#timer.isLate(sinceMs);
    this.#timer.progress(now, this.#tailLost || isAnswer);
    this.#tailLost = false;
    this.#outbox.write(index, payload);
    if (payload.length < blockBytes) {
      this.#state = "committing";
      this.#timer.disarm();
      this.#outbox.commit();
    } else if (index - this.#acked >= windowBlocks) {
      this.#sendAck(now);
      this.#windowEnded = true;
    } else this.#timer.arm(now);
  }

  /**
   * RFC 7440 §4: a block is missing inside the window; say once how far we got. Say it again only
   * if the sender has gone back since and its first block was lost again.
   */
  #gap(index: BlockIndex, now: number) {
    const isNew = this.#gapSeen === 0 || (index < this.#gapSeen && !this.#isEarly(now));
    this.#gapSeen = index;
    if (!isNew) return;
    this.#retransmits++;
    this.#sendAck(now);
    this.#ackRepeats = true;
  }

  /** The peer repeats what we have acknowledged last, so that ACK was lost. */
  #answerRepeat(now: number) {
    if (!this.#windowEnded || this.#isEarly(now)) return;
    this.#retransmits++;
    const deadline = this.#timer.deadline;
    this.#sendAck(now);
    this.#windowEnded = true;
    this.#ackRepeats = true;
    this.#timer.deadline = deadline;
  }

  /** Whether this moment is too early for an answer to our last ACK: a little less than any took. */
  #isEarly(now: number): boolean {
    return now - this.#ackedAt < Math.max(REPEAT_MS_MIN, this.#timer.shortestMs * 0.75);
  }

  #sendAck(now: number) {
    this.#acked = this.#received;
    this.#ackedAt = now;
    this.#ackRepeats = false;
    this.#windowEnded = this.#acked === 0;
    this.#timer.arm(now);
    // After its first block atftp 0.8 goes on at every timeout, and back only for an ACK. curl (see
    // `timeout`) and atftp take an OACK for the ACK of what they sent last, so it is ACK 0.
    if (this.#acked > 0 || this.#firstLost) {
      const block = blockNumber(this.#acked, this.#options.granted.rollover);
      this.#outbox.control({ op: "ack", block });
    } else if (this.#options.opening) this.#outbox.control(this.#options.opening);
  }

  #failedByPeer(packet: { readonly code: number; readonly message: string }) {
    if (this.#state === "dallying") return this.#finish({ kind: "done" });
    const failure: Failure = { kind: "peer", code: packet.code, text: packet.message };
    this.#finish({ kind: "failed", failure });
  }

  #finish(result: Parameters<Outbox["finish"]>[0]) {
    this.#state = "finished";
    this.#timer.disarm();
    this.#outbox.finish(result);
  }
}
