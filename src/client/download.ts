// A download: octets are buffered, counted and hashed on their way to where they are kept.
import { createHash } from "node:crypto";
import { NetasciiDecoder } from "../wire/netascii.ts";
import { openStore, type Store, type StoreOptions } from "./store.ts";
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

/** Opens the place for a download. Faults come back as a message. */
export function openDownload(options: StoreOptions): Download | string {
  return opened(options, (store) => new OrderedDownload(store));
}

/** What `make` makes of the place, or the system's fault as a message. */
export function opened<D>(options: StoreOptions, make: (store: Store) => D): D | string {
  try {
    return make(openStore(options));
  } catch (error) {
    return `Cannot write ${shown(options.output)}: ${faultText(error)}`;
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

export const BUFFER_BYTES = 256 * 1024;

/** What all downloads have in common; `S` is the place. */
export abstract class HashedDownload<S extends Pick<Store, "complete" | "discard">>
  implements Download {
  protected readonly store: S;
  protected readonly hash = createHash("sha256");
  protected readonly buffer = new Uint8Array(BUFFER_BYTES);
  /** Octets in the buffer. */
  protected filled = 0;
  #bytes = 0;
  #complete = false;

  constructor(store: S) {
    this.store = store;
  }

  get bytes(): number {
    return this.#bytes;
  }

  complete(): void {
    this.finish();
    this.store.complete();
    this.#complete = true;
  }

  digest(): string {
    return this.hash.digest("hex");
  }

  discard(): void {
    if (!this.#complete) this.store.discard();
  }

  abstract write(bytes: Uint8Array): void;
  /** Writes and hashes what has not been yet. */
  protected abstract finish(): void;

  protected count(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
  }
}

/** Each octet comes after the one before it. */
class OrderedDownload extends HashedDownload<Store> {
  write(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length;) {
      const piece = bytes.subarray(taken, taken + BUFFER_BYTES - this.filled);
      this.buffer.set(piece, this.filled);
      this.filled += piece.length;
      taken += piece.length;
      if (this.filled === BUFFER_BYTES) this.finish();
    }
    this.count(bytes);
  }

  protected finish(): void {
    const bytes = this.buffer.subarray(0, this.filled);
    this.hash.update(bytes);
    this.store.write(bytes);
    this.filled = 0;
  }
}
