// Sends one file: the server's side of a read, the client's side of a write (RFC 1350, 2347,
// 7440). Lock-step is a window of 1. The OACK counts as block 0: it is sent, acknowledged and
// repeated like one. Names blocks, never carries them.
import { blockIndex } from "../wire/block.ts";
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

/** What is sent before the peer has answered at all is bounded, lest we amplify a forged request. */
const UNCONFIRMED_RETRANSMITS_MAX = 3;
/**
 * How long the first window may take is guessed: 30 Mbit/s, which the timeout of three times the
 * first sample stretches to 10. Later it is measured.
 */
const BYTES_PER_MS_GUESSED = 3750;
/** Between the portions of a window; less than this no clock tells apart. */
const SPACING_MS_MIN = 0.1;

/** Where the file ends. */
export interface Extent {
  /**
   * The index of the last block if that is known to be `upTo` or less, else any number above
   * `upTo`. A file of n octets ends with block floor(n / blockBytes) + 1, which may be empty.
   */
  lastBlock(upTo: BlockIndex): BlockIndex;
}

export interface SenderOptions {
  readonly granted: Granted;
  readonly extent: Extent;
  readonly timing: Timing;
  readonly outbox: Outbox;
  readonly now: number;
  /** The peer has answered us before, so no forged request stands behind it: a client's case. */
  readonly answered?: boolean;
  /** How long the answer to the request took, where that was measured. */
  readonly roundTripMs?: number | null;
}

export class Sender implements Machine {
  readonly #granted: Granted;
  readonly #extent: Extent;
  readonly #outbox: Outbox;
  readonly #timer: RetransmitTimer;
  /** As granted, until an ACK says otherwise (msftwindow). */
  #windowBlocks: number;
  /** Highest block acknowledged; -1 while the OACK is not. */
  #acked: BlockIndex;
  /** Highest block sent. */
  #sent: BlockIndex = 0;
  /** The current burst goes on with block `#next` and ends with `#last`. */
  #next: BlockIndex = 1;
  #last: BlockIndex = 0;
  /** When the next chunk of the burst is due; Infinity if there is none. */
  #nextAt = Infinity;
  /** Blocks sent at once. Losing the end of a window shows that not all of it fits the path. */
  #chunkBlocks: number;
  #burstAt: number;
  /** When the burst was sent that the current one repeats. */
  #originalAt = 0;
  /**
   * What the current burst is: all new; what follows a gap the peer told us of, so that further
   * progress answers this burst; or sent again, whose answer measures nothing (Karn).
   */
  #burst: "new" | "after-gap" | "again" = "new";
  /** Up to here the peer may have got blocks twice, and acknowledge them twice. */
  #doubtful: BlockIndex = -1;
  #confirmed: boolean;
  #finished = false;
  #retransmits = 0;

  constructor(options: SenderOptions) {
    this.#granted = options.granted;
    this.#extent = options.extent;
    this.#outbox = options.outbox;
    this.#timer = new RetransmitTimer(options.timing, options.now);
    this.#acked = options.granted.options.length > 0 ? -1 : 0;
    this.#windowBlocks = options.granted.windowBlocks;
    this.#chunkBlocks = this.#windowBlocks;
    this.#burstAt = options.now;
    this.#confirmed = options.answered ?? false;
    const { roundTripMs } = options;
    if (roundTripMs !== undefined && roundTripMs !== null) {
      this.#timer.sample(roundTripMs, this.#allowanceMs());
    }
  }

  get deadline(): number {
    return Math.min(this.#timer.deadline, this.#nextAt);
  }

  /** Highest block index the peer has acknowledged, at least 0. */
  get ackedBlocks(): BlockIndex {
    return Math.max(this.#acked, 0);
  }

  /** True once the peer has answered anything we sent. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  get retransmits(): number {
    return this.#retransmits;
  }

  get roundTripMs(): number {
    return this.#timer.roundTripMs;
  }

  /** Sends the OACK or, where nothing was negotiated, the first block. */
  start(now: number) {
    this.#burstAt = now;
    this.#send(now, 1);
  }

  /**
   * The same as `receive` of an ACK, without a packet object: this is the hot path. `nextBlocks`
   * is the ACK's fifth octet, the window from here on, or 0; it counts only where it was granted.
   */
  acknowledge(number: BlockNumber, now: number, nextBlocks = 0) {
    if (this.#finished) return;
    const index = blockIndex(number, this.#acked, this.#granted.rollover);
    if (index > this.#sent || index < this.#acked) return;
    if (index === this.#acked) return this.#acknowledgedAgain(now);
    if (nextBlocks > 0) this.#resize(nextBlocks);
    this.#acknowledged(index, now);
  }

  receive(packet: Packet, now: number) {
    if (packet.op === "ack") this.acknowledge(packet.block, now);
    else if (packet.op === "error" && !this.#finished) this.#refusedByPeer(packet);
  }

  timeout(now: number) {
    if (this.#finished) return;
    if (now < this.#timer.deadline) {
      if (now >= this.#nextAt) this.#sendChunk(now);
      return;
    }
    if (this.#timer.expire(now) === "give-up") return this.#giveUp();
    if (!this.#confirmed && this.#timer.strikes > UNCONFIRMED_RETRANSMITS_MAX) {
      return this.#timer.arm(now);
    }
    // Not even the second copy got through.
    if (this.#timer.strikes > 1 && this.#acked >= 0) this.#reduceChunk();
    this.#again(now);
  }

  /** The peer repeated its request: what answered it was lost. Repeats that, once per call. */
  requestedAgain(now: number) {
    if (!this.#finished && !this.#confirmed) this.#again(now);
  }

  abort(failure: Failure) {
    if (this.#finished) return;
    this.#outbox.control({ op: "error", code: failure.code, message: failure.text });
    this.#finish({ kind: "failed", failure });
  }

  #acknowledged(index: BlockIndex, now: number) {
    const gap = index < this.#sent;
    const early = this.#measure(now, gap);
    if (gap && this.#timer.isLate(now - this.#burstAt)) {
      // The peer's own timeout sent this ACK: the end of the window was lost, and not just a bit.
      if (index < this.#sent - this.#windowBlocks / 8) this.#reduceChunk();
    }
    this.#confirmed = true;
    this.#acked = index;
    if (index === this.#last && this.#burst !== "again") this.#enlargeChunk();
    if (this.#extent.lastBlock(index) === index) return this.#finish({ kind: "done" });
    if (!gap || !early) {
      // RFC 7440 §4: the peer misses a block inside the window, we go on right after its ACK.
      this.#burstAt = now;
      this.#burst = gap ? "after-gap" : "new";
      return this.#send(now, index + 1);
    }
    // It answers what was sent before this burst, which is under way: add what it lacks.
    this.#originalAt = this.#burstAt;
    this.#burst = "again";
    this.#next = Math.max(this.#next, index + 1);
    this.#last = this.#windowEnd();
    if (this.#nextAt === Infinity) this.#sendChunk(now);
  }

  /**
   * In lock-step a repeated ACK never sends anything (RFC 1123 §4.2.3.1). With a window it means
   * that the first block of it was lost, unless it comes too early to be an answer to this window
   * or the block was sent twice: then it is an echo, and answering it would double all that
   * follows.
   */
  #acknowledgedAgain(now: number) {
    if (this.#windowBlocks === 1 || this.#acked <= this.#doubtful) return;
    if (this.#timer.isMeasured && !this.#isEarly(now)) this.#again(now);
  }

  /**
   * Learns from an ACK that brings progress. After a burst was sent again, its time tells which of
   * the copies it answers, and so whether the timeout was right. True if it came too early to
   * answer the last one.
   */
  #measure(now: number, gap: boolean): boolean {
    const { isMeasured, roundTripMs } = this.#timer;
    const early = this.#burst !== "new" && this.#isEarly(now);
    const sinceMs = now - this.#burstAt;
    const late = this.#timer.isLate(sinceMs);
    const answersFirst = early || (!gap && sinceMs < roundTripMs / 2);
    if (this.#burst === "new" || (this.#burst === "after-gap" && isMeasured)) {
      if (!early && !(gap && late)) this.#timer.sample(sinceMs, this.#allowanceMs());
    } else if (answersFirst) this.#timer.lengthen(now - this.#originalAt);
    else if (!gap && late) this.#timer.lengthen(sinceMs);
    this.#timer.progress(now, isMeasured && !answersFirst && (gap || !late));
    return early;
  }

  /**
   * Whether this moment is too early for an answer to the current burst, even for news of a gap
   * at its beginning, which comes with its second block.
   */
  #isEarly(now: number): boolean {
    const { shortestMs, roundTripMs, isMeasured } = this.#timer;
    if (!isMeasured) return false;
    const part = Math.min(2 / this.#windowBlocks, 1);
    return now - this.#burstAt < 0.75 * (shortestMs + (roundTripMs - shortestMs) * part);
  }

  /** How much longer than that of one small packet the round trip of a whole window may be. */
  #allowanceMs(): number {
    if (this.#sent > 0) return 0;
    return this.#windowBlocks * this.#granted.blockBytes / BYTES_PER_MS_GUESSED;
  }

  /** Sends again what is not acknowledged. */
  #again(now: number) {
    this.#doubtful = this.#sent;
    if (this.#acked < 0) this.#retransmits++;
    this.#originalAt = this.#burstAt;
    this.#burstAt = now;
    this.#burst = "again";
    this.#send(now, this.#acked + 1);
  }

  /** Sends from block `first` to the end of the window. */
  #send(now: number, first: BlockIndex) {
    if (this.#acked < 0) {
      this.#timer.arm(now);
      return this.#outbox.control({ op: "oack", options: this.#granted.options });
    }
    this.#next = first;
    this.#last = this.#windowEnd();
    this.#sendChunk(now);
  }

  /** The chunks of a window are spread over a round trip. */
  #sendChunk(now: number) {
    this.#timer.arm(now);
    this.#nextAt = Infinity;
    const first = this.#next;
    const count = Math.min(this.#chunkBlocks, this.#last - first + 1);
    if (count <= 0) return;
    this.#next = first + count;
    this.#retransmits += Math.max(Math.min(this.#sent + 1, this.#next) - first, 0);
    this.#sent = Math.max(this.#sent, this.#next - 1);
    if (this.#next <= this.#last) {
      const spacingMs = this.#timer.roundTripMs * count / this.#windowBlocks;
      this.#nextAt = now + Math.max(spacingMs, SPACING_MS_MIN);
    }
    this.#outbox.blocks(first, count);
  }

  #resize(nextBlocks: number) {
    const max = this.#granted.ackWindowBlocksMax;
    if (max === undefined) return;
    const next = Math.min(nextBlocks, max);
    const whole = this.#chunkBlocks === this.#windowBlocks;
    this.#windowBlocks = next;
    this.#chunkBlocks = whole ? next : Math.min(this.#chunkBlocks, next);
  }

  /** To no less than a sixteenth of the window: what is left then is not a matter of room. */
  #reduceChunk() {
    const half = Math.ceil(this.#chunkBlocks / 2);
    this.#chunkBlocks = Math.max(half, Math.ceil(this.#windowBlocks / 16));
  }

  #enlargeChunk() {
    const larger = this.#chunkBlocks + Math.ceil(this.#windowBlocks / 16);
    this.#chunkBlocks = Math.min(larger, this.#windowBlocks);
  }

  /** The last block that may be sent before the peer acknowledges more. */
  #windowEnd(): BlockIndex {
    const wanted = this.#acked + this.#windowBlocks;
    return Math.min(wanted, this.#extent.lastBlock(wanted));
  }

  /** EDK2 and BIOS ROMs ask for the size only: they answer the OACK with ERROR 8 or 0. */
  #refusedByPeer(packet: { readonly code: number; readonly message: string }) {
    if (this.#acked < 0) return this.#finish({ kind: "probe", text: packet.message });
    this.#finish({
      kind: "failed",
      failure: { kind: "peer", code: packet.code, text: packet.message },
    });
  }

  /** All was sent and only the last ACK is missing: no failed boot (RFC 1350 §6). */
  #giveUp() {
    if (this.#acked >= 0 && this.#extent.lastBlock(this.#sent) === this.#sent) {
      return this.#finish({ kind: "done-unacknowledged" });
    }
    const failure: Failure = { kind: "timeout", code: 0, text: "Timed out waiting for ACK" };
    // Who never answered may never have asked: a forged request earns no further datagram.
    if (this.#confirmed) this.abort(failure);
    else this.#finish({ kind: "failed", failure });
  }

  #finish(result: Parameters<Outbox["finish"]>[0]) {
    this.#finished = true;
    this.#nextAt = Infinity;
    this.#timer.disarm();
    this.#outbox.finish(result);
  }
}
