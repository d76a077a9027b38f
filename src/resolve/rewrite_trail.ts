// The lines that say what the rules did with a name. A loop may run through thousands of rules, so
// only the first lines are kept for the log; `rewrite-test` gets them all.

const LINES_MAX = 32;

/** Collects lines; with `explain` it keeps every one, and those of rules that did not hold. */
export class RewriteTrail {
  readonly explain: boolean;
  readonly #lines: string[] = [];
  #dropped = 0;

  constructor(explain: boolean) {
    this.explain = explain;
  }

  /** A step worth a line in the log. */
  add(line: string) {
    if (this.explain || this.#lines.length < LINES_MAX) this.#lines.push(line);
    else this.#dropped++;
  }

  /** A rule that did not hold, and why. */
  passed(title: string, why: string) {
    if (this.explain) this.#lines.push(`${title} does not hold: ${why}`);
  }

  lines(): readonly string[] {
    if (this.#dropped === 0) return this.#lines;
    return [...this.#lines, `${this.#dropped} more steps of rules`];
  }
}
