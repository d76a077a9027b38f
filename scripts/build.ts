// Builds the single executable with Bun: `deno task build`. The dependencies must be installed
// (`deno install`).
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { BUN_VERSION, findBun, installBun } from "./lib/bun.ts";
import { run } from "./lib/command.ts";
import { commandLine } from "./lib/command_line.ts";
import { BINARY, ROOT } from "./lib/project.ts";
import { replaceFile } from "./lib/replace_file.ts";

const MAIN = "main.ts";
const WORKER = "src/server/tftp/worker.ts";

const USAGE = `Usage: deno task build [--target NAME]…

  --target NAME   bun-linux-arm64 and others, as "bun build --compile" has them; this machine`;

const targets: readonly (string | null)[] = commandLine(USAGE, {
  options: { target: { type: "string", multiple: true } },
  read: ({ target }) => target ?? [null],
});
if (!existsSync(join(ROOT, "node_modules"))) fail('Run "deno install" first');
const bun = await bunPath();
for (const target of targets) await build(target);

/** Builds for one target of `bun build --compile`; null is this machine. */
async function build(target: string | null): Promise<void> {
  const outfile = binaryOf(target);
  try {
    await replaceFile(outfile, (temporary) => compile(target, temporary));
  } catch (error) {
    fail((error as Error).message);
  }
  const mebibytes = (statSync(outfile).size / 2 ** 20).toFixed(0);
  console.log(`built ${outfile.slice(ROOT.length + 1)} (${mebibytes} MiB)`);
}

function binaryOf(target: string | null): string {
  const name = target === null ? BINARY : `${BINARY}-${target.replace(/^bun-/, "")}`;
  return /^(bun-)?win/.test(target ?? process.platform) ? `${name}.exe` : name;
}

async function compile(target: string | null, outfile: string): Promise<void> {
  const result = await run(bun, [
    "build",
    "--compile",
    "--minify",
    // Halves the time to start; needs the format named, as the default has no top-level await.
    "--bytecode",
    "--format=esm",
    // The modules of a binary lie flat in its root. With this the worker lies there too, where
    // `new URL("./worker.ts", import.meta.url)` of src/server/tftp finds it.
    `--root=${dirname(WORKER)}`,
    ...(target === null ? [] : [`--target=${target}`]),
    MAIN,
    WORKER,
    `--outfile=${outfile}`,
  ], { timeoutMs: 180_000 });
  if (result.code !== 0) throw new Error(`Cannot build "${outfile}":\n${result.output}`);
}

async function bunPath(): Promise<string> {
  const found = process.env.BOOTSRV_BUN ?? await findBun();
  if (found !== null) return found;
  const installed = await installBun();
  if ("path" in installed) return installed.path;
  return fail(`Bun ${BUN_VERSION} is not here. ${installed.why}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
