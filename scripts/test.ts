// The one test command: `deno task test` runs everything, `deno task check` (--quick) the gates
// and the unit tests under Deno. Ends with one line, "N passed, N failed", where each gate counts
// as one test, and exits with 1 where anything failed or nothing ran.
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { findBun } from "./lib/bun.ts";
import { commandLine } from "./lib/command_line.ts";
import type { Counts } from "./lib/junit.ts";
import { BINARY, inCi, ROOT } from "./lib/project.ts";
import { type Allowance, runInside, runStage, type Stage } from "./lib/stage.ts";
import { describeMissing, setup } from "./setup.ts";

const DENO = process.execPath;
const MINUTE_MS = 60_000;
/** More than this many unsteady files in a run is a fault of its own. */
const allowance: Allowance = { left: 3, unsteady: [] };
/** Needs the binary. */
const BINARY_TEST = "./tests/interop/binary_test.ts";
/** Those that tell the UDP drivers apart. */
const DRIVER_TESTS = ["./tests/interop/clients_test.ts", "./tests/interop/loss_test.ts"];
/** The folders whose tests have real clocks, sockets, disks or programs; others have none. */
const REAL = ["cli", "client", "http", "interop", "net", "scripts", "server", "storage", "sys"];

// So that what runs at that moment is ended too.
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

const USAGE = `Usage: deno task test [--quick]

  --quick   the gates and the unit tests only, as "deno task check"`;

const { quick } = commandLine(USAGE, {
  options: { quick: { type: "boolean", default: false } },
  read: (values) => values,
});
const all = quick ? await quickRun() : await fullRun();
const passed = all.reduce((sum, counts) => sum + counts.passed, 0);
const failed = all.reduce((sum, counts) => sum + counts.failed, 0);
for (const file of allowance.unsteady) console.log(`unsteady: ${file} passed on a second run`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

async function quickRun(): Promise<Counts[]> {
  const { unit } = testFiles();
  return await runPool([...gates(), denoTests("unit tests, Deno", unit)]);
}

async function fullRun(): Promise<Counts[]> {
  const { unit, interop } = testFiles();
  const bun = await findBunAfterSetup();
  const first = [...bun.counts, await runStage(install(), allowance)];
  const parallel = [denoTests("unit tests, Deno", unit), ...gates()];
  if (bun.path !== null) parallel.push(bunTests(bun.path, unit), build(bun.path));
  const second = await runPool(parallel);
  const third: Counts[] = [];
  // One after the other: these have real clients and real clocks.
  for (const stage of interopStages(interop, { withBinary: bun.path !== null })) {
    third.push(await runStage(stage, allowance));
  }
  return [...first, ...second, ...third];
}

/** The sources with the driver this system gets, with the portable one, and the binary. */
function interopStages(files: readonly string[], options: { withBinary: boolean }): Stage[] {
  const ofSources = files.filter((file) => file !== BINARY_TEST);
  const ofDriver = files.filter((file) => DRIVER_TESTS.includes(file));
  const stages = [
    ...interopTests("interop", ofSources),
    ...interopTests("interop, portable driver", ofDriver, { BOOTSRV_TFTP_DRIVER: "portable" }),
  ];
  if (options.withBinary) {
    stages.push(...interopTests("interop, binary", files, { BOOTSRV_BINARY: BINARY }));
  }
  return stages;
}

/** A stage for every file, so that one that fails says so in a few lines and runs again alone. */
function interopTests(name: string, files: readonly string[], env: Stage["env"] = {}): Stage[] {
  return files.map((file) => {
    const what = basename(file, "_test.ts");
    return { ...denoTests(`${name}: ${what}`, [file]), timeoutMs: 10 * MINUTE_MS, env };
  });
}

async function findBunAfterSetup(): Promise<{ counts: Counts[]; path: string | null }> {
  const counts = await runInside("setup", async () => {
    const missing = (await setup()).map(describeMissing);
    if (missing.length > 0 && inCi()) throw new Error(missing.join("\n"));
    for (const line of missing) console.log(`  ${line}`);
  });
  const path = await findBun();
  if (path === null) console.log("skipped: tests under Bun and the binary: Bun cannot be had");
  return { counts: [counts], path };
}

function install(): Stage {
  const frozen = inCi() ? ["--frozen"] : [];
  return {
    name: "dependencies",
    command: [DENO, "install", ...frozen],
    timeoutMs: 3 * MINUTE_MS,
  };
}

function gates(): Stage[] {
  const gate = (name: string, args: readonly string[]) => ({
    name,
    command: [DENO, ...args],
    timeoutMs: 3 * MINUTE_MS,
  });
  return [
    gate("format", ["fmt", "--check"]),
    gate("lint", ["lint"]),
    gate("types", ["check", "--quiet"]),
    gate("house rules", ["run", "-A", "scripts/tidy.ts"]),
  ];
}

function denoTests(name: string, files: readonly string[]): Stage {
  return {
    name,
    // Types are a gate of their own.
    command: [DENO, "test", "-A", "--no-check", "--quiet"],
    files,
    report: (file) => [`--junit-path=${file}`],
    timeoutMs: 12 * MINUTE_MS,
    meetsClocks,
  };
}

function bunTests(bun: string, files: readonly string[]): Stage {
  return {
    name: "unit tests, Bun",
    // A test may take 5 s unless told otherwise, and on a busy machine simulations do.
    command: [bun, "test", "--timeout=120000", "--only-failures"],
    files,
    report: (file) => ["--reporter=junit", `--reporter-outfile=${file}`],
    timeoutMs: 6 * MINUTE_MS,
    meetsClocks,
  };
}

function build(bun: string): Stage {
  return {
    name: "build",
    command: [DENO, "run", "-A", "scripts/build.ts"],
    env: { BOOTSRV_BUN: bun },
    timeoutMs: 3 * MINUTE_MS,
  };
}

/** Runs the stages, two at a time. */
async function runPool(stages: readonly Stage[]): Promise<Counts[]> {
  const waiting = [...stages];
  const done: Counts[] = [];
  const work = async () => {
    for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift()) {
      done.push(await runStage(stage, allowance));
    }
  };
  await Promise.all([work(), work()]);
  return done;
}

function meetsClocks(file: string): boolean {
  return REAL.some((folder) => file.startsWith(`./tests/${folder}/`));
}

/** The test files; without the "./" Bun would take them for patterns. */
function testFiles(): { unit: string[]; interop: string[] } {
  const files = readdirSync(join(ROOT, "tests"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("_test.ts"))
    .map((name) => `./tests/${name.replaceAll("\\", "/")}`)
    .sort();
  const isInterop = (file: string) => file.startsWith("./tests/interop/");
  return {
    unit: files.filter((file) => !isInterop(file)),
    interop: files.filter(isInterop),
  };
}
