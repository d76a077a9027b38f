// The command line and nothing else: arguments in, exit code out.
import process from "node:process";
import { run } from "./src/cli/program.ts";

process.exitCode = await run(process.argv.slice(2));
