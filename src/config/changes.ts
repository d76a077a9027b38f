// What is different between two configurations, key by key, for the log of a reload.
import type { Config } from "./config.ts";
import { toFile } from "./convert.ts";
import { isTable } from "./key_path.ts";
import { literal } from "./print.ts";
import { FileSchema } from "./schema.ts";
import { arrayItem, fallbackOf, tableEntries } from "./schema_walk.ts";

/** One key, with its values as they are written in the file. */
export interface Change {
  /** "tftp.windowsize-max"; for the rows of a table "[[rewrite]] 2". */
  readonly key: string;
  /** "" where there was, or is, no such row. */
  readonly from: string;
  readonly to: string;
  /** Only a restart brings it about: sockets, threads and the user are as they are. */
  readonly needsRestart: boolean;
}

/** Every key that differs, in the order of the file. Values are cut to one short line. */
export function changesOf(before: Config, after: Config): readonly Change[] {
  const changes: Change[] = [];
  compare({ ...toFile(before) }, { ...toFile(after) }, { path: [], changes });
  return changes;
}

/** `tftp.windowsize-max: 64 -> 16`. */
export function changeText({ key, from, to }: Change): string {
  if (from === "") return `${key}: added: ${to}`;
  return to === "" ? `${key}: removed: ${from}` : `${key}: ${from} -> ${to}`;
}

/** What is read once, when the server starts. */
const FIXED: ReadonlySet<string> = new Set([
  ...["address", "user", "group", "chroot", "umask", "http.port"],
  ...["tftp.port", "tftp.single-port", "tftp.port-range", "tftp.driver", "tftp.workers"],
  "tftp.trace",
  ...["tftp.multicast.ttl", "limits.http-connections-max"],
]);
const VALUE_CHARS_MAX = 80;

type Table = Readonly<Record<string, unknown>>;

interface Comparing {
  readonly path: readonly string[];
  readonly changes: Change[];
}

function compare(before: Table, after: Table, { path, changes }: Comparing): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, young] = [before[key], after[key]];
    const inner = [...path, key];
    const name = inner.join(".");
    const needsRestart = FIXED.has(name);
    if (isTable(old) && isTable(young)) {
      compare(old, young, { path: inner, changes });
    } else if (isRows(old) && isRows(young)) {
      for (let row = 0; row < Math.max(old.length, young.length); row++) {
        const [from, to] = [rowText(name, old[row]), rowText(name, young[row])];
        if (from === to) continue;
        changes.push({ key: `[[${name}]] ${row + 1}`, ...shortened(from, to), needsRestart });
      }
    } else {
      const [from, to] = [literal(old), literal(young)];
      if (from !== to) changes.push({ key: name, ...shortened(from, to), needsRestart });
    }
  }
}

function isRows(value: unknown): value is readonly Table[] {
  return Array.isArray(value) && value.every(isTable);
}

// A row has many keys, most of which say what they say by default.
function rowText(name: string, row: Table | undefined): string {
  if (row === undefined) return "";
  const schema = tableEntries(FileSchema)?.[name];
  const item = schema === undefined ? null : arrayItem(schema);
  const schemas = (item === null ? null : tableEntries(item)) ?? {};
  const keys = Object.entries(row).filter(([key, value]) => {
    const schema = schemas[key];
    const usual = schema === undefined ? undefined : fallbackOf(schema);
    return value !== undefined && (usual === undefined || literal(value) !== literal(usual));
  });
  return `{ ${keys.map(([key, value]) => `${key} = ${literal(value)}`).join(", ")} }`;
}

/** Both from a little before where they begin to differ, if they are long. */
function shortened(from: string, to: string): { readonly from: string; readonly to: string } {
  const longest = Math.max(from.length, to.length);
  if (longest <= VALUE_CHARS_MAX) return { from, to };
  let same = 0;
  while (from !== "" && to !== "" && from[same] === to[same]) same++;
  const start = Math.max(0, Math.min(same - 20, longest - VALUE_CHARS_MAX));
  const cut = (text: string) => {
    const piece = text.slice(start, start + VALUE_CHARS_MAX);
    const head = start > 0 && text !== "" ? "…" : "";
    return head + piece + (start + VALUE_CHARS_MAX < text.length ? "…" : "");
  };
  return { from: cut(from), to: cut(to) };
}
