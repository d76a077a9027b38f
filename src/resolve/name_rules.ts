// What an operator may say of names before any rule sees them: folders to take off, whether names
// that begin with "/" lie below the root, whether hidden files are served.
import type { Config } from "../config/config.ts";
import type { FileName } from "./name.ts";

/** The part of a config that speaks of names. */
export type NameRules = Pick<Config, "stripPrefixes" | "absoluteNames" | "hiddenFiles">;

/** Nothing is taken off, everything is served. */
export const PLAIN_NAMES: NameRules = {
  stripPrefixes: [],
  absoluteNames: "root",
  hiddenFiles: true,
};

/** Whether a client's text names a file from the top, after a drive such as "C:" if there is one. */
export function isAbsolute(text: string): boolean {
  return /^(?:[A-Za-z]:)*[\\/]/.test(text);
}

/**
 * The name without the first of the prefixes that it begins with, by whole parts; a name that
 * would vanish stays as it is. `caseInsensitive` is that of the tree.
 */
export function stripPrefix(
  name: FileName,
  { prefixes, caseInsensitive }: {
    readonly prefixes: readonly string[];
    readonly caseInsensitive: boolean;
  },
): FileName {
  for (const prefix of prefixes) {
    const head = name.slice(0, prefix.length + 1);
    const same = caseInsensitive
      ? head.toLowerCase() === `${prefix}/`.toLowerCase()
      : head === `${prefix}/`;
    if (same && name.length > head.length) return name.slice(head.length) as FileName;
  }
  return name;
}

/** Whether the file, or a folder on the way to it, is hidden. */
export function isHidden(name: FileName): boolean {
  return name.startsWith(".") || name.includes("/.");
}
