// The configuration an importer writes: keys, rows and remarks, printed as TOML with a comment on
// where each came from. It knows nothing of the daemons.
import * as v from "valibot";
import { literal } from "../config/print.ts";
import { FileSchema } from "../config/schema.ts";
import { arrayItem, tableEntries } from "../config/schema_walk.ts";

/** A line or option of the other daemon that has no equal here. */
export interface Note {
  /** File or "command line". */
  readonly source: string;
  /** From 1; 0 where there are no lines. */
  readonly line: number;
  /** The line or option as it was written. */
  readonly text: string;
  /** Why there is no equal: a sentence without its full stop. */
  readonly why: string;
  /** What could be done instead, or "". */
  readonly hint: string;
}

/** Where something stands in the other daemon's configuration. */
export type Place = Pick<Note, "source" | "line" | "text">;

type Value = string | number | boolean | readonly string[];

/** Collects what an importer finds. */
export class Draft {
  readonly #keys = new Map<string, { readonly value: Value; readonly comment: string }>();
  readonly #rows: (
    | { readonly kind: "row"; readonly table: string; readonly lines: readonly string[] }
    | { readonly kind: "note"; readonly note: Note }
  )[] = [];
  readonly #notes: Note[] = [];
  readonly #head: string[] = [];

  /**
   * Sets a key such as "tftp.port"; a later value replaces an earlier one. What the key cannot
   * hold becomes a note.
   */
  set(key: string, value: Value, comment = "") {
    const fault = faultIn(schemaOf(key), value);
    if (fault === "") this.#keys.set(key, { value, comment });
    else this.note({ source: comment || key, line: 0, text: String(value) }, `"${key}" ${fault}`);
  }

  /** Whether `key` was set. */
  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** What `key` was set to. */
  value(key: string): Value | undefined {
    return this.#keys.get(key)?.value;
  }

  /**
   * Adds a row such as [[rewrite]]; keys that are undefined are left out. A row that would not
   * load becomes a note.
   */
  row(table: string, fields: Readonly<Record<string, Value | undefined>>, place: Place) {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    const schema = arrayItem(schemaOf(table) ?? FileSchema);
    const fault = faultIn(schema, Object.fromEntries(given));
    if (fault !== "") {
      return this.note(place, `A row of [[${table}]] cannot be made of it: ${fault}`);
    }
    const lines = Object.entries(fields).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key} = ${literal(value)}`]
    );
    this.#rows.push({ kind: "row", table, lines: [commented(where(place)), ...lines] });
  }

  /** Names something that has no equal. Notes on rules stand among the rules. */
  note(place: Place, why: string, hint = "") {
    const note = { ...place, why, hint };
    this.#notes.push(note);
    this.#rows.push({ kind: "note", note });
  }

  /** Adds a comment at the head, for what is no key: how the server is to be started. */
  head(text: string) {
    this.#head.push(text);
  }

  /** All notes, in the order they were made. */
  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** The TOML, beginning with `title` as a comment. */
  print(title: string): string {
    const lines = [title, ...this.#head].map(commented);
    const tables = new Map<string, string[]>();
    for (const [key, { value, comment }] of this.#keys) {
      const dot = key.lastIndexOf(".");
      const table = dot < 0 ? "" : key.slice(0, dot);
      const text = `${key.slice(dot + 1)} = ${literal(value)}`;
      const known = tables.get(table) ?? [];
      known.push(comment === "" ? text : `${text}  ${commented(comment)}`);
      tables.set(table, known);
    }
    lines.push(...tables.get("") ?? []);
    for (const [table, keys] of tables) {
      if (table !== "") lines.push("", `[${table}]`, ...keys);
    }
    for (const entry of this.#rows) {
      lines.push("");
      if (entry.kind === "row") lines.push(`[[${entry.table}]]`, ...entry.lines);
      else lines.push(...describeNote(entry.note).split("\n").map(commented));
    }
    return `${lines.join("\n")}\n`;
  }
}

function schemaOf(key: string): v.GenericSchema | null {
  let schema: v.GenericSchema | null = FileSchema;
  for (const part of key.split(".")) schema = tableEntries(schema ?? FileSchema)?.[part] ?? null;
  return schema;
}

/** The end of a sentence that says what is wrong, or "". */
function faultIn(schema: v.GenericSchema | null, value: unknown): string {
  if (schema === null) return "is no key";
  if (!wellFormed(value)) return "is not valid Unicode";
  const parsed = v.safeParse(schema, value);
  const issue = parsed.issues?.[0];
  if (issue === undefined) return "";
  const path = (issue.path ?? []).map(({ key }) => `"${key}" `).join("");
  return path + issue.message;
}

// Half of a surrogate pair has no place in TOML, or in a name.
function wellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  return typeof value !== "object" || value === null || Object.values(value).every(wellFormed);
}

/** A note in words, the hint on a line of its own: `FILE:3: line: why`. */
export function describeNote(note: Note): string {
  const hint = note.hint === "" ? "" : `\n  ${note.hint}`;
  return printable(`${where(note)}: ${note.why}`) + hint;
}

/** `FILE:3: text`, or `command line: text`. */
function where({ source, line, text }: Place): string {
  return `${line === 0 ? source : `${source}:${line}`}: ${text.trim()}`;
}

function commented(text: string): string {
  return `# ${printable(text)}`;
}

// A rule file may hold anything, and a comment of TOML no control character but the tab.
function printable(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]/gu, (char) => char === "\t" ? " " : "?");
}
