// Whether octets of a mapped file are in memory, so that sending them does not wait for the disk,
// and the order to read some ahead. Nothing here waits for data; reading ahead may wait for the
// metadata that says where on the disk they are.
import { fstatSync } from "node:fs";
import process from "node:process";
import { Arena } from "./arena.ts";
import { ERRNO } from "./errno.ts";
import { ACCESS, AT, IOVEC, MADV_WILLNEED, RWF_NOWAIT, SYSCALL_PREADV2 } from "./layout.ts";
import type { Libc } from "./libc.ts";
import type { Mapping } from "./mapping.ts";
import { cString } from "./sockaddr.ts";

/** The most octets that can be asked for at once. */
export const ASKED_BYTES_MAX = 256 * 1024;
/** No page is smaller, so a byte of `mincore` or a piece of `preadv2` for each is enough. */
const PAGE_BYTES_MIN = 4096;
const PAGES_MAX = ASKED_BYTES_MAX / PAGE_BYTES_MIN;
const EMPTY_PATH = cString("");

/** A mapped file and its descriptor. */
export interface CachedFile {
  readonly mapping: Mapping;
  readonly fd: number;
  /** Whether `mincore` tells the truth about it; null until that is wanted. */
  trusted: boolean | null;
}

/** Part of a file; the offset is a multiple of `ASKED_BYTES_MAX`. */
export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** The questions and orders of one thread. */
export class PageCache {
  readonly #libc: Libc;
  readonly #pageBytes: number;
  readonly #vector = new Uint8Array(new ArrayBuffer(PAGES_MAX));
  /** Pieces that all lie in the same few octets: what is read is not wanted. */
  #pieces: Arena | null = null;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#pageBytes = libc.calls.getpagesize();
  }

  /**
   * Whether all of at most `ASKED_BYTES_MAX` octets are in memory; null where it cannot be told.
   * To those who may not write a file, `mincore` says that all of it is (Linux 5.2): then it is
   * read without waiting (RWF_NOWAIT), which not every file system can do.
   */
  holds(file: CachedFile, { offset, length }: FileRange): boolean | null {
    const { mapping } = file;
    if (this.#libc.calls.mincore(mapping.address + offset, length, this.#vector) < 0) return null;
    const absent = this.#vector.indexOf(0);
    if (absent >= 0 && absent < Math.ceil(length / this.#pageBytes)) return false;
    file.trusted ??= this.#mayWrite(file.fd);
    return file.trusted || this.#readable(file.fd, { offset, length });
  }

  /** Asks the kernel to read octets into memory; what lies behind the end is left out. */
  readAhead({ mapping }: CachedFile, { offset, length }: FileRange): void {
    const inside = Math.min(length, mapping.length - offset);
    if (inside > 0) this.#libc.calls.madvise(mapping.address + offset, inside, MADV_WILLNEED);
  }

  #mayWrite(fd: number): boolean {
    const flags = AT.emptyPath | AT.effectiveAccess;
    if (this.#libc.calls.faccessat(fd, EMPTY_PATH, ACCESS.write, flags) === 0) return true;
    try {
      return fstatSync(fd).uid === process.geteuid?.();
    } catch {
      return false;
    }
  }

  #readable(fd: number, { offset, length }: FileRange): boolean | null {
    this.#pieces ??= this.#layOut();
    const pages = Math.ceil(length / PAGE_BYTES_MIN);
    // By number: musl has a function of that name only since 1.2.5.
    const { syscall } = this.#libc.calls;
    const pieces = this.#pieces.bytes;
    const read = syscall(SYSCALL_PREADV2, fd, pieces, pages, offset, 0, RWF_NOWAIT);
    if (read >= 0) return read >= length;
    return this.#libc.errno() === ERRNO.EAGAIN ? false : null;
  }

  #layOut(): Arena {
    const arena = new Arena(this.#libc, PAGES_MAX * IOVEC.bytes + PAGE_BYTES_MIN);
    for (let i = 0; i < PAGES_MAX; i++) {
      const piece = i * IOVEC.bytes;
      arena.setPointer(piece + IOVEC.base, arena.address + PAGES_MAX * IOVEC.bytes);
      arena.words[(piece + IOVEC.length) / 4] = PAGE_BYTES_MIN;
    }
    return arena;
  }
}
