// Edit distance for "did you mean": few characters, few candidates, always bounded.

/**
 * How many insertions, deletions, replacements and swaps of neighbours turn `a` into `b`, counted
 * in UTF-16 units; `max + 1` as soon as it is more than `max`. Takes max × length steps.
 */
export function editDistance(a: string, b: string, max: number): number {
  if (a === b) return 0;
  if (Math.abs(a.length - b.length) > max) return max + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    // Cells further than `max` off the diagonal cannot come back under `max`.
    const from = Math.max(1, row - max);
    const to = Math.min(b.length, row + max);
    const current = new Array<number>(b.length + 1).fill(max + 1);
    if (from === 1) current[0] = row;
    let least = from === 1 ? row : max + 1;
    for (let column = from; column <= to; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (last[column] ?? max) + 1,
        (current[column - 1] ?? max) + 1,
        (last[column - 1] ?? max) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] &&
        a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? max) + 1);
      current[column] = cost;
      least = Math.min(least, cost);
    }
    if (least > max) return max + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[b.length] ?? max + 1, max + 1);
}

/** The first of `candidates` that is closest to `word`, at most `max` edits away; else null. */
export function closest(word: string, candidates: Iterable<string>, max: number): string | null {
  let best: string | null = null;
  let bound = max;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate, bound);
    if (distance > bound) continue;
    best = candidate;
    bound = distance - 1;
    if (bound < 0) break;
  }
  return best;
}
