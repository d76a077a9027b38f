// Finds the second runtime, Bun, in the one version we test with, or fetches it from npm. The
// package "bun" needs its postinstall script to work, so the package with the executable itself
// is taken, through Deno's own installer: npm may be absent.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { run, which } from "./command.ts";
import { CACHE } from "./project.ts";

export const BUN_VERSION = "1.4.5";

/** Path of a Bun of the right version, or null. Starts it once where it is found on PATH. */
export async function findBun(): Promise<string | null> {
  const onPath = which("bun");
  if (onPath !== null) {
    const { output } = await run(onPath, ["--version"]);
    if (output.trim() === BUN_VERSION) return onPath;
  }
  return existsSync(CACHED) ? CACHED : null;
}

/** Fetches Bun into the cache; gives its path or the reason why not. */
export async function installBun(): Promise<{ readonly path: string } | { readonly why: string }> {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(
    join(FOLDER, "deno.json"),
    JSON.stringify({
      nodeModulesDir: "auto",
      lock: false,
      imports: { bun: `npm:${PACKAGE}@${BUN_VERSION}` },
    }),
  );
  const result = await run(process.execPath, ["install"], { cwd: FOLDER, timeoutMs: 300_000 });
  if (existsSync(CACHED)) return { path: CACHED };
  return { why: `Cannot install "${PACKAGE}": ${result.output.trim().split("\n").at(-1)}` };
}

const FOLDER = join(CACHE, `bun-${BUN_VERSION}`);
const PACKAGE = packageName();
const CACHED = join(FOLDER, "node_modules", PACKAGE, "bin", "bun");

function packageName(): string {
  const arch = process.arch === "arm64" ? "aarch64" : "x64";
  return `@oven/bun-${process.platform}-${arch}${needsBaseline() ? "-baseline" : ""}`;
}

/** Bun's default build for x64 needs AVX2. */
function needsBaseline(): boolean {
  if (process.platform !== "linux" || process.arch !== "x64") return false;
  try {
    return !readFileSync("/proc/cpuinfo", "utf8").includes(" avx2 ");
  } catch {
    return true;
  }
}
