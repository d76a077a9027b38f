// Directories that were found searchable just now: most requests of a network boot are for what is
// not there, and each would ask again whether it could have been seen if it were.

/** How long that holds, and how many directories are remembered. */
const HOLDS_MS = 1_000;
const DIRECTORIES_MAX = 256;

export class Searched {
  readonly #now: () => number;
  readonly #until = new Map<string, number>();

  /** `now` is milliseconds of any clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether what is missing below this directory is surely missing; `ask` finds out. */
  holds(directory: string, ask: () => boolean): boolean {
    const now = this.#now();
    const until = this.#until.get(directory);
    if (until !== undefined && now < until) return true;
    if (!ask()) {
      this.#until.delete(directory);
      return false;
    }
    if (this.#until.size >= DIRECTORIES_MAX) this.#until.clear();
    this.#until.set(directory, now + HOLDS_MS);
    return true;
  }
}
