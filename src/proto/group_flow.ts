// Which blocks a group is sent while one master acknowledges (RFC 2090): ACK n means "block n + 1
// next", forward or backward. A few blocks are kept in flight, so that the loss of one shows in
// the ACKs of the next and costs no timeout; a master that jumps about is served block by block.
import type { BlockIndex } from "./machine.ts";

/** In order so often, and one more block is kept in flight. */
const ACKS_PER_STEP = 4;
/** Weights of the round trip's mean and variation, after RFC 6298. */
const MEAN_WEIGHT = 1 / 8;
const VARIATION_WEIGHT = 1 / 4;

export interface FlowOptions {
  readonly lastBlock: BlockIndex;
  /** Blocks in flight at most; 1 is the lock-step of the RFC. */
  readonly aheadBlocksMax: number;
  /** Sends DATA to the group. */
  readonly send: (first: BlockIndex, count: number) => void;
}

/** Times are milliseconds of the host's clock. */
export class GroupFlow {
  /** Blocks sent, and those of them that had been sent before. */
  blocksSent = 0;
  repeats = 0;
  /** Highest block ever sent. */
  highest: BlockIndex = 0;
  readonly #options: FlowOptions;
  /** What the master acknowledged last. */
  #acked: BlockIndex = 0;
  /** The block after the last one in flight. */
  #cursor: BlockIndex = 1;
  /** Highest block sent since the master was served first or jumped. */
  #reached: BlockIndex = 0;
  #ahead = 1;
  #inOrder = 0;
  /** Up to here blocks were in flight when one was lost; 0 when none is. */
  #recoverUpTo: BlockIndex = 0;
  #againAt = -Infinity;
  /** An ACK that went back a little: late, or meant if it comes once more. */
  #late: BlockIndex = -1;
  #held = false;
  #timed: BlockIndex = 0;
  #timedAt = 0;
  #meanMs = -1;
  #variationMs = 0;

  constructor(options: FlowOptions) {
    this.#options = options;
  }

  get acked(): BlockIndex {
    return this.#acked;
  }

  /** Smoothed round trip of the masters so far; -1 before the first sample. */
  get roundTripMs(): number {
    return this.#meanMs;
  }

  get variationMs(): number {
    return this.#variationMs;
  }

  /** True between `hold` and `resume`. */
  get held(): boolean {
    return this.#held;
  }

  /** Sends no further blocks for a while; ACKs count as ever. */
  hold() {
    this.#held = true;
  }

  /** Goes on where `hold` has stopped it. */
  resume(now: number) {
    this.#held = false;
    this.#sendUpTo(this.#acked + this.#ahead, now);
  }

  /** A new master, or one that jumps: block `acked` + 1 and nothing else. */
  restart(acked: BlockIndex, now: number) {
    this.#acked = acked;
    this.#cursor = acked + 1;
    this.#reached = acked;
    this.#ahead = 1;
    this.#inOrder = 0;
    this.#recoverUpTo = 0;
    this.#againAt = -Infinity;
    this.#late = -1;
    this.#timed = 0;
    this.#sendUpTo(acked + 1, now);
  }

  /** An ACK of the master that is not its last. True if it brought progress. */
  acknowledge(block: BlockIndex, now: number): boolean {
    if (block === this.#acked) {
      this.#repeated(now);
      return false;
    }
    if (block > this.#acked && block < this.#cursor) {
      this.#advance(block, now);
      return true;
    }
    const near = block < this.#acked && block >= this.#acked - this.#options.aheadBlocksMax;
    if (near && block !== this.#late) {
      this.#late = block;
      return false;
    }
    this.restart(block, now);
    return true;
  }

  /** Nothing came back: sends the first unacknowledged block again. */
  again(now: number) {
    this.#recoverUpTo = this.#cursor - 1;
    this.#againAt = now;
    this.#timed = 0; // Karn: the answer could be to either copy.
    this.#send(this.#acked + 1, 1);
  }

  /**
   * A repeated ACK in lock-step answers a repeated block: it sends nothing (RFC 1123 §4.2.3.1).
   * With more in flight it tells that the first of them is lost, once a round trip.
   */
  #repeated(now: number) {
    const inFlight = this.#cursor - 1 - this.#acked;
    if (inFlight < 2 || now - this.#againAt < 0.75 * this.#meanMs) return;
    this.again(now);
  }

  #advance(block: BlockIndex, now: number) {
    if (block >= this.#timed && this.#timed > 0) this.#sample(now - this.#timedAt);
    this.#acked = block;
    this.#late = -1;
    if (block < this.#recoverUpTo) this.#goBack();
    else this.#widen();
    this.#recoverUpTo = 0;
    this.#sendUpTo(block + this.#ahead, now);
  }

  /**
   * The lost block has come and the next one is wanted, though it was sent: it was lost, too, or
   * the master takes blocks in order only (atftp 0.8, EDK2) and has thrown away what followed.
   */
  #goBack() {
    this.#cursor = this.#acked + 1;
    this.#ahead = Math.ceil(this.#ahead / 2);
    this.#inOrder = 0;
  }

  #widen() {
    if (this.#ahead >= this.#options.aheadBlocksMax) return;
    if (++this.#inOrder < ACKS_PER_STEP) return;
    this.#inOrder = 0;
    this.#ahead++;
  }

  #sendUpTo(wanted: BlockIndex, now: number) {
    if (this.#held) return;
    const end = Math.min(wanted, this.#options.lastBlock);
    const count = end - this.#cursor + 1;
    if (count <= 0) return;
    const first = this.#cursor;
    this.#cursor = end + 1;
    if (this.#timed === 0 && end > this.#reached) {
      this.#timed = Math.max(first, this.#reached + 1);
      this.#timedAt = now;
    }
    this.#reached = Math.max(this.#reached, end);
    this.#send(first, count);
  }

  #send(first: BlockIndex, count: number) {
    const end = first + count - 1;
    this.blocksSent += count;
    this.repeats += Math.max(Math.min(end, this.highest) - first + 1, 0);
    this.highest = Math.max(this.highest, end);
    this.#options.send(first, count);
  }

  #sample(roundTripMs: number) {
    this.#timed = 0;
    if (this.#meanMs < 0) {
      this.#meanMs = roundTripMs;
      this.#variationMs = roundTripMs / 2;
      return;
    }
    const error = roundTripMs - this.#meanMs;
    this.#variationMs += (Math.abs(error) - this.#variationMs) * VARIATION_WEIGHT;
    this.#meanMs += error * MEAN_WEIGHT;
  }
}
