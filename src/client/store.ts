// Where the octets of a download go: a temporary file that takes its name only when complete, a
// stream, or a device.
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

export interface StoreOptions {
  /** A path, or "-" for standard output. */
  readonly output: string;
  readonly stdout: (bytes: Uint8Array) => void;
}

/** A place for a file. All may throw the system's error but `discard`, which never does. */
export interface Store {
  write(bytes: Uint8Array): void;
  /** The file is whole: gives it its name. */
  complete(): void;
  /** Removes what is there. */
  discard(): void;
}

/** Opens the place; may throw the system's error. */
export function openStore({ output, stdout }: StoreOptions): Store {
  if (output === "-") return new StreamStore(stdout);
  const there = statSync(output, { throwIfNoEntry: false });
  if (there === undefined) return new FileStore(output);
  if (there.isDirectory()) throw Object.assign(new Error("is a directory"), { code: "EISDIR" });
  if (!there.isFile()) return new DeviceStore(output);
  // A file that may not be written must not be replaced either; a link stays a link.
  closeSync(openSync(output, constants.O_WRONLY));
  return new FileStore(realpathSync(output));
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
