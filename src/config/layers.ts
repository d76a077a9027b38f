// Flags and environment variables as tables in the shape of the file, so that all three layers
// pass the same checks; and laying one over the other.
import { isTable, type KeyPath, pathKey, type RawTable } from "./key_path.ts";
import { ALIASES, type Setting, SETTINGS, variableOf } from "./settings.ts";

/** Flags by name without dashes, as typed: "tftp-port". A flag without a value is a boolean. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[]>>;

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** All that a configuration is made from. */
export interface LoadInput {
  readonly flags: Flags;
  readonly env: Environment;
  /** Absolute; what relative paths in flags and variables are relative to. */
  readonly cwd: string;
  /** The text of a file, null if there is none. May throw, like `readFileSync`. */
  readFile(path: string): string | null;
}

/** Values for some keys, and what each of them was called where it came from. */
export interface Layer {
  readonly kind: "flag" | "environment";
  readonly raw: RawTable;
  /** By `pathKey`: "--tftp-port", "BOOTSRV_TFTP_PORT". */
  readonly names: ReadonlyMap<string, string>;
}

/** The layer that the flags make; names that stand for no key are passed over. */
export function flagLayer(flags: Flags): Layer {
  const layer = emptyLayer("flag");
  for (const alias of ALIASES) {
    const given = flags[alias.flag];
    const setting = SETTINGS.find((each) => each.flag === alias.for);
    if (given === undefined || given === false || setting === undefined) continue;
    put(layer, setting, { value: alias.value ?? given, name: `--${alias.flag}` });
  }
  for (const setting of SETTINGS) {
    const given = flags[setting.flag];
    if (given === undefined) continue;
    const name = given === false ? `--no-${setting.flag}` : `--${setting.flag}`;
    put(layer, setting, { value: given, name });
  }
  return layer;
}

/** The layer that the environment makes; an empty variable counts as unset. */
export function environmentLayer(env: Environment): Layer {
  const layer = emptyLayer("environment");
  for (const alias of ALIASES) {
    const name = variableOf(alias.flag);
    const given = env[name];
    const setting = SETTINGS.find((each) => each.flag === alias.for);
    if (given === undefined || given === "" || setting === undefined) continue;
    if (alias.value === undefined) put(layer, setting, { value: given, name });
    else if (!NO.test(given.trim())) put(layer, setting, { value: alias.value, name });
  }
  for (const setting of SETTINGS) {
    const given = env[setting.variable];
    if (given === undefined || given === "") continue;
    const value = setting.kind === "list" ? given.split(",").map((part) => part.trim()) : given;
    put(layer, setting, { value, name: setting.variable });
  }
  return layer;
}

/** `over` laid on `under`: tables key by key, anything else replaced. Neither is changed. */
export function overlay(under: RawTable, over: RawTable): RawTable {
  const result: RawTable = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(under, key) ? under[key] : undefined;
    result[key] = isTable(value) && isTable(below) ? overlay(below, value) : value;
  }
  return result;
}

const NO = /^(false|no|off|0)$/i;

type MutableLayer = Layer & { readonly names: Map<string, string> };

function emptyLayer(kind: Layer["kind"]): MutableLayer {
  return { kind, raw: {}, names: new Map() };
}

interface Given {
  readonly value: string | boolean | readonly string[];
  readonly name: string;
}

function put(layer: MutableLayer, setting: Setting, given: Given): void {
  setAt(layer.raw, setting.path, typed(setting, given.value));
  layer.names.set(pathKey(setting.path), given.name);
}

// Text that does not fit is left as it is: the schema then says what would.
function typed(setting: Setting, given: Given["value"]): unknown {
  if (typeof given === "object") return setting.kind === "list" ? [...given] : given.at(-1);
  if (setting.kind === "list") return [given];
  if (typeof given === "boolean" || setting.kind === "text") return given;
  const word = given.trim();
  if (setting.kind === "boolean") {
    if (/^(true|yes|on|1)$/i.test(word)) return true;
    return NO.test(word) ? false : given;
  }
  if (/^(true|false)$/.test(word)) return word === "true";
  return /^-?\d+(\.\d+)?$/.test(word) ? Number(word) : given;
}

function setAt(raw: RawTable, path: KeyPath, value: unknown): void {
  let table = raw;
  for (const part of path.slice(0, -1)) {
    const inner = table[String(part)];
    table = isTable(inner) ? inner : (table[String(part)] = {}) as RawTable;
  }
  table[String(path.at(-1))] = value;
}
