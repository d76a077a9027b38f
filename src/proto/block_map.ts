// The blocks of a file that have come by multicast, in whatever order.
import { BLOCK_NUMBER_MAX } from "../wire/block.ts";
import type { BlockIndex } from "./machine.ts";

/** Which blocks of a file have come; RFC 2090 has no more than 65535. */
export class BlockMap {
  readonly #bits = new Uint8Array((BLOCK_NUMBER_MAX + 8) >> 3);
  #received = 0;
  #firstMissing: BlockIndex = 1;

  /** Blocks that have come. */
  get received(): number {
    return this.#received;
  }

  get firstMissing(): BlockIndex {
    return this.#firstMissing;
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

  add(index: BlockIndex) {
    if (this.has(index)) return;
    this.#bits[index >> 3]! |= 1 << (index & 7);
    this.#received++;
    while (this.#firstMissing <= BLOCK_NUMBER_MAX && this.has(this.#firstMissing)) {
      this.#firstMissing++;
    }
  }
}
