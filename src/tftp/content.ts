// What a read transfer sends: the octets of a file, or their netascii form. Both answer where the
// last block is, and how many payload octets a run of blocks has.
import type { Source } from "../net/driver.ts";
import type { Extent } from "../proto/sender.ts";
import { type BlockIndex, lastBlockOf } from "../wire/block.ts";
import { NetasciiEncoder } from "../wire/netascii.ts";

export interface Content extends Extent {
  readonly source: Source;
  /** Octets of payload in `count` blocks from `first` on; called in the order of sending. */
  payloadBytes(first: BlockIndex, count: number): number;
  /** Octets of payload in the first `blocks` blocks, for the log. */
  bytesUpTo(blocks: BlockIndex): number;
}

/** A file as it is; its size is that of the moment it was opened. */
export class OctetContent implements Content {
  readonly source: Source;
  readonly #blockBytes: number;
  readonly #last: BlockIndex;

  constructor(source: Source, blockBytes: number) {
    this.source = source;
    this.#blockBytes = blockBytes;
    this.#last = lastBlockOf(source.size, blockBytes);
  }

  lastBlock(): BlockIndex {
    return this.#last;
  }

  payloadBytes(first: BlockIndex, count: number): number {
    return Math.min(count * this.#blockBytes, this.source.size - (first - 1) * this.#blockBytes);
  }

  bytesUpTo(blocks: BlockIndex): number {
    return Math.min(blocks * this.#blockBytes, this.source.size);
  }
}

const RAW_CHUNK_BYTES = 16_384;

/** A file translated on the way: only what may still have to be repeated is kept. */
export class NetasciiContent implements Content {
  readonly source: Source;
  readonly #raw: Source;
  readonly #blockBytes: number;
  readonly #encoder = new NetasciiEncoder();
  readonly #chunk = new Uint8Array(RAW_CHUNK_BYTES);
  /** Translated octets from `#start` on. */
  #kept = new Uint8Array(0);
  #start = 0;
  #rawOffset = 0;
  #ended = false;

  constructor(raw: Source, blockBytes: number) {
    this.#raw = raw;
    this.#blockBytes = blockBytes;
    this.source = {
      size: Infinity,
      fd: null,
      read: (offset, into) => this.#read(offset, into),
    };
  }

  lastBlock(upTo: BlockIndex): BlockIndex {
    this.#translateTo(upTo * this.#blockBytes);
    return this.#ended ? lastBlockOf(this.#end, this.#blockBytes) : Infinity;
  }

  payloadBytes(first: BlockIndex, count: number): number {
    const offset = (first - 1) * this.#blockBytes;
    this.#forgetBefore(offset);
    return Math.min(count * this.#blockBytes, this.#end - offset);
  }

  bytesUpTo(blocks: BlockIndex): number {
    const bytes = blocks * this.#blockBytes;
    return this.#ended ? Math.min(bytes, this.#end) : bytes;
  }

  get #end(): number {
    return this.#start + this.#kept.length;
  }

  #read(offset: number, into: Uint8Array): number {
    const from = offset - this.#start;
    const bytes = this.#kept.subarray(from, from + into.length);
    into.set(bytes);
    return bytes.length;
  }

  #translateTo(end: number) {
    while (!this.#ended && this.#end <= end) {
      const count = this.#raw.read(this.#rawOffset, this.#chunk);
      this.#rawOffset += count;
      const output = new Uint8Array(2 * count + 1);
      const { written } = this.#encoder.encode(this.#chunk.subarray(0, count), output);
      this.#append(output.subarray(0, written));
      this.#ended = count === 0;
    }
  }

  #append(bytes: Uint8Array) {
    const joined = new Uint8Array(this.#kept.length + bytes.length);
    joined.set(this.#kept);
    joined.set(bytes, this.#kept.length);
    this.#kept = joined;
  }

  #forgetBefore(offset: number) {
    if (offset - this.#start < RAW_CHUNK_BYTES) return;
    this.#kept = this.#kept.slice(offset - this.#start);
    this.#start = offset;
  }
}
