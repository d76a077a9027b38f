// Where a value sits in the file, as a list of keys and indices, and how that is said in words.

/** `["rewrite", 0, "match"]` is the key `match` in the first `[[rewrite]]`. */
export type KeyPath = readonly (string | number)[];

/** A table of the file before any check. */
export type RawTable = { [key: string]: unknown };

/** Whether `value` is a table of TOML: not an array, not a date. */
export function isTable(value: unknown): value is RawTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}

/** The path as one text, equal for equal paths. */
export function pathKey(path: KeyPath): string {
  return path.join("\0");
}

/** The path with its words joined by dots, indices left out: "tftp.multicast.ttl". */
export function dotted(path: KeyPath): string {
  return path.filter((part) => typeof part === "string").join(".");
}

/** `"port" in [tftp]`, `"match" in [[rewrite]] 2`, `element 3 of "search"`. */
export function describeKey(path: KeyPath): string {
  const last = path.at(-1);
  const parent = path.slice(0, -1);
  if (typeof last !== "number") {
    return parent.length === 0 ? `"${last}"` : `"${last}" in ${describeTable(parent)}`;
  }
  const isRow = parent.length === 1 && ROW_KEYS.has(String(parent[0]));
  return isRow ? describeTable(path) : `element ${last + 1} of ${describeKey(parent)}`;
}

/** `[tftp.multicast]`, `[[rewrite]] 2`, or "the top level". */
export function describeTable(path: KeyPath): string {
  if (path.length === 0) return "the top level";
  const last = path.at(-1);
  if (typeof last === "number") return `[[${dotted(path)}]] ${last + 1}`;
  return ROW_KEYS.has(dotted(path)) ? `[[${dotted(path)}]]` : `[${dotted(path)}]`;
}

/** Keys that hold an array of tables. */
export const ROW_KEYS: ReadonlySet<string> = new Set([
  ...["mtftp", "rewrite", "access", "mount", "client-root", "quirk"],
]);

/** The value at `path`, or undefined where there is none. */
export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof part === "number") value = Array.isArray(value) ? value[part] : undefined;
    else value = isTable(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value;
}
