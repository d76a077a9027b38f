// Send errors are no exceptions: UDP may lose anything and retransmission covers it. This counts
// them and lets one line a minute through.

/** How long faults of one driver stay silent after one was told. */
const QUIET_MS = 60_000;

/** Tells the first fault, then at most one a minute with the number of those left out. */
export class FaultLog {
  readonly #tell: (text: string) => void;
  #quietUntil = -Infinity;
  #untold = 0;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /** One fault at `now` (milliseconds of the driver's clock). */
  add(text: string, now: number): void {
    if (now < this.#quietUntil) {
      this.#untold++;
      return;
    }
    this.#tell(this.#untold === 0 ? text : `${text} (${this.#untold} more since the last report)`);
    this.#quietUntil = now + QUIET_MS;
    this.#untold = 0;
  }
}
