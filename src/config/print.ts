// The effective configuration as TOML: every key, in the order of the schema, such that reading
// it back gives the same configuration.
import type { Config } from "./config.ts";
import { toFile } from "./convert.ts";
import { isTable, type RawTable } from "./key_path.ts";
import type { Sources } from "./load.ts";
import { FileSchema } from "./schema.ts";
import { arrayItem, tableEntries } from "./schema_walk.ts";
import type * as v from "valibot";

/** What may be added to the text. */
export interface PrintOptions {
  /** Adds a comment to each key that a flag, a variable or the file has set. */
  readonly sources?: Sources;
}

/** The TOML for `config`, ending in a newline. `readyFile` is no key of the file. */
export function printConfig(config: Config, options: PrintOptions = {}): string {
  const lines: string[] = [];
  const file: RawTable = { ...toFile(config) };
  printTable(file, { path: [], schema: FileSchema, lines, sources: options.sources ?? new Map() });
  return `${lines.join("\n")}\n`;
}

interface Printing {
  readonly path: readonly string[];
  readonly schema: v.GenericSchema;
  readonly lines: string[];
  readonly sources: Sources;
}

// Plain keys come first: in TOML they would else belong to the table above them.
function printTable(table: RawTable, printing: Printing): void {
  const entries = Object.entries(tableEntries(printing.schema) ?? {});
  for (const [key, schema] of entries) {
    const value = table[key];
    if (!isPlain(schema) || value === undefined) continue;
    printKey([...printing.path, key], { value, printing });
  }
  for (const [key, schema] of entries) {
    const value = table[key];
    const path = [...printing.path, key];
    if (isTable(value)) {
      printing.lines.push("", `[${path.join(".")}]`);
      printTable(value, { ...printing, path, schema });
    } else if (!isPlain(schema) && Array.isArray(value)) {
      printRows(value, { ...printing, path, schema });
    }
  }
}

function printRows(rows: readonly unknown[], printing: Printing): void {
  const schema = arrayItem(printing.schema);
  for (const row of rows) {
    if (schema === null || !isTable(row)) continue;
    printing.lines.push("", `[[${printing.path.join(".")}]]`);
    printTable(row, { ...printing, schema, sources: new Map() });
  }
}

function printKey(
  path: readonly string[],
  { value, printing }: { readonly value: unknown; readonly printing: Printing },
): void {
  const source = printing.sources.get(path.join("."));
  const comment = source === undefined ? "" : `  # ${source.replace(/\p{Cc}/gu, " ")}`;
  printing.lines.push(`${path.at(-1)} = ${literal(value)}${comment}`);
}

function isPlain(schema: v.GenericSchema): boolean {
  const item = arrayItem(schema);
  return tableEntries(item ?? schema) === null;
}

/** A text, number, boolean or list of them as TOML. */
export function literal(value: unknown): string {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return String(value);
}

// Between single quotes nothing is an escape, which suits patterns; where that cannot be, a basic
// string, whose escapes are those of JSON except for DEL.
function text(value: string): string {
  if (value.includes("\\") && !/['\p{Cc}\p{Cs}]/u.test(value)) return `'${value}'`;
  return JSON.stringify(value).replaceAll("\x7f", "\\u007f");
}
