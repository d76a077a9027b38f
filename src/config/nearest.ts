// "Did you mean" for keys: a word may be misspelt, shortened, in another order, or right but in
// the wrong table.
import type * as v from "valibot";
import { closest } from "../match/distance.ts";
import { describeTable, type KeyPath } from "./key_path.ts";
import { FileSchema } from "./schema.ts";
import { arrayItem, tableEntries } from "./schema_walk.ts";

/** Words other servers and people use for keys of ours. */
const SYNONYMS: Readonly<Record<string, string>> = {
  directory: "root",
  dir: "root",
  folder: "root",
  "tftp-root": "root",
  listen: "address",
  host: "address",
  bind: "address",
  addresses: "address",
  username: "user",
  regex: "match",
  pattern: "match",
  replacement: "replace",
  writable: "enabled",
};

/** A key that may have been meant, as text for the end of a message; "" for none. */
export function nearestKey(word: string, table: KeyPath): string {
  const here = keysOf(table);
  const near = nearestWord(word, here);
  if (near !== null) return `: did you mean "${near}"?`;
  const elsewhere = allTables().filter((each) => each.keys.includes(word));
  const [only] = elsewhere;
  if (only !== undefined && elsewhere.length === 1) {
    const where = only.path.length === 0
      ? "above the first table"
      : `in ${describeTable(only.path)}`;
    return `: did you mean "${word}" ${where}?`;
  }
  return "";
}

/** The word of `words` that `word` was probably meant to be, or null. */
export function nearestWord(word: string, words: readonly string[]): string | null {
  const plain = normalize(word);
  const synonym = SYNONYMS[plain];
  if (synonym !== undefined && words.includes(synonym)) return synonym;
  const sorted = sortParts(plain);
  const reordered = words.find((each) => sortParts(each) === sorted);
  if (reordered !== undefined) return reordered;
  const edits = Math.max(1, Math.min(3, Math.floor(plain.length / 3)));
  const misspelt = closest(plain, words, edits);
  if (misspelt !== null) return misspelt;
  if (plain.length < 4) return null;
  return words.find((each) => each.startsWith(plain)) ??
    words.find((each) => each.includes(plain) || plain.includes(each)) ?? null;
}

/** The keys of the table at `path` of the file, in the schema's order. */
export function keysOf(path: KeyPath): readonly string[] {
  let schema: v.GenericSchema | null | undefined = FileSchema;
  for (const part of path) {
    if (schema === null || schema === undefined) return [];
    schema = typeof part === "number" ? arrayItem(schema) : tableEntries(schema)?.[part];
  }
  return Object.keys((schema && tableEntries(schema)) ?? {});
}

interface Table {
  readonly path: KeyPath;
  readonly keys: readonly string[];
}

// Every table of the schema, `[[…]]` ones under the path of their array.
function allTables(path: KeyPath = [], schema: v.GenericSchema = FileSchema): readonly Table[] {
  const row = arrayItem(schema);
  const entries = tableEntries(row ?? schema);
  if (entries === null) return [];
  const below = Object.entries(entries).flatMap(([name, inner]) =>
    allTables([...path, name], inner)
  );
  return [{ path, keys: Object.keys(entries) }, ...below];
}

// "blksizeMax" and "blksize_max" are "blksize-max".
function normalize(word: string): string {
  return word.replace(/([a-z])([A-Z])/g, "$1-$2").replace(/_/g, "-").toLowerCase();
}

function sortParts(word: string): string {
  return word.split("-").sort().join("-");
}
