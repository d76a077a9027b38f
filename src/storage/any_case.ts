// Walks a name down a tree where letter case does not matter. A tree may hold both "Boot" and
// "boot", so the walk goes back and tries the other one when the first leads nowhere.

/** Directories that one walk looks into; what a tree's author can pile up has an end here. */
const STEPS_MAX = 64;

/**
 * A name that differs from `name` at most in case, or null. `candidates` gives the entries of a
 * directory ("" is the root) that equal `part` but for case, the exact one first.
 */
export function findInAnyCase(
  name: string,
  candidates: (directory: string, part: string) => readonly string[],
): string | null {
  const parts = name.split("/");
  let steps = 0;
  const walk = (directory: string, index: number): string | null => {
    const part = parts[index];
    if (part === undefined) return directory;
    if (++steps > STEPS_MAX) return null;
    for (const candidate of candidates(directory, part)) {
      const found = walk(joined(directory, candidate), index + 1);
      if (found !== null) return found;
    }
    return null;
  };
  return walk("", 0);
}

/** The name of `part` in `directory`, "" being the root. */
export function joined(directory: string, part: string): string {
  return directory === "" ? part : `${directory}/${part}`;
}
