// Where fetched bytes go: a temporary file that takes its name only when complete, or a stream.
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { NetasciiDecoder } from "../wire/netascii.ts";
import { faultText, shown } from "./text.ts";

/** Takes a file from its first byte to its last. All but `discard` may throw the system's error. */
export interface Sink {
  /** The bytes are taken, or copied, before the call returns. */
  write(bytes: Uint8Array): void;
  /** The file is whole: gives it its name. */
  complete(): void;
}

/** A download in progress. */
export interface Download extends Sink {
  /** Octets written, as they stand in the file. */
  readonly bytes: number;
  /** SHA-256 of these octets, in hexadecimal; call it once, at the end. */
  digest(): string;
  /** Removes what is there, unless it is complete. Never throws. */
  discard(): void;
}

export interface DownloadOptions {
  /** A path, or "-" for standard output. */
  readonly output: string;
  readonly stdout: (bytes: Uint8Array) => void;
}

/** Opens the place for a download. Faults come back as a message. */
export function openDownload(options: DownloadOptions): Download | string {
  const { output } = options;
  try {
    return new BufferedDownload(openStore(options));
  } catch (error) {
    return `Cannot write ${shown(output)}: ${faultText(error)}`;
  }
}

/** A sink in front of `sink` that undoes netascii. */
export function netasciiSink(sink: Sink): Sink {
  const decoder = new NetasciiDecoder();
  return {
    write: (bytes) => sink.write(decoder.decode(bytes)),
    complete() {
      sink.write(decoder.end());
      sink.complete();
    },
  };
}

/** The place behind the buffer. */
export interface Store {
  write(bytes: Uint8Array): void;
  complete(): void;
  discard(): void;
}

/** Opens the place; may throw the system's error. */
export function openStore({ output, stdout }: DownloadOptions): Store {
  if (output === "-") return new StreamStore(stdout);
  const there = statSync(output, { throwIfNoEntry: false });
  if (there === undefined) return new FileStore(output);
  if (there.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
  if (!there.isFile()) return new DeviceStore(output);
  // A file that may not be written must not be replaced either; a link stays a link.
  closeSync(openSync(output, constants.O_WRONLY));
  return new FileStore(realpathSync(output));
}

const BUFFER_BYTES = 256 * 1024;

class BufferedDownload implements Download {
  readonly #store: Store;
  readonly #hash = createHash("sha256");
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  #bytes = 0;
  #complete = false;

  constructor(store: Store) {
    this.#store = store;
  }

  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length;) {
      const piece = bytes.subarray(taken, taken + BUFFER_BYTES - this.#filled);
      this.#buffer.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
      if (this.#filled === BUFFER_BYTES) this.#flush();
    }
    this.#bytes += bytes.length;
  }

  complete(): void {
    this.#flush();
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
    this.#hash.update(bytes);
    this.#store.write(bytes);
    this.#filled = 0;
  }
}

/** Bytes that are gone when written. */
class StreamStore implements Store {
  readonly #write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  write(bytes: Uint8Array): void {
    this.#write(bytes);
  }

  complete(): void {}

  discard(): void {}
}

/** A file under a temporary name in the directory of its final one. */
export class FileStore implements Store {
  /** Of the temporary file, for reading and writing. */
  readonly descriptor: number;
  readonly #path: string;
  readonly #temporary: string;
  #open = true;

  constructor(path: string) {
    this.#path = path;
    [this.#temporary, this.descriptor] = openTemporary(path);
  }

  write(bytes: Uint8Array): void {
    writeWhole(this.descriptor, bytes);
  }

  complete(): void {
    this.#close();
    renameSync(this.#temporary, this.#path);
  }

  discard(): void {
    try {
      this.#close();
      rmSync(this.#temporary, { force: true });
    } catch {
      // The fault that led here is the one to report.
    }
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.descriptor);
  }
}

/** A device or pipe that exists already: it cannot be replaced, only written. */
class DeviceStore implements Store {
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, "w");
  }

  write(bytes: Uint8Array): void {
    writeWhole(this.#descriptor, bytes);
  }

  complete(): void {
    closeSync(this.#descriptor);
  }

  discard(): void {
    closeSync(this.#descriptor);
  }
}

/** Of the final name, in the temporary one: file systems allow 255 octets. */
const NAME_LENGTH_MAX = 60;
const TRIES_MAX = 100;

function openTemporary(path: string): [path: string, descriptor: number] {
  const base = basename(path).slice(0, NAME_LENGTH_MAX);
  for (let attempt = 0;; attempt++) {
    const temporary = join(dirname(path), `.${base}.${process.pid}-${attempt}.part`);
    try {
      return [temporary, openSync(temporary, "wx+")];
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST" || attempt === TRIES_MAX) throw error;
    }
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(descriptor, bytes));
}
