// Which configuration file, if any; its text; its text as a table. Faults on the way are values.
import { resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import type { Fault, FaultSource } from "./faults.ts";
import type { RawTable } from "./key_path.ts";
import type { LoadInput } from "./layers.ts";
import { CONFIG_VARIABLE } from "./settings.ts";
import { quote } from "./text.ts";

/** Read where neither a flag nor a variable names a file, and only if it exists. */
export const DEFAULT_FILE = "/etc/bootsrv.toml";

/** What became of the file; with a fault, `raw` is empty. */
export interface ReadLayer {
  /** Absolute, or null where there is no file. */
  readonly file: string | null;
  readonly text: string;
  readonly raw: RawTable;
  readonly faults: readonly Fault[];
}

/** Finds, reads and parses the file. */
export function readLayer(input: LoadInput): ReadLayer {
  const { flags, env, cwd } = input;
  const flag = flags["config"];
  const variable = env[CONFIG_VARIABLE];
  if (typeof flag === "string") {
    return readNamed(resolve(cwd, flag), { input, source: { kind: "flag", name: "--config" } });
  }
  if (variable !== undefined && variable !== "") {
    const source = { kind: "environment", name: CONFIG_VARIABLE } as const;
    return readNamed(resolve(cwd, variable), { input, source });
  }
  return readNamed(DEFAULT_FILE, { input, source: { kind: "default" } });
}

function readNamed(
  file: string,
  { input, source }: { readonly input: LoadInput; readonly source: FaultSource },
): ReadLayer {
  let text: string | null;
  const cannotRead = (why: string): ReadLayer => {
    const message = `Cannot read configuration file ${quote(file)}: ${why}`;
    return { file, text: "", raw: {}, faults: [{ source, message, hint: "" }] };
  };
  try {
    text = input.readFile(file);
  } catch (error) {
    return cannotRead(systemWords(error));
  }
  if (text === null) {
    if (source.kind !== "default") return cannotRead("no such file");
    return { file: null, text: "", raw: {}, faults: [] };
  }
  return parseText(file, text.replace(/^\uFEFF/, ""));
}

function parseText(file: string, text: string): ReadLayer {
  try {
    return { file, text, raw: parse(text), faults: [] };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { file, text: "", raw: {}, faults: [syntaxFault(file, { text, error })] };
  }
}

function syntaxFault(
  file: string,
  { text, error }: { readonly text: string; readonly error: TomlError },
): Fault {
  const words = (error.message.split("\n")[0] ?? "").replace(/^Invalid TOML document: /, "");
  return {
    source: {
      kind: "file",
      file,
      line: error.line,
      column: error.column,
      text: text.split(/\r?\n/)[error.line - 1] ?? "",
      length: 1,
    },
    message: `Cannot parse TOML: ${words}`,
    hint: /escape/.test(words)
      ? "Write regular expressions and backslashes between single quotes: match = '^\\w+$'"
      : "",
  };
}

function systemWords(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a directory";
    default:
      return code === "" ? String(error instanceof Error ? error.message : error) : code;
  }
}
