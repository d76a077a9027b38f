// Builds the single executable with Bun: `deno task build [--target bun-linux-arm64 …]`. The
// dependencies must be installed (`deno install`).
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { BUN_VERSION, findBun, installBun } from "./lib/bun.ts";
import { run } from "./lib/command.ts";
import { BINARY, ROOT } from "./lib/project.ts";

const MAIN = "main.ts";
const WORKER = "src/server/tftp_worker.ts";

const bun = await bunPath();
for (const target of targets()) await build(target);

/** Builds for one target of `bun build --compile`; null is this machine. */
async function build(target: string | null): Promise<void> {
  const outfile = target === null ? BINARY : `${BINARY}-${target.replace(/^bun-/, "")}`;
  mkdirSync(dirname(outfile), { recursive: true });
  const result = await run(bun, [
    "build",
    "--compile",
    "--minify",
    // Halves the time to start; needs the format named, as the default has no top-level await.
    "--bytecode",
    "--format=esm",
    // The modules of a binary lie flat in its root. With this the worker lies there too, where
    // `new URL("./tftp_worker.ts", import.meta.url)` of src/server finds it.
    `--root=${dirname(WORKER)}`,
    ...(target === null ? [] : [`--target=${target}`]),
    MAIN,
    WORKER,
    `--outfile=${outfile}`,
  ], { timeoutMs: 180_000 });
  if (result.code !== 0) fail(`Cannot build "${outfile}":\n${result.output}`);
  const built = existsSync(outfile) ? outfile : `${outfile}.exe`;
  const mebibytes = (statSync(built).size / 2 ** 20).toFixed(0);
  console.log(`built ${built.slice(ROOT.length + 1)} (${mebibytes} MiB)`);
}

async function bunPath(): Promise<string> {
  const found = process.env.BOOTSRV_BUN ?? await findBun();
  if (found !== null) return found;
  const installed = await installBun();
  if ("path" in installed) return installed.path;
  return fail(`Bun ${BUN_VERSION} is not here. ${installed.why}`);
}

function targets(): (string | null)[] {
  const args = process.argv.slice(2);
  const named = args.filter((_, index) => args[index - 1] === "--target");
  const isRight = args.length === 2 * named.length;
  if (!isRight || !existsSync(join(ROOT, "node_modules"))) {
    return fail("Usage: deno install && deno task build [--target bun-linux-arm64 …]");
  }
  return named.length > 0 ? named : [null];
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
