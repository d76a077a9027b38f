// What the Linux driver keeps for a source: its file mapped into memory, made at the first run and
// dropped by `release`, and which pages of it are there. Sources that cannot be mapped are read.
import { read } from "node:fs";
import type { Libc } from "../sys/libc.ts";
import { fileSize, mapFile, type Mapping, unmap } from "../sys/mapping.ts";
import { type CachedFile, PageCache } from "../sys/page_cache.ts";
import type { Run, Source } from "./driver.ts";
import { CHUNK_BYTES, Pages } from "./linux_pages.ts";
import { ReadAhead } from "./read_ahead.ts";

/** A source with its mapping, null where it is read instead. */
export interface Mapped {
  /** Null once released. */
  source: Source | null;
  readonly mapping: Mapping | null;
  /** Null with the mapping. */
  readonly pages: Pages | null;
  /** The kernel met octets that the file no longer has: every later run is unreadable. */
  broken: boolean;
}

/** All sources a driver has sent from and that were not released. */
export class SourceBook {
  readonly #libc: Libc;
  readonly #mapped = new Map<Source, Mapped>();
  readonly #ahead = new ReadAhead();
  readonly #cache: PageCache;
  readonly #onFault: (text: string) => void;
  /** Where reads go whose octets nobody wants; null before the first. */
  #scratch: Uint8Array | null = null;
  #loading = false;

  /** `onFault` is told where the disk fails. */
  constructor(libc: Libc, onFault: (text: string) => void) {
    this.#libc = libc;
    this.#cache = new PageCache(libc);
    this.#onFault = onFault;
  }

  /** The source of this run, maybe `last`; null when it no longer holds the octets. */
  open(run: Run, last: Mapped | null): Mapped | null {
    const { source } = run;
    const known = last !== null && last.source === source ? last : this.#mapped.get(source);
    const mapped = known ?? this.#map(source);
    if (mapped.broken) return null;
    if (mapped.mapping !== null && run.offset + run.totalBytes >= source.size) {
      // Past its end the last page of a file reads as zeros, so the end is asked for once more.
      mapped.broken = fileSize(this.#libc, source.fd!) < source.size;
      if (mapped.broken) return null;
    }
    return mapped;
  }

  /** Octets of a source that is not mapped, valid until the next call; null when unreadable. */
  read(source: Source, range: { offset: number; length: number }): Uint8Array | null {
    return this.#ahead.slice(source, range);
  }

  /** What is kept for a source, if anything. */
  get(source: Source): Mapped | undefined {
    return this.#mapped.get(source);
  }

  /** Drops what is kept for a source. No message that names its mapping may be queued. */
  release(source: Source): void {
    const mapped = this.#mapped.get(source);
    if (mapped !== undefined) {
      if (mapped.mapping !== null) unmap(this.#libc, mapped.mapping);
      mapped.source = null;
      this.#mapped.delete(source);
    }
    this.#ahead.release(source);
  }

  close(): void {
    for (const source of [...this.#mapped.keys()]) this.release(source);
  }

  #map(source: Source): Mapped {
    const { fd, size } = source;
    const mapping = fd === null || size === 0 ? null : mapFile(this.#libc, { fd, length: size });
    let pages: Pages | null = null;
    if (mapping !== null) {
      const file: CachedFile = { mapping, fd: fd!, trusted: null };
      pages = new Pages({
        isResident: (offset, length) => {
          const resident = this.#cache.holds(file, { offset, length });
          // What a file has lost never comes, however long it is waited for.
          if (resident === false) mapped.broken ||= fileSize(this.#libc, file.fd) < size;
          return resident;
        },
        readAhead: (offset, length) => this.#cache.readAhead(file, { offset, length }),
        load: (offset, done) => this.#load(fd!, offset, done),
        failed: (error) => this.#fail(mapped, error),
      }, size);
    }
    const mapped: Mapped = { source, mapping, pages, broken: false };
    this.#mapped.set(source, mapped);
    return mapped;
  }

  /** One read at a time, by a thread of the runtime; the octets go nowhere. */
  #load(fd: number, offset: number, done: (error: Error | null) => void): boolean {
    if (this.#loading) return false;
    this.#loading = true;
    this.#scratch ??= new Uint8Array(CHUNK_BYTES);
    read(fd, this.#scratch, 0, CHUNK_BYTES, offset, (error) => {
      this.#loading = false;
      done(error);
    });
    return true;
  }

  #fail(mapped: Mapped, error: Error): void {
    if (mapped.source === null) return; // Closed in the meantime, which is why.
    mapped.broken = true;
    this.#onFault(`Cannot read a file ahead: ${error.message}`);
  }
}
