// Blocks of a file as one run for the driver: the headers of their DATA, and which octets they are.
import type { Run, Source } from "../net/driver.ts";
import type { Granted } from "../proto/machine.ts";
import { type BlockIndex, blockNumber, type Rollover } from "../wire/block.ts";
import { DATA_HEADER_BYTES, OPCODE, writeHeader } from "../wire/packet.ts";
import type { Content } from "./content.ts";

/** Larger windows are sent as several runs. */
const RUN_BLOCKS_MAX = 64;
/** Shared by all runs: a driver borrows them for the length of a call only. */
const sharedHeaders = new Uint8Array(RUN_BLOCKS_MAX * DATA_HEADER_BYTES);

/** A transfer has one for all its runs, and sends it before another takes its blocks. */
export class DataRun implements Run {
  readonly headers = sharedHeaders;
  readonly headerBytes = DATA_HEADER_BYTES;
  readonly source: Source;
  readonly segmentBytes: number;
  offset = 0;
  totalBytes = 0;
  count = 0;
  readonly #content: Content;
  readonly #rollover: Rollover;

  constructor(
    content: Content,
    { blockBytes, rollover }: Pick<Granted, "blockBytes" | "rollover">,
  ) {
    this.source = content.source;
    this.segmentBytes = blockBytes;
    this.#content = content;
    this.#rollover = rollover;
  }

  /** Becomes the blocks from `first` on, `count` of them at most; gives how many. */
  take(first: BlockIndex, count: number): number {
    this.offset = (first - 1) * this.segmentBytes;
    this.count = Math.min(count, RUN_BLOCKS_MAX);
    this.totalBytes = this.#content.payloadBytes(first, this.count);
    for (let i = 0; i < this.count; i++) {
      const number = blockNumber(first + i, this.#rollover);
      writeHeader(this.headers, i * DATA_HEADER_BYTES, OPCODE.data, number);
    }
    return this.count;
  }
}
