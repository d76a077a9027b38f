// A download whose pieces come in any order: they go to their places in a temporary file, and from
// there to a stream where the file has no place of its own.
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Download,
  type DownloadOptions,
  FileStore,
  openStore,
  type Sink,
  type Store,
} from "./download.ts";
import { faultText, shown } from "./text.ts";

/** A sink that takes each octet once, from wherever it comes. */
export interface GatheringSink extends Sink {
  /** The bytes are taken, or copied, before the call returns. May throw the system's error. */
  writeAt(offset: number, bytes: Uint8Array): void;
}

/** A download in progress whose pieces come in any order. */
export interface GatheringDownload extends Download, GatheringSink {}

/** Opens the place for such a download. Faults come back as a message. */
export function openGathering(options: DownloadOptions): GatheringDownload | string {
  const { output } = options;
  try {
    const store = openStore(options);
    return new Gathering(store instanceof FileStore ? store : new SpoolStore(store));
  } catch (error) {
    return `Cannot write ${shown(output)}: ${faultText(error)}`;
  }
}

/** A place with a descriptor for reading and writing. */
interface RereadableStore extends Pick<Store, "complete" | "discard"> {
  readonly descriptor: number;
}

const BUFFER_BYTES = 256 * 1024;

class Gathering implements GatheringDownload {
  readonly #store: RereadableStore;
  readonly #hash = createHash("sha256");
  /** Bytes that follow one another, to be written at `#bufferAt`. */
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #bufferAt = 0;
  #filled = 0;
  /** The hash has taken everything before this offset. */
  #hashedBytes = 0;
  #bytes = 0;
  #complete = false;

  constructor(store: RereadableStore) {
    this.#store = store;
  }

  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Uint8Array): void {
    this.writeAt(this.#bytes, bytes);
  }

  writeAt(offset: number, bytes: Uint8Array): void {
    const follows = offset === this.#bufferAt + this.#filled;
    if (!follows || this.#filled + bytes.length > BUFFER_BYTES) {
      this.#flush();
      this.#bufferAt = offset;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
    this.#bytes += bytes.length;
  }

  complete(): void {
    this.#flush();
    this.#hashRest();
    this.#store.complete();
    this.#complete = true;
  }

  digest(): string {
    return this.#hash.digest("hex");
  }

  discard(): void {
    if (!this.#complete) this.#store.discard();
  }

  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#filled);
    if (this.#bufferAt === this.#hashedBytes) this.#digest(bytes);
    let written = 0;
    while (written < bytes.length) {
      const rest = bytes.length - written;
      const at = this.#bufferAt + written;
      written += writeSync(this.#store.descriptor, bytes, written, rest, at);
    }
    this.#filled = 0;
  }

  /** What came after a hole is read again. */
  #hashRest(): void {
    readAll(this.#store.descriptor, this.#hashedBytes, (bytes) => this.#digest(bytes));
  }

  #digest(bytes: Uint8Array): void {
    this.#hash.update(bytes);
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
