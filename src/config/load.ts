// From flags, environment and file to one configuration, or to every fault in them. Reads the
// file through a function it is given, and never opens what the configuration names.
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { problemsOf } from "./check.ts";
import type { Config } from "./config.ts";
import { conflictsOf } from "./conflicts.ts";
import { fromFile } from "./convert.ts";
import type { Fault } from "./faults.ts";
import { isTable, type KeyPath, pathKey, type RawTable, valueAt } from "./key_path.ts";
import { environmentLayer, flagLayer, type LoadInput, overlay } from "./layers.ts";
import { locate, type Located, type Origin } from "./locate.ts";
import { readLayer } from "./read_layer.ts";
import { type FileConfig, FileSchema } from "./schema.ts";
import { READY_FILE_VARIABLE } from "./settings.ts";

/** A configuration, or at least one fault. */
export type Loaded =
  | {
    readonly kind: "config";
    /** `root` is "" where nothing gave one: serving needs one, checking does not. */
    readonly config: Config;
    /** Absolute path of the file read, or null for none. */
    readonly file: string | null;
    readonly sources: Sources;
  }
  | { readonly kind: "faults"; readonly faults: readonly Fault[] };

/** By dotted key ("tftp.port"), what set it: "--tftp-port", "BOOTSRV_TFTP_PORT" or the file. */
export type Sources = ReadonlyMap<string, string>;

/**
 * Loads the configuration: flags beat environment beats file beats defaults. The file is the one
 * of `--config` or BOOTSRV_CONFIG, else /etc/bootsrv.toml if it exists. Never rejects for
 * anything in its input: that comes back as faults.
 */
export async function loadConfig(input: LoadInput): Promise<Loaded> {
  const read = readLayer(input);
  const flags = flagLayer(input.flags);
  const environment = environmentLayer(input.env);
  // In the order in which they give way to each other.
  const origins: readonly Origin[] = [
    { kind: "file", raw: read.raw, file: read.file ?? "", text: read.text },
    environment,
    flags,
  ];
  const checked = origins.map(checkOrigin);
  const merged = checked.reduce<RawTable>((under, { clean }) => overlay(under, clean), {});
  const config = toConfig(merged, { input, file: read.file, origins: checked });
  const problems = checked.flatMap(({ located }) => located);
  if (read.faults.length === 0) {
    problems.push(...locatedConflicts(config, { problems, origins }));
  }
  const faults = [...read.faults, ...await locate(problems)];
  if (faults.length > 0) return { kind: "faults", faults };
  return { kind: "config", config, file: read.file, sources: sourcesOf(origins) };
}

interface Checked {
  readonly origin: Origin;
  readonly located: readonly Located[];
  /** The layer without whatever is wrong in it, so that the rest can be looked at together. */
  readonly clean: RawTable;
}

function checkOrigin(origin: Origin): Checked {
  const located = problemsOf(origin.raw).map((problem): Located => ({ ...problem, origin }));
  const clean = located.reduce((raw, problem) => without(raw, problem.path), origin.raw);
  return { origin, located, clean };
}

interface Context {
  readonly input: LoadInput;
  readonly file: string | null;
  readonly origins: readonly Checked[];
}

function toConfig(merged: RawTable, { input, file, origins }: Context): Config {
  const whole: FileConfig = v.parse(FileSchema, merged);
  const program = whole.hooks["transfer-end"];
  const fromFolder = (...path: readonly string[]) => {
    const [fileLayer, ...others] = origins;
    const has = ({ clean }: Checked) => valueAt(clean, path) !== undefined;
    const inFile = fileLayer !== undefined && has(fileLayer) && !others.some(has);
    return inFile && file !== null ? dirname(file) : input.cwd;
  };
  const readyFile = input.flags["ready-file"] ?? input.env[READY_FILE_VARIABLE] ?? "";
  return fromFile({
    ...whole,
    root: whole.root === "" ? "" : resolve(fromFolder("root"), whole.root),
    search: whole.search.map((folder) => resolve(fromFolder("search"), folder)),
    hooks: {
      ...whole.hooks,
      "transfer-end": program === "" ? "" : resolve(fromFolder("hooks", "transfer-end"), program),
    },
    mount: whole.mount.map((mount) => ({
      ...mount,
      path: resolve(fromFolder("mount"), mount.path),
    })),
  }, typeof readyFile === "string" && readyFile !== "" ? resolve(input.cwd, readyFile) : "");
}

// A conflict that involves a faulty key may vanish with the fault, so it waits for the next run.
function locatedConflicts(
  config: Config,
  { problems, origins }: {
    readonly problems: readonly Located[];
    readonly origins: readonly Origin[];
  },
): readonly Located[] {
  return conflictsOf(config)
    .filter((conflict) =>
      ![conflict.path, ...conflict.with].some((path) =>
        problems.some((problem) => related(problem.path, path))
      )
    )
    .map((conflict): Located => {
      // Point at the key that was set last, as that is what broke the peace.
      const paths = [conflict.path, ...conflict.with];
      const setter = origins.findLast((origin) => paths.some((path) => sets(origin, path)));
      const path = paths.find((each) => setter !== undefined && sets(setter, each));
      return {
        path: path ?? conflict.path,
        at: "value",
        message: (subject) =>
          setter === undefined || setter.kind === "file"
            ? conflict.message
            : `${subject}: ${conflict.message}`,
        hint: conflict.hint,
        origin: setter ?? null,
      };
    });
}

function sets(origin: Origin, path: KeyPath): boolean {
  let value: unknown = origin.raw;
  for (const part of path) {
    if (typeof part === "number") return true;
    if (!isTable(value) || !Object.hasOwn(value, part)) return false;
    value = value[part];
  }
  return true;
}

function related(a: KeyPath, b: KeyPath): boolean {
  const length = Math.min(a.length, b.length);
  return pathKey(a.slice(0, length)) === pathKey(b.slice(0, length));
}

// A copy without the key at `path`, or without the whole array that `path` leads into.
function without(raw: RawTable, path: KeyPath): RawTable {
  const [first, ...rest] = path;
  if (typeof first !== "string" || !Object.hasOwn(raw, first)) return raw;
  const { [first]: value, ...others } = raw;
  if (rest.length === 0 || typeof rest[0] === "number" || !isTable(value)) return others;
  return { ...others, [first]: without(value, rest) };
}

function sourcesOf(origins: readonly Origin[]): Sources {
  const sources = new Map<string, string>();
  for (const origin of origins) {
    const visit = (table: RawTable, path: readonly string[]) => {
      for (const [key, value] of Object.entries(table)) {
        const inner = [...path, key];
        if (isTable(value)) visit(value, inner);
        else sources.set(inner.join("."), nameOf(origin, inner));
      }
    };
    visit(origin.raw, []);
  }
  return sources;
}

function nameOf(origin: Origin, path: KeyPath): string {
  return origin.kind === "file" ? origin.file : origin.names.get(pathKey(path)) ?? "";
}
