// Memory that both sides see: allocated once, never moved, never sliced anew. Structures in it hold
// addresses into it, so whoever hands it to C keeps the arena referenced.
import type { Libc } from "./libc.ts";

const TWO_32 = 0x1_0000_0000;

/** A block of zeroed memory that lies in one 4 GiB page, so that its addresses share a high half. */
export class Arena {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly address: number;
  /** The halves of `address`; `low + offset` does not carry. */
  readonly high: number;
  readonly low: number;

  constructor(libc: Libc, length: number) {
    const crossing: Uint8Array[] = [];
    for (;;) {
      const bytes = new Uint8Array(new ArrayBuffer(length));
      const address = libc.addressOf(bytes);
      const high = Math.floor(address / TWO_32);
      if (high === Math.floor((address + length) / TWO_32)) {
        this.bytes = bytes;
        this.words = new Uint32Array(bytes.buffer);
        this.address = address;
        this.high = high;
        this.low = address % TWO_32;
        return;
      }
      crossing.push(bytes); // Held, so that the next try gets other memory.
    }
  }

  /** Writes an address at `offset` octets. */
  setPointer(offset: number, address: number): void {
    this.words[offset / 4] = address % TWO_32;
    this.words[offset / 4 + 1] = Math.floor(address / TWO_32);
  }
}
