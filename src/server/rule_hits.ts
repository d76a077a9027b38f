// How often each rewrite rule has held, in all threads, since the configuration in force came.
import type { RewriteConfig } from "../config/config.ts";

/** A rule and its count. */
export interface RuleHit {
  /** From 1, as the log names it. */
  readonly number: number;
  /** Its label, or "". */
  readonly label: string;
  readonly hits: number;
}

/** Rules that metrics and status name; of more than these, those that have held. */
const NAMED_MAX = 256;
const DESCRIBED_MAX = 16;

/** What the workers have counted. */
export class RuleHits {
  readonly #byWorker = new Map<number, readonly number[]>();

  /** All that a worker has counted, in the order of the rules; replaces what it said before. */
  set(worker: number, hits: readonly number[]) {
    this.#byWorker.set(worker, hits);
  }

  /** Forgets all: the rules are others. */
  clear() {
    this.#byWorker.clear();
  }

  /** The sums; `own` is what this thread has counted. */
  of(rules: readonly RewriteConfig[], own: readonly number[]): readonly RuleHit[] {
    const counted = [own, ...this.#byWorker.values()];
    const all = rules.map(({ label }, index) => ({
      number: index + 1,
      label,
      hits: counted.reduce((sum, hits) => sum + (hits[index] ?? 0), 0),
    }));
    return all.length <= NAMED_MAX ? all : all.filter(({ hits }) => hits > 0);
  }
}

/** `3; held: rule 1: 12, rule 3 "x": 2`, the busiest first. */
export function describeHits(rules: number, hits: readonly RuleHit[]): string {
  const busiest = hits.filter((each) => each.hits > 0)
    .sort((a, b) => b.hits - a.hits).slice(0, DESCRIBED_MAX);
  if (busiest.length === 0) return String(rules);
  const held = busiest.map(({ number, label, hits }) =>
    `rule ${number}${label === "" ? "" : ` "${label}"`}: ${hits}`
  );
  return `${rules}; held: ${held.join(", ")}`;
}
