// Removes temporary files of uploads that a crash cut off.
import { readdir, stat, unlink } from "node:fs/promises";
import { isPartName } from "./part_names.ts";

/** Age in milliseconds from which on nobody writes a temporary file any more. */
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;
/** Directory entries looked at; a tree beyond that keeps its leftovers. */
const ENTRIES_MAX = 200_000;

/** Removes old temporary files below `root`, links not followed; gives how many. */
export async function removeLeftovers(root: string, nowMs: number): Promise<number> {
  let removed = 0;
  let entriesLeft = ENTRIES_MAX;
  const directories = [root];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    entriesLeft -= entries.length;
    if (entriesLeft < 0) break;
    for (const entry of entries) {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory()) directories.push(path);
      else if (entry.isFile() && isPartName(entry.name) && await removeIfOld(path, nowMs)) {
        removed++;
      }
    }
  }
  return removed;
}

async function removeIfOld(path: string, nowMs: number): Promise<boolean> {
  try {
    if (nowMs - (await stat(path)).mtimeMs < LEFTOVER_AGE_MS) return false;
    await unlink(path);
    return true;
  } catch {
    return false; // Gone meanwhile, or not ours to remove.
  }
}
