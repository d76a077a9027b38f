// When a group's blocks wait for members still to come. Machines that are switched on together ask
// within moments of each other, and what one of them misses is sent to all once more; so waiting
// for it ends no later than not waiting, and costs fewer blocks.
import type { BlockIndex } from "./machine.ts";

export interface GatheringOptions {
  readonly lastBlock: BlockIndex;
  /** The wait after a member that came alone. */
  readonly quietMs: number;
}

/** Smaller files are sent again faster than they are waited for. */
const BLOCKS_MIN = 100;
/** Where members come slowly, the next is waited for longer: so many times `quietMs` at most. */
const QUIETS_MAX = 5;
/** The first member waits no longer than this, or than its file takes on a network of 100 Mb/s. */
const WAIT_MS_MAX = 2000;
const BLOCKS_PER_MS = 10;
/** Who comes when a larger share of the blocks was sent is late, and others do not wait for it. */
const EARLY_SHARE = 1 / 20;

export class Gathering {
  readonly #options: GatheringOptions;
  readonly #waitMsMax: number;
  #firstAt = Infinity;
  #latestAt = -Infinity;
  #longestGapMs = 0;
  #until = -Infinity;

  constructor(options: GatheringOptions) {
    this.#options = options;
    const { lastBlock, quietMs } = options;
    const fileMs = Math.min(lastBlock / BLOCKS_PER_MS, WAIT_MS_MAX);
    this.#waitMsMax = Math.max(fileMs, QUIETS_MAX * quietMs);
  }

  /** When the blocks need not wait any more. */
  get until(): number {
    return this.#until;
  }

  /** A member came when block `highest` was the highest sent; true if the blocks wait now. */
  joined(highest: BlockIndex, now: number): boolean {
    const { lastBlock, quietMs } = this.#options;
    if (lastBlock < BLOCKS_MIN || highest > lastBlock * EARLY_SHARE) return false;
    if (this.#firstAt === Infinity) this.#firstAt = now;
    else this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#latestAt);
    this.#latestAt = now;
    const waitMs = Math.max(quietMs, Math.min(2 * this.#longestGapMs, QUIETS_MAX * quietMs));
    this.#until = Math.min(now + waitMs, this.#firstAt + this.#waitMsMax);
    return now < this.#until;
  }
}
