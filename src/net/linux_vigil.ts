// Whether to look for the next datagrams again and again before going to sleep. Falling asleep and
// waking up takes longer than a client in lock-step takes to answer from nearby, and more processor
// time than looking does. Where answers take longer, looking is in vain, and soon left off.

/** Most waits that go straight to sleep after looking was in vain. */
const SKIPS_MAX = 256;

/** One driver's choice, from what came of it lately. */
export class Vigil {
  readonly #ms: number;
  /** Waits that go straight to sleep from here on, and how many the next vain look will cost. */
  #skips = 0;
  #penalty = 1;

  /** `ms` is how long to look, in milliseconds; 0 for never. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** How long to look before the wait that begins now goes to sleep, in milliseconds. */
  begin(): number {
    if (this.#skips === 0) return this.#ms;
    this.#skips--;
    return 0;
  }

  /** Datagrams came while we looked, or they did not. */
  ended(came: boolean): void {
    if (came) {
      this.#penalty = 1;
      return;
    }
    this.#skips = this.#penalty;
    this.#penalty = Math.min(2 * this.#penalty, SKIPS_MAX);
  }
}
