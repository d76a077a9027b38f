// netascii (RFC 764 as RFC 1350 §1 uses it): LF travels as CR LF, CR as CR NUL. Both directions
// keep the state of a pair that was cut in two by a block boundary.
const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

/** Octets to netascii, piece by piece; a pair may be split over two calls. */
export class NetasciiEncoder {
  #pending = -1;

  /**
   * Encodes from `input` into `output` until one of them is used up.
   * Gives how many octets were read and how many were written.
   */
  encode(input: Uint8Array, output: Uint8Array): { read: number; written: number } {
    let read = 0;
    let written = 0;
    while (written < output.length) {
      if (this.#pending >= 0) {
        output[written++] = this.#pending;
        this.#pending = -1;
        continue;
      }
      if (read === input.length) break;
      const octet = input[read++]!;
      output[written++] = octet === LF ? CR : octet;
      if (octet === LF) this.#pending = LF;
      else if (octet === CR) this.#pending = NUL;
    }
    return { read, written };
  }

  /** True while the second half of a pair waits to be written. */
  get pending(): boolean {
    return this.#pending >= 0;
  }
}

/** netascii to octets. A CR before anything but LF or NUL is kept as it is (lenient). */
export class NetasciiDecoder {
  #afterCr = false;

  /** Decodes one piece into fresh bytes; a CR at its end waits for the next piece. */
  decode(input: Uint8Array): Uint8Array {
    const output = new Uint8Array(input.length + 1);
    let written = 0;
    for (const octet of input) {
      if (this.#afterCr) {
        this.#afterCr = false;
        if (octet === LF) {
          output[written++] = LF;
          continue;
        }
        output[written++] = CR;
        if (octet === NUL) continue;
      }
      if (octet === CR) this.#afterCr = true;
      else output[written++] = octet;
    }
    return output.subarray(0, written);
  }

  /** What is left at the end of the text: a lone CR, or nothing. */
  end(): Uint8Array {
    const rest = this.#afterCr ? Uint8Array.of(CR) : new Uint8Array(0);
    this.#afterCr = false;
    return rest;
  }
}
