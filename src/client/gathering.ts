// A download whose pieces come in any order: they go to their places in a temporary file, and from
// there to a stream where the file has no place of its own.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUFFER_BYTES, type Download, HashedDownload, opened, type Sink } from "./download.ts";
import { FileStore, type Store, type StoreOptions } from "./store.ts";

/** A sink that takes each octet once, from wherever it comes. */
export interface GatheringSink extends Sink {
  /** The bytes are taken, or copied, before the call returns. May throw the system's error. */
  writeAt(offset: number, bytes: Uint8Array): void;
}

/** A download in progress whose pieces come in any order. */
export interface GatheringDownload extends Download, GatheringSink {}

/** Opens the place for such a download. Faults come back as a message. */
export function openGathering(options: StoreOptions): GatheringDownload | string {
  return opened(
    options,
    (store) => new Gathering(store instanceof FileStore ? store : new SpoolStore(store)),
  );
}

/** A place with a descriptor for reading and writing. */
interface RereadableStore extends Pick<Store, "complete" | "discard"> {
  readonly descriptor: number;
}

class Gathering extends HashedDownload<RereadableStore> implements GatheringDownload {
  /** Where the octets of the buffer belong; they follow one another. */
  #bufferAt = 0;
  /** The hash has taken everything before this offset. */
  #hashedBytes = 0;

  write(bytes: Uint8Array): void {
    this.writeAt(this.bytes, bytes);
  }

  writeAt(offset: number, bytes: Uint8Array): void {
    const follows = offset === this.#bufferAt + this.filled;
    if (!follows || this.filled + bytes.length > BUFFER_BYTES) {
      this.#flush();
      this.#bufferAt = offset;
    }
    this.buffer.set(bytes, this.filled);
    this.filled += bytes.length;
    this.count(bytes);
  }

  /** What came after a hole is read again. */
  protected finish(): void {
    this.#flush();
    readAll(this.store.descriptor, this.#hashedBytes, (bytes) => this.#digest(bytes));
  }

  #flush(): void {
    const bytes = this.buffer.subarray(0, this.filled);
    if (this.#bufferAt === this.#hashedBytes) this.#digest(bytes);
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.length - written;
      const at = this.#bufferAt + written;
      written += writeSync(this.store.descriptor, bytes, written, rest, at);
    }
    this.filled = 0;
  }

  #digest(bytes: Uint8Array): void {
    this.hash.update(bytes);
    this.#hashedBytes += bytes.length;
  }
}

/** A temporary file in front of what can only be written in order. */
class SpoolStore implements RereadableStore {
  readonly descriptor: number;
  readonly #directory = mkdtempSync(join(tmpdir(), "bootsrv-get-"));
  readonly #target: Store;

  constructor(target: Store) {
    this.#target = target;
    this.descriptor = openSync(join(this.#directory, "spool"), "w+");
  }

  complete(): void {
    readAll(this.descriptor, 0, (bytes) => this.#target.write(bytes));
    this.#target.complete();
    this.#remove();
  }

  discard(): void {
    this.#target.discard();
    this.#remove();
  }

  #remove(): void {
    closeSync(this.descriptor);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Reads from `offset` to the end. */
function readAll(descriptor: number, offset: number, take: (bytes: Uint8Array) => void): void {
  const piece = new Uint8Array(BUFFER_BYTES);
  for (;;) {
    const got = readSync(descriptor, piece, 0, piece.length, offset);
    if (got === 0) return;
    take(piece.subarray(0, got));
    offset += got;
  }
}
