// The file's side of a transfer: where blocks go, how many octets there are, and what went wrong
// with the file, once.
import type { Source } from "../net/driver.ts";
import type { Failure } from "../proto/machine.ts";
import type { Sink } from "./download.ts";
import type { GatheringSink } from "./gathering.ts";
import { faultText } from "./text.ts";

/**
 * What moves. The owner opens and closes it. `gather` is for blocks that may come in any order, as
 * they do in a group.
 */
export type Cargo =
  | { readonly kind: "fetch"; readonly sink: Sink }
  | { readonly kind: "gather"; readonly sink: GatheringSink }
  | { readonly kind: "send"; readonly source: Source };

/** The machine that moves the file, as far as it is told of it. */
export interface FiledMachine {
  /** The file is safe. */
  committed(now: number): void;
  /** Stop; harmless after the end. */
  abort(failure: Failure): void;
}

/** What the server is told about trouble with our file; the details are none of its business. */
const FILE_FAILURE: Failure = {
  kind: "storage",
  code: 0,
  text: "Client has trouble with its file",
};

/** Keeps the first fault and takes nothing after it. */
export class Filing {
  readonly #cargo: Cargo;
  #writtenBytes = 0;
  #commitAsked = false;
  #completeAt: number | null = null;
  #complete = false;
  #fault: string | null = null;

  constructor(cargo: Cargo) {
    this.#cargo = cargo;
  }

  /** Octets written so far. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** The file has its name. */
  get isComplete(): boolean {
    return this.#complete;
  }

  /** When all octets had come, or null. The transfer ends later: it stays for a lost last ACK. */
  get completeAt(): number | null {
    return this.#completeAt;
  }

  /** What went wrong, in words, or null. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Takes octets that belong at `offset`. */
  write(bytes: Uint8Array, offset: number): void {
    const cargo = this.#cargo;
    if (cargo.kind === "send" || this.#fault !== null) return;
    this.#try(() => {
      if (cargo.kind === "gather") cargo.sink.writeAt(offset, bytes);
      else cargo.sink.write(bytes);
      this.#writtenBytes += bytes.length;
    });
  }

  /** All octets have come: the next `settle` gives the file its name. */
  commit(): void {
    this.#commitAsked = true;
  }

  /** After a call of the machine: what it must not be told from inside that call. */
  settle(machine: FiledMachine, now: number): void {
    if (this.#commitAsked && this.#fault === null) {
      this.#commitAsked = false;
      this.#completeAt = now;
      this.#finish();
      if (this.#fault === null) machine.committed(now);
    }
    if (this.#fault !== null) machine.abort(FILE_FAILURE);
  }

  /** The source no longer holds what it held. */
  unreadable(): void {
    this.#fault ??= "it can no longer be read, or has shrunk";
  }

  #finish(): void {
    const cargo = this.#cargo;
    if (cargo.kind === "send" || this.#fault !== null) return;
    this.#try(() => {
      cargo.sink.complete();
      this.#complete = true;
    });
  }

  #try(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fault = faultText(error);
    }
  }
}
