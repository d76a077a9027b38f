// Loading the configuration for a command: the real environment, the real disk, faults printed.
import { readFileSync } from "node:fs";
import process from "node:process";
import type { Config } from "../config/config.ts";
import { renderFaults } from "../config/faults.ts";
import type { Flags } from "../config/layers.ts";
import { loadConfig, type Loaded } from "../config/load.ts";
import { strangeVariables } from "../config/strange_variables.ts";
import { colorful, complain } from "./outcome.ts";

const NO_ROOT = `No folder to serve is given. Name one in any of these ways:
  bootsrv --root /srv/boot
  BOOTSRV_ROOT=/srv/boot bootsrv
  root = "/srv/boot" in /etc/bootsrv.toml, or in the file that --config names
`;

/** A configuration that loaded. */
export type Good = Extract<Loaded, { kind: "config" }>;

/** Loads with the flags given, this process's environment and working directory. */
export function loadWith(flags: Flags): Promise<Loaded> {
  return loadConfig({ flags, env: process.env, cwd: process.cwd(), readFile: readIfThere });
}

/** Loads; null where that failed, once the faults are on standard error. */
export async function loadOrComplain(flags: Flags): Promise<Good | null> {
  const loaded = await loadWith(flags);
  if (loaded.kind === "config") return loaded;
  complain(renderFaults(loaded.faults, { color: colorful() }));
  complainOfVariables();
  return null;
}

/** Prints what is set in the environment and sets nothing. */
export function complainOfVariables(): void {
  for (const text of variableWarnings()) complain(`warning: ${text}\n`);
}

/** A sentence for each environment variable that looks like ours and sets nothing. */
export function variableWarnings(): readonly string[] {
  return strangeVariables(process.env);
}

/** Loads for a command that needs the tree: without a root, says how to give one, gives null. */
export async function loadRooted(flags: Flags): Promise<Good | null> {
  const loaded = await loadOrComplain(flags);
  if (loaded === null || loaded.config.root !== "") return loaded;
  complain(NO_ROOT);
  complainOfVariables();
  return null;
}

/** Loads once more for a running server; faults come back as text, for its log. */
export async function loadAgain(
  flags: Flags,
): Promise<
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "faults"; readonly text: string }
> {
  try {
    const loaded = await loadWith(flags);
    if (loaded.kind === "config") return loaded;
    return { kind: "faults", text: renderFaults(loaded.faults, { color: false }) };
  } catch (error) {
    return { kind: "faults", text: error instanceof Error ? error.message : String(error) };
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
