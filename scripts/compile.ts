// Builds the single executable with Deno: `deno task compile`. Deno removes what it is to write
// before it fetches its base binary, which may fail: so it writes elsewhere, and the old executable
// stays until there is a new one.
import process from "node:process";
import { run } from "./lib/command.ts";
import { withoutOptions } from "./lib/command_line.ts";
import { BINARY, ROOT } from "./lib/project.ts";
import { replaceFile } from "./lib/replace_file.ts";

const TIMEOUT_MS = 600_000;

withoutOptions("Usage: deno task compile");

try {
  await replaceFile(BINARY, compileTo);
  console.log(`compiled ${BINARY.slice(ROOT.length + 1)}`);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

async function compileTo(outfile: string): Promise<void> {
  const include = ["--include", "src/server/tftp/worker.ts"];
  const args = ["compile", "-A", ...include, "-o", outfile, "main.ts"];
  const { code, output } = await run(process.execPath, args, { timeoutMs: TIMEOUT_MS });
  if (code !== 0) throw new Error(`Cannot compile "${BINARY}":\n${output}`);
}
