// What can come about any number of times a second, by peers or the network, is told to the operator
// once a minute.

/** How long the notices of one kind stay silent after one was told. */
const QUIET_MS = 60_000;

/** Tells the first notice, then at most one a minute with the number of those left out. */
export class SparseNotice {
  readonly #tell: (text: string) => void;
  #quietUntil = -Infinity;
  #untold = 0;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /** One notice at `now`, in milliseconds of any monotonic clock. */
  add(text: string, now: number): void {
    if (now < this.#quietUntil) {
      this.#untold++;
      return;
    }
    this.#tell(this.#untold === 0 ? text : `${text} (${this.#untold} more since the last one)`);
    this.#quietUntil = now + QUIET_MS;
    this.#untold = 0;
  }
}
