// Runs the real program, on the runtime that runs the tests.
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { PATIENCE_MS } from "../patience.ts";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "main.ts");

/** What a run left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and in which environment to run. */
export interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Given on standard input, which is empty else. */
  readonly input?: string;
}

/** Runs `bootsrv` with these arguments; variables of ours are not inherited. */
export function bootsrv(args: readonly string[], place: Place = {}): Promise<Ran> {
  const runtime = process.versions.bun === undefined
    ? ["run", "--quiet", "-A", "--no-check", MAIN]
    : [MAIN];
  const inherited = Object.entries(process.env)
    .filter(([name]) => !name.startsWith("BOOTSRV_") && name !== "FORCE_COLOR");
  const env = { ...Object.fromEntries(inherited), NO_COLOR: "1", ...place.env };
  return new Promise((resolve) => {
    const options = { cwd: place.cwd ?? process.cwd(), env, timeout: PATIENCE_MS };
    execFile(process.execPath, [...runtime, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    }).stdin?.end(place.input ?? "");
  });
}
