// Runs an importer on texts and checks that what it prints loads.
import assert from "node:assert/strict";
import type { RewriteConfig } from "../../src/config/config.ts";
import { loadConfig, type Loaded } from "../../src/config/load.ts";
import { describeNote } from "../../src/import/draft.ts";
import { type DaemonName, importFrom } from "../../src/import/import.ts";

/** What to import; files by name. */
export interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: string;
  readonly release?: string;
  /** Files that only a command line names. */
  readonly disk?: Readonly<Record<string, string>>;
}

/** What came of it. */
export interface Came {
  readonly toml: string;
  /** `file:line why` for each note. */
  readonly notes: readonly string[];
  readonly config: Extract<Loaded, { kind: "config" }>["config"];
}

/** Imports, and fails unless the TOML loads without a fault. */
export async function imported(daemon: DaemonName, given: Given): Promise<Came> {
  const { files = {}, args = null, release = "", disk = {} } = given;
  const { toml, notes } = importFrom(daemon, {
    files: Object.entries(files).map(([source, text]) => ({ source, text })),
    args,
    release,
    readFile: (path) => disk[path] ?? null,
  });
  const loaded = await load(toml);
  for (const note of notes) {
    const [first = ""] = describeNote(note).split("\n");
    assert.ok(toml.includes(first), `"${first}" is no comment`);
  }
  return {
    toml,
    notes: notes.map(({ source, line, why }) => `${source}:${line} ${why}`),
    config: loaded,
  };
}

async function load(toml: string) {
  const read = () => toml;
  const loaded = await loadConfig({ flags: { config: "c" }, env: {}, cwd: "/", readFile: read });
  if (loaded.kind === "config") return loaded.config;
  assert.fail(`${loaded.faults.map(({ message }) => message).join("\n")}\n${toml}`);
}

/** The fields of each rule that differ from those of a rule that says nothing. */
export function told(rules: readonly RewriteConfig[]): readonly Partial<RewriteConfig>[] {
  return rules.map((rule) =>
    Object.fromEntries(
      Object.entries(rule).filter(([key, value]) =>
        !(value === false || value === "" || (Array.isArray(value) && value.length === 0)) &&
        !PLAIN.includes(`${key}=${value}`)
      ),
    )
  );
}

const PLAIN = ["replaceWhat=name", "when=always", "via=any", "family=any"];
