// One layer (the file, or the flags, or the environment) against the schema: every problem in it
// at once, in words. Where the layer came from and how that is shown is not known here.
import * as v from "valibot";
import { describeTable, isTable, type KeyPath, type RawTable, ROW_KEYS } from "./key_path.ts";
import { keysOf, nearestKey, nearestWord } from "./nearest.ts";
import { FileSchema } from "./schema.ts";
import { arrayItem, tableEntries } from "./schema_walk.ts";
import { quote, shown } from "./text.ts";

/** Something wrong with one value of a layer. */
export interface Problem {
  readonly path: KeyPath;
  /** Whether to point at the key or at the value. */
  readonly at: "key" | "value";
  /** The message for a value that is called `subject`, such as `"port" in [tftp]`. */
  message(subject: string): string;
  /** What to do about it, or "". */
  readonly hint: string;
}

/** Everything wrong with `raw`: its shape first, then its values. */
export function problemsOf(raw: RawTable): readonly Problem[] {
  const shape = misshapen(raw, [], FileSchema);
  const { issues = [] } = v.safeParse(FileSchema, raw, { abortPipeEarly: true });
  const values = issues.flatMap(explain)
    .filter(({ path }) => !shape.some((problem) => isPrefix(problem.path, path)));
  return [...shape, ...values];
}

// Unknown keys, and anything else where a table must be. valibot names only the first unknown key
// of a table, and takes arrays and dates for tables.
function misshapen(value: unknown, path: KeyPath, schema: v.GenericSchema): readonly Problem[] {
  const item = arrayItem(schema);
  if (item !== null && Array.isArray(value)) {
    return value.flatMap((each, index) => misshapen(each, [...path, index], item));
  }
  const entries = tableEntries(schema);
  if (entries === null) return [];
  if (!isTable(value)) return [notATable(value, path)];
  return Object.keys(value).flatMap((name) => {
    const inner = Object.hasOwn(entries, name) ? entries[name] : undefined;
    const innerPath = [...path, name];
    return inner === undefined
      ? [unknownKey(innerPath, name)]
      : misshapen(value[name], innerPath, inner);
  });
}

function isPrefix(prefix: KeyPath, path: KeyPath): boolean {
  return prefix.every((part, index) => part === path[index]);
}

function notATable(value: unknown, path: KeyPath): Problem {
  const example = typeof path.at(-1) === "number" ? `[[${path[0]}]]` : describeTable(path);
  return {
    path,
    at: "value",
    message: (subject) => `${subject} must be a table, not ${shown(value)}`,
    hint: `Write ${example} on a line of its own, then its keys`,
  };
}

function unknownKey(path: KeyPath, name: string): Problem {
  const table = path.slice(0, -1);
  const nearest = nearestKey(name, table);
  const where = describeTable(table);
  return {
    path,
    at: "key",
    message: () =>
      table.length === 0
        ? `Unknown key ${quote(name)}${nearest}`
        : `Unknown key ${quote(name)} in ${where}${nearest}`,
    hint: nearest === "" ? `Keys of ${where}: ${keysOf(table).join(", ")}` : "",
  };
}

function explain(issue: v.BaseIssue<unknown>): readonly Problem[] {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  if (issue.type === "strict_object") {
    const missing = issue.input === undefined && issue.expected !== "never";
    return missing ? [missingKey(path)] : [];
  }
  const ending = /^must (be|lie)\b/.test(issue.message) ? `, not ${shown(issue.input)}` : "";
  const message = (subject: string) => `${subject} ${issue.message}${ending}`;
  return [{ path, at: "value", message, hint: hintFor(issue, path) }];
}

function missingKey(path: KeyPath): Problem {
  const table = path.slice(0, -1);
  const message = `Missing "${path.at(-1)}" in ${describeTable(table)}`;
  return { path: table, at: "key", message: () => message, hint: "" };
}

function hintFor(issue: v.BaseIssue<unknown>, path: KeyPath): string {
  const { input } = issue;
  const last = path.at(-1);
  if (issue.type === "array") {
    if (isTable(input) && ROW_KEYS.has(String(last))) {
      return `Write [[${last}]] with two brackets on each side`;
    }
    return typeof input === "string" ? `Write ${last} = [${shown(input)}]` : "";
  }
  if (issue.type === "picklist" && typeof input === "string") {
    const near = nearestWord(input, optionsOf(issue));
    if (near !== null) return `Did you mean "${near}"?`;
  }
  if (typeof input === "string" && /must be true or false/.test(issue.message)) {
    return /^(true|false)$/.test(input) ? `Write ${input} without the quotes` : "";
  }
  if (
    typeof input === "string" && /^-?\d+(\.\d+)?$/.test(input) && !issue.message.includes("text")
  ) {
    return `Write ${input} without the quotes`;
  }
  if (issue.type === "string" && typeof input === "number") return `Write "${input}" in quotes`;
  return "";
}

function optionsOf(issue: v.BaseIssue<unknown>): readonly string[] {
  return [...(issue.expected ?? "").matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? "");
}
