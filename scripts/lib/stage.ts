// One stage of the test run: a command with a time limit, its counts, one line on the terminal.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { type Counts, type Failure, readJunit, type Report } from "./junit.ts";
import { temporaryFolder } from "./temporary.ts";

export interface Stage {
  readonly name: string;
  readonly timeoutMs: number;
  /** The command line, without the files. */
  readonly command: readonly string[];
  /** Test files, as "./tests/a_test.ts". */
  readonly files?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /**
   * The flags that make the runner write a JUnit report to this file. Without them the stage
   * counts as one test.
   */
  readonly report?: (file: string) => readonly string[];
  /** Whether a test file meets real clocks, and so may fail for what else the machine does. */
  readonly meetsClocks?: (file: string) => boolean;
}

/** How many second runs are left to a whole test run, and the files that needed one to pass. */
export interface Allowance {
  left: number;
  readonly unsteady: string[];
}

/**
 * Runs a stage and prints its line; what failed too. Test files with real clocks, on a machine
 * that others may be slowing down, get a second run if they fail, as long as the allowance lasts,
 * and are named at the end. What is broken fails twice.
 */
export async function runStage(stage: Stage, allowance: Allowance): Promise<Counts> {
  const { counts, failedFiles } = await runOnce(stage);
  const files = failedFiles.length > 0 ? failedFiles : stage.files ?? [];
  const mayRepeat = files.length > 0 && files.every((file) => stage.meetsClocks?.(file) ?? false);
  if (counts.failed === 0 || !mayRepeat || files.length > allowance.left) return counts;
  allowance.left -= files.length;
  const { counts: again } = await runOnce({ ...stage, name: `${stage.name}, again`, files });
  if (again.failed === 0) allowance.unsteady.push(...files);
  const rest = counts.passed + counts.failed - again.failed;
  return files.length === stage.files!.length
    ? again
    : { ...counts, passed: rest, failed: again.failed };
}

async function runOnce(stage: Stage): Promise<Pick<Report, "counts" | "failedFiles">> {
  const started = performance.now();
  const folder = temporaryFolder("report");
  try {
    const file = join(folder.path, "report.xml");
    const { command, files } = stage;
    const [program, ...args] = [...command, ...stage.report?.(file) ?? [], ...files ?? []];
    const result = await run(program!, args, {
      timeoutMs: stage.timeoutMs,
      env: { NO_COLOR: "1", ...stage.env },
    });
    const ok = result.code === 0;
    const report = readJunit(existsSync(file) ? readFileSync(file, "utf8") : "");
    const counts = stage.report === undefined
      ? { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }
      : settle(report.counts, ok);
    printLine(stage.name, { counts, started });
    if (counts.failed > 0) {
      console.log(
        indent(report.failures.length > 0 ? brief(report.failures) : tail(result.output)),
      );
    } else for (const line of skipLines(result.output)) console.log(indent(line));
    if (result.timedOut) console.log(`  stopped after ${stage.timeoutMs / 1000} s`);
    return { counts, failedFiles: report.failedFiles };
  } finally {
    folder.remove();
  }
}

/** Runs the work of a stage in this process; anything it throws is a failure. */
export async function runInside(name: string, work: () => Promise<void> | void): Promise<Counts> {
  const started = performance.now();
  let counts: Counts = { passed: 1, failed: 0, skipped: 0 };
  let why = "";
  try {
    await work();
  } catch (error) {
    counts = { passed: 0, failed: 1, skipped: 0 };
    why = error instanceof Error ? error.message : String(error);
  }
  printLine(name, { counts, started });
  if (why !== "") console.log(indent(why));
  return counts;
}

/**
 * What a report and an exit status amount to together: a file that does not even load fails
 * without being in the report, and a run without a single test has tested nothing.
 */
export function settle(counts: Counts, ok: boolean): Counts {
  const hidden = ok ? counts.passed + counts.failed + counts.skipped === 0 : counts.failed === 0;
  return hidden ? { ...counts, failed: counts.failed + 1 } : counts;
}

/** Tests print such a line for what they could not try. */
export function skipLines(output: string): string[] {
  const lines = output.split("\n").map((line) => line.trim());
  return [...new Set(lines.filter((line) => line.startsWith("skipped: ")))];
}

const TAIL_LINES = 150;
// What stands first is read first, and may be all that somebody keeps of a long log.
const FAILURES_MAX = 20;
const FAILURE_LINES_MAX = 20;

function printLine(name: string, of: { counts: Counts; started: number }): void {
  const { passed, failed, skipped } = of.counts;
  const seconds = ((performance.now() - of.started) / 1000).toFixed(1);
  const rest = skipped > 0 ? `, ${skipped} skipped` : "";
  const figures = `${passed} passed, ${failed} failed${rest}`;
  console.log(`${failed > 0 ? "FAIL" : "ok  "} ${name} (${seconds} s): ${figures}`);
}

/** The failed tests by name, with the beginning of what each says. */
function brief(failures: readonly Failure[]): string {
  const told = failures.slice(0, FAILURES_MAX).map(({ name, text }) => {
    const lines = text.split("\n").slice(0, FAILURE_LINES_MAX);
    return `failed: ${name}\n${indent(lines.join("\n"))}`;
  });
  const rest = failures.length - told.length;
  return [...told, ...rest > 0 ? [`and ${rest} more`] : []].join("\n");
}

function tail(output: string): string {
  return output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}
