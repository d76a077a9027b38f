// Checks the house rules over main.ts, src, tests and scripts: `deno task tidy`. Prints one
// `path:line: message` for each broken rule and exits with 1 if there is any.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { withoutOptions } from "./lib/command_line.ts";
import { tidy } from "./tidy/check.ts";

const ROOT = join(import.meta.dirname!, "..");
const FOLDERS = ["src", "tests", "scripts"];

withoutOptions("Usage: deno task tidy");
const sources = readSources();
const faults = tidy(sources);
for (const fault of faults) console.log(`${fault.path}:${fault.line}: ${fault.message}`);
console.log(`tidy: ${sources.size} files, ${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;

function readSources(): Map<string, string> {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
  );
  return new Map(
    ["main.ts", ...paths].map((path) => [path, readFileSync(join(ROOT, path), "utf8")]),
  );
}
