// Loading a configuration from texts, for the tests of this folder.
import assert from "node:assert/strict";
import type { Config } from "../../src/config/config.ts";
import { type Fault, faultLine } from "../../src/config/faults.ts";
import type { Environment, Flags } from "../../src/config/layers.ts";
import { loadConfig, type Loaded } from "../../src/config/load.ts";

/** What the file, the flags and the environment hold; nothing by default. */
export interface Given {
  readonly file?: string;
  readonly flags?: Flags;
  readonly env?: Environment;
}

/** Loads with the file at /etc/boot/c.toml and the working directory /home. */
export function load({ file, flags = {}, env = {} }: Given): Promise<Loaded> {
  const texts: Readonly<Record<string, string | undefined>> = { "/etc/boot/c.toml": file };
  return loadConfig({
    flags: file === undefined ? flags : { config: "/etc/boot/c.toml", ...flags },
    env,
    cwd: "/home",
    readFile: (path) => texts[path] ?? null,
  });
}

/** The configuration, where there must be one. */
export async function loadGood(given: Given): Promise<Config> {
  const loaded = await load(given);
  assert.equal(
    loaded.kind,
    "config",
    loaded.kind === "faults" ? loaded.faults.map(faultLine).join("\n") : "",
  );
  return (loaded as Extract<Loaded, { kind: "config" }>).config;
}

/** The faults, where there must be some. */
export async function loadBad(given: Given): Promise<readonly Fault[]> {
  const loaded = await load(given);
  assert.equal(loaded.kind, "faults");
  return loaded.kind === "faults" ? loaded.faults : [];
}

/** Faults as "line:column message", or "flag message" where there is no line. */
export function brief(faults: readonly Fault[]): readonly string[] {
  return faults.map(({ source, message }) =>
    source.kind === "file"
      ? `${source.line}:${source.column} ${message}`
      : `${source.kind} ${message}`
  );
}
