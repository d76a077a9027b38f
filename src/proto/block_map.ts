// The blocks of a file that have come by multicast, in whatever order.
import { BLOCK_NUMBER_MAX } from "../wire/block.ts";
import type { BlockIndex } from "./machine.ts";

/** Which blocks of a file have come; RFC 2090 has no more than 65535. */
export class BlockMap {
  readonly #bits = new Uint8Array((BLOCK_NUMBER_MAX + 8) >> 3);
  #received = 0;
  #firstMissing: BlockIndex = 1;
  #highest: BlockIndex = 0;
  #missed = 0;
  #last: BlockIndex = 0;

  /** Blocks that have come. */
  get received(): number {
    return this.#received;
  }

  get firstMissing(): BlockIndex {
    return this.#firstMissing;
  }

  /** Blocks that a later one overtook, or that were sent before we listened. */
  get missed(): number {
    return this.#missed;
  }

  /** Index of the last block; 0 until it has come. */
  get last(): BlockIndex {
    return this.#last;
  }

  /** Every block up to the last has come, and none after it: a server that sends such is confused. */
  get isWhole(): boolean {
    return this.#last > 0 && this.#received === this.#last && this.#highest === this.#last;
  }

  has(index: BlockIndex): boolean {
    return (this.#bits[index >> 3]! & (1 << (index & 7))) !== 0;
  }

  /** The first missing block after this one. */
  missingAfter(index: BlockIndex): BlockIndex {
    let missing = Math.max(index + 1, this.#firstMissing);
    while (missing <= BLOCK_NUMBER_MAX && this.has(missing)) missing++;
    return missing;
  }

  /** A block has come. One that is not full is the last of its file. */
  add(index: BlockIndex, { isLast }: { readonly isLast: boolean }) {
    if (this.has(index)) return;
    this.#bits[index >> 3]! |= 1 << (index & 7);
    this.#received++;
    this.#missed += Math.max(index - this.#highest - 1, 0);
    this.#highest = Math.max(this.#highest, index);
    if (isLast) this.#last = index;
    while (this.#firstMissing <= BLOCK_NUMBER_MAX && this.has(this.#firstMissing)) {
      this.#firstMissing++;
    }
  }
}
