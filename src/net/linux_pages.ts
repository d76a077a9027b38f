// Which chunks of a mapped file can be sent without waiting for the disk. Asking costs system
// calls, so a chunk found in memory is taken to stay there for a while, and a chunk that is not
// there is read in ahead of whoever wants it. Knows no mapping and no descriptor.

/** Octets that are asked for, and read ahead, together. */
export const CHUNK_BYTES = 256 * 1024;
/** How far ahead of a reader the disk is asked to read. */
const AHEAD_CHUNKS = 4;
/** How long a chunk seen in memory is taken to be there. */
const WARM_MS = 1_500;
/** How often the kernel is asked again to read a chunk that does not come. */
const AGAIN_MS = 500;
/** How long a chunk may stay away before the reason is looked for. */
const LATE_MS = 300;
/** Chunks remembered of one file: 4 GiB of it. A power of two. */
const SLOTS_MAX = 16_384;

/** What the decisions are made on. Ranges begin at a chunk and end with one, or with the file. */
export interface PageCalls {
  /** Whether all of at most one chunk is in memory; null where that cannot be told. */
  isResident(offset: number, length: number): boolean | null;
  /** Starts to read; what lies behind the end is left out. Does not wait for data. */
  readAhead(offset: number, length: number): void;
  /**
   * Reads a chunk outside of this thread and tells how that went, never during the call. False if
   * it cannot be done at present.
   */
  load(offset: number, done: (error: Error | null) => void): boolean;
  /** The disk does not give these octets. */
  failed(error: Error): void;
}

/** A chunk that is waited for. */
interface Cold {
  readonly since: number;
  askedAt: number;
  advisedAt: number;
  /** Read by another thread to see what is wrong; `loaded` if that went well. */
  search: "none" | "loading" | "loaded";
}

/** The chunks of one file. Times are in milliseconds of the driver's clock. */
export class Pages {
  readonly #calls: PageCalls;
  readonly #size: number;
  // By slot: which chunk it stands for, and until when that is known to be in memory.
  readonly #chunkOf: Int32Array;
  readonly #warmUntil: Float64Array;
  readonly #cold = new Map<number, Cold>();
  /** Nobody can tell what is in memory: all that is left is to read ahead of the readers. */
  #blind = false;

  constructor(calls: PageCalls, sizeBytes: number) {
    this.#calls = calls;
    this.#size = sizeBytes;
    let slots = 1;
    while (slots < SLOTS_MAX && slots * CHUNK_BYTES < sizeBytes) slots *= 2;
    this.#chunkOf = new Int32Array(slots).fill(-1);
    this.#warmUntil = new Float64Array(slots);
  }

  /** Whether these octets can be sent without waiting; if not, they are on their way. */
  ready(offset: number, length: number, now: number): boolean {
    const last = Math.floor((offset + length - 1) / CHUNK_BYTES);
    let ready = true;
    for (let chunk = Math.floor(offset / CHUNK_BYTES); chunk <= last; chunk++) {
      const slot = chunk & (this.#chunkOf.length - 1);
      if (this.#chunkOf[slot] === chunk && now < this.#warmUntil[slot]!) continue;
      if (!this.#enter(chunk, now)) ready = false;
    }
    return ready;
  }

  #enter(chunk: number, now: number): boolean {
    const cold = this.#cold.get(chunk);
    if (cold?.askedAt === now) return false;
    if (!this.#isResident(chunk, cold)) {
      if (cold === undefined) this.#advise(chunk, now);
      else this.#press(chunk, cold, now);
      return false;
    }
    this.#cold.delete(chunk);
    const slot = chunk & (this.#chunkOf.length - 1);
    this.#chunkOf[slot] = chunk;
    this.#warmUntil[slot] = now + WARM_MS;
    this.#calls.readAhead((chunk + AHEAD_CHUNKS) * CHUNK_BYTES, CHUNK_BYTES);
    return true;
  }

  #isResident(chunk: number, cold: Cold | undefined): boolean {
    if (this.#blind) return true;
    const offset = chunk * CHUNK_BYTES;
    const resident = this.#calls.isResident(offset, Math.min(CHUNK_BYTES, this.#size - offset));
    // What has just been read must be there, unless this file never shows (as on DAX).
    this.#blind = resident === null || (!resident && cold?.search === "loaded");
    return resident === true || this.#blind;
  }

  #advise(chunk: number, now: number): void {
    this.#calls.readAhead(chunk * CHUNK_BYTES, (1 + AHEAD_CHUNKS) * CHUNK_BYTES);
    this.#cold.set(chunk, { since: now, askedAt: now, advisedAt: now, search: "none" });
  }

  /** It is still not there: the order may be lost, the disk slow or broken. */
  #press(chunk: number, cold: Cold, now: number): void {
    cold.askedAt = now;
    if (now >= cold.advisedAt + AGAIN_MS) {
      cold.advisedAt = now;
      this.#calls.readAhead(chunk * CHUNK_BYTES, CHUNK_BYTES);
    }
    if (cold.search !== "none" || now < cold.since + LATE_MS) return;
    const started = this.#calls.load(chunk * CHUNK_BYTES, (error) => {
      cold.search = "loaded";
      if (error !== null) this.#calls.failed(error);
    });
    if (started) cold.search = "loading";
  }
}
