// Block numbers: 16 bits on the wire, unbounded inside. Only this file knows about the 16 bits.

/** Counts blocks of a file from 1 without end; 0 stands for "nothing yet". */
export type BlockIndex = number;
/** What the wire carries: 0 to 65535. */
export type BlockNumber = number;
/** What follows block 65535: 0 (the usual) or 1 (some ROMs). */
export type Rollover = 0 | 1;

export const BLOCK_NUMBER_MAX = 65535;

/** Index of the last block of a file, which is empty where the size is a multiple of the blocks. */
export function lastBlockOf(sizeBytes: number, blockBytes: number): BlockIndex {
  return Math.floor(sizeBytes / blockBytes) + 1;
}

/** The wire number of the block with this index. */
export function blockNumber(index: BlockIndex, rollover: Rollover): BlockNumber {
  if (index <= BLOCK_NUMBER_MAX) return index;
  if (rollover === 0) return index & BLOCK_NUMBER_MAX;
  return ((index - 1) % BLOCK_NUMBER_MAX) + 1;
}

/**
 * The block index nearest to `near` whose wire number is `number`, at least 0.
 * Unambiguous while the peers are fewer than 32768 blocks apart. With rollover 1 the number 0
 * occurs once only, as index 0; later it gives -1, an index no block has.
 */
export function blockIndex(number: BlockNumber, near: BlockIndex, rollover: Rollover): BlockIndex {
  const period = BLOCK_NUMBER_MAX + 1 - rollover;
  if (rollover === 1 && number === 0) return near < period / 2 ? 0 : -1;
  const index = number + Math.round((near - number) / period) * period;
  return index < rollover ? index + period : index;
}
