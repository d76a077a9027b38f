// Finds names whatever their letter case, by an index of each directory that is kept as long as
// the directory's modification time stays the same. Case is Unicode's simple lower case.
import { readdirSync, statSync } from "node:fs";
import { findInAnyCase, joined } from "./any_case.ts";

/** Directories kept; the ones used longest ago go first. */
const DIRECTORIES_MAX = 256;

interface Index {
  readonly mtimeMs: number;
  readonly ino: number;
  readonly byLowerCase: ReadonlyMap<string, readonly string[]>;
}

/** Indexes of one tree. */
export class CaseIndex {
  readonly #directories = new Map<string, Index>();

  /** The name that exists below directory `root` and differs from `name` in case only, or null. */
  find(root: string, name: string): string | null {
    return findInAnyCase(name, (directory, part) => {
      const index = this.#index(joined(root, directory));
      const names = index?.byLowerCase.get(part.toLowerCase()) ?? [];
      return names.includes(part) ? [part, ...names.filter((each) => each !== part)] : names;
    });
  }

  #index(directory: string): Index | null {
    try {
      const { mtimeMs, ino } = statSync(directory);
      const known = this.#directories.get(directory);
      this.#directories.delete(directory);
      const current = known?.mtimeMs === mtimeMs && known.ino === ino;
      const index = current ? known : { mtimeMs, ino, byLowerCase: lowerCased(directory) };
      this.#directories.set(directory, index);
      this.#trim();
      return index;
    } catch {
      return null;
    }
  }

  #trim() {
    for (const oldest of this.#directories.keys()) {
      if (this.#directories.size <= DIRECTORIES_MAX) return;
      this.#directories.delete(oldest);
    }
  }
}

// Sorted, so that of several names that differ only in case it is always the same one that wins.
function lowerCased(directory: string): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const name of readdirSync(directory).sort()) {
    const lower = name.toLowerCase();
    const same = names.get(lower);
    if (same === undefined) names.set(lower, [name]);
    else same.push(name);
  }
  return names;
}
