// The one table of key, flag and environment variable: every key of the file but the rows of
// `[[…]]` tables has both, named alike. Derived from the schema, so that none can be missing.
import type * as v from "valibot";
import type { KeyPath } from "./key_path.ts";
import { FileSchema } from "./schema.ts";
import { arrayItem, descriptionOf, fallbackOf, tableEntries, unwrap } from "./schema_walk.ts";

/** A key that a flag or an environment variable can set. */
export interface Setting {
  readonly path: KeyPath;
  /** Without the leading dashes: "tftp-port". */
  readonly flag: string;
  /** "BOOTSRV_TFTP_PORT". */
  readonly variable: string;
  /** How text becomes a value; `mixed` is a number or boolean where it looks so, else text. */
  readonly kind: "boolean" | "text" | "mixed" | "list";
  /** The key's sentence, for the help. */
  readonly text: string;
  readonly fallback: unknown;
  /** The only values it takes, or of a list its elements; empty where there are others. */
  readonly values: readonly string[];
}

/** A shorter flag for a setting, or for one value of it. */
export interface Alias {
  readonly flag: string;
  /** The flag of the setting it stands for. */
  readonly for: string;
  /** The value it gives; without one it takes what the setting takes. */
  readonly value?: string;
  readonly text: string;
}

/** Every setting, in the order of the file. */
export const SETTINGS: readonly Setting[] = settingsBelow([], FileSchema);

/** The shorter flags. */
export const ALIASES: readonly Alias[] = [
  {
    flag: "single-port",
    for: "tftp-single-port",
    text: "Answer from the listening port itself (--tftp-single-port).",
  },
  { flag: "port-range", for: "tftp-port-range", text: "Ports to answer from (--tftp-port-range)." },
  {
    flag: "writable",
    for: "upload-enabled",
    text: "Accept uploads to files that exist (--upload-enabled).",
  },
  { flag: "verbose", for: "log-level", value: "debug", text: "Log more (--log-level debug)." },
];

/** Names the file, as `--config` does; it is no key of the file itself. */
export const CONFIG_VARIABLE = "BOOTSRV_CONFIG";

/** Names the file to write once everything listens, as `--ready-file` does. */
export const READY_FILE_VARIABLE = "BOOTSRV_READY_FILE";

/** The environment variable of a flag: "BOOTSRV_TFTP_PORT" of "tftp-port". */
export function variableOf(flag: string): string {
  return `BOOTSRV_${flag.replaceAll("-", "_").toUpperCase()}`;
}

function settingsBelow(path: KeyPath, schema: v.GenericSchema): readonly Setting[] {
  return Object.entries(tableEntries(schema) ?? {}).flatMap(([name, inner]) => {
    const innerPath = [...path, name];
    if (tableEntries(inner) !== null) return settingsBelow(innerPath, inner);
    const item = arrayItem(inner);
    if (item !== null && tableEntries(item) !== null) return [];
    const flag = innerPath.join("-");
    return [{
      path: innerPath,
      flag,
      variable: variableOf(flag),
      kind: kindOf(inner),
      text: descriptionOf(inner),
      fallback: fallbackOf(inner),
      values: valuesOf(item ?? inner),
    }];
  });
}

function kindOf(schema: v.GenericSchema): Setting["kind"] {
  switch (unwrap(schema).type) {
    case "boolean":
      return "boolean";
    case "array":
      return "list";
    case "string":
      return "text";
    default:
      return "mixed";
  }
}

function valuesOf(schema: v.GenericSchema): readonly string[] {
  const inner = unwrap(schema);
  if (inner.type === "union") {
    const { options } = inner as v.UnionSchema<v.GenericSchema[], undefined>;
    const hasFlag = options.some((option) => option.type === "boolean");
    return hasFlag ? ["true", "false", ...options.flatMap(literalsOf)] : [];
  }
  if (inner.type !== "picklist") return [];
  return (inner as v.PicklistSchema<readonly (string | number)[], undefined>).options.map(String);
}

function literalsOf(schema: v.GenericSchema): readonly string[] {
  if (schema.type !== "literal") return [];
  return [String((schema as v.LiteralSchema<string, undefined>).literal)];
}
