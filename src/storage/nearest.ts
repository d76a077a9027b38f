// "Did you mean": the existing name nearest to one that does not exist. A name that differs only in
// letter case wins; else a walk down takes the most similar part wherever the exact one is missing.
import { closest } from "../match/distance.ts";
import { findInAnyCase, joined } from "./any_case.ts";
import type { Near } from "./store.ts";

/** What the walk asks of a tree; names are relative, "" is the root. */
export interface NearestTree {
  /** Visible names in a directory, at most `max` of them; empty if there is no such directory. */
  names(directory: string, max: number): readonly string[];
}

/** Most directory entries that one look for a near name reads. */
export const NEAREST_ENTRIES_MAX = 2000;

/** An existing name near to `name`; null if there is none, or if `name` itself exists. */
export function nearestName(
  name: string,
  tree: NearestTree,
): Near | null {
  const read = bounded(tree);
  const sameLetters = findInAnyCase(name, (directory, part) => {
    const lower = part.toLowerCase();
    const same = read(directory).filter((each) => each.toLowerCase() === lower);
    return same.includes(part) ? [part, ...same.filter((each) => each !== part)] : same;
  });
  if (sameLetters !== null) {
    return sameLetters === name ? null : { name: sameLetters, why: "case" };
  }
  const similar = walk(name, read);
  return similar === null ? null : { name: similar, why: "similar" };
}

function walk(name: string, read: (directory: string) => readonly string[]): string | null {
  let found = "";
  for (const part of name.split("/")) {
    const near = closest(part, read(found), editsMax(part));
    if (near === null) return null;
    found = joined(found, near);
  }
  return found;
}

/** Short parts are close to everything: the shorter, the stricter. */
function editsMax(part: string): number {
  return part.length <= 3 ? 1 : part.length <= 8 ? 2 : 3;
}

/** Reads each directory once, and no more entries than allowed. */
function bounded(tree: NearestTree): (directory: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  let entriesLeft = NEAREST_ENTRIES_MAX;
  return (directory) => {
    let names = known.get(directory);
    if (names === undefined) {
      names = [...tree.names(directory, entriesLeft)].sort();
      entriesLeft -= names.length;
      known.set(directory, names);
    }
    return names;
  };
}
