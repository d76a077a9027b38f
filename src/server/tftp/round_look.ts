// One look at the disk for all who ask for the same path at the same moment: what came in together
// is answered together, so that nothing can have changed for any of them.
import type { Look, Stamp } from "../../sys/look.ts";

/** Paths remembered within a round. */
const PATHS_MAX = 64;

/** A look that asks once a round. */
export class RoundLook {
  readonly #look: Look;
  readonly #stamps = new Map<string, Stamp | null>();

  constructor(look: Look) {
    this.#look = look;
  }

  /** The stamp of what `path` leads to; see `Look`. */
  readonly look: Look = (path) => {
    const known = this.#stamps.get(path);
    if (known !== undefined) return known;
    const stamp = this.#look(path);
    if (this.#stamps.size < PATHS_MAX) this.#stamps.set(path, stamp);
    return stamp;
  };

  /** The datagrams of this round are dealt with: the next ones may find another disk. */
  next(): void {
    if (this.#stamps.size > 0) this.#stamps.clear();
  }
}
