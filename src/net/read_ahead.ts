// Cached chunks of sources, for drivers that copy file bytes: lock-step transfers ask for one
// block at a time, and must not cost one read of the disk each.
import type { Source } from "./driver.ts";

const CHUNK_BYTES = 256 * 1024;
/** Chunks kept over all sources: 16 MiB. */
const CHUNKS_MAX = 64;

interface Chunk {
  offset: number;
  length: number;
  readonly bytes: Uint8Array;
}

/** The last chunk read of each source, for at most `CHUNKS_MAX` sources, least recent dropped. */
export class ReadAhead {
  readonly #chunks = new Map<Source, Chunk>();

  /**
   * The octets `offset … offset + length` of the source, valid until the next call; null when the
   * source no longer holds them or its `read` throws. `length` is at most 65,535.
   */
  slice(source: Source, range: { offset: number; length: number }): Uint8Array | null {
    const { offset, length } = range;
    const chunk = this.#chunks.get(source) ?? this.#allot();
    // Set again even when found: insertion order is the order of use.
    this.#chunks.delete(source);
    this.#chunks.set(source, chunk);
    if (offset < chunk.offset || offset + length > chunk.offset + chunk.length) {
      fill(chunk, source, offset);
      if (length > chunk.length) return null;
    }
    return chunk.bytes.subarray(offset - chunk.offset, offset - chunk.offset + length);
  }

  /** Forgets the chunk of this source. */
  release(source: Source): void {
    this.#chunks.delete(source);
  }

  #allot(): Chunk {
    if (this.#chunks.size >= CHUNKS_MAX) {
      for (const [source, chunk] of this.#chunks) {
        this.#chunks.delete(source);
        chunk.length = 0;
        return chunk;
      }
    }
    return { offset: 0, length: 0, bytes: new Uint8Array(CHUNK_BYTES) };
  }
}

/** Reads from `offset` until the chunk is full, the source ends or fails; never throws. */
function fill(chunk: Chunk, source: Source, offset: number): void {
  chunk.offset = offset;
  chunk.length = 0;
  try {
    const want = Math.min(chunk.bytes.length, source.size - offset);
    while (chunk.length < want) {
      const got = source.read(offset + chunk.length, chunk.bytes.subarray(chunk.length, want));
      if (got <= 0) return;
      chunk.length += got;
    }
  } catch {
    // What was read before the fault is good; the caller sees that the rest is missing.
  }
}
