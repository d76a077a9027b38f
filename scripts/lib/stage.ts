// One stage of the test run: a command with a time limit, its counts, one line on the terminal.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { countJunit, type Counts } from "./junit.ts";
import { temporaryFolder } from "./temporary.ts";

export interface Stage {
  readonly name: string;
  readonly timeoutMs: number;
  /** The command line. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /**
   * The flags that make the runner write a JUnit report to this file. Without them the stage
   * counts as one test.
   */
  readonly report?: (file: string) => readonly string[];
}

/**
 * Runs a stage whose tests have real clocks and real clients on a machine that others may be
 * slowing down: one that fails gets a second run, as long as the allowance lasts, and is named
 * at the end. What is broken fails twice.
 */
export async function runWithSecondChance(stage: Stage, allowance: Allowance): Promise<Counts> {
  const first = await runStage(stage);
  if (first.failed === 0 || allowance.left === 0) return first;
  allowance.left -= 1;
  console.log(`again: ${stage.name}`);
  const second = await runStage(stage);
  if (second.failed === 0) allowance.unsteady.push(stage.name);
  return second;
}

/** How many second runs are left to a whole test run, and the stages that needed one to pass. */
export interface Allowance {
  left: number;
  readonly unsteady: string[];
}

/** Runs a stage and prints its line; its output too where it failed. */
export async function runStage(stage: Stage): Promise<Counts> {
  const started = performance.now();
  const folder = temporaryFolder("report");
  try {
    const file = join(folder.path, "report.xml");
    const [program, ...args] = [...stage.command, ...stage.report?.(file) ?? []];
    const result = await run(program!, args, {
      timeoutMs: stage.timeoutMs,
      env: { NO_COLOR: "1", ...stage.env },
    });
    const ok = result.code === 0;
    const counts = stage.report === undefined
      ? { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }
      : settle(existsSync(file) ? countJunit(readFileSync(file, "utf8")) : NONE, ok);
    printLine(stage.name, { counts, started });
    if (counts.failed > 0) console.log(indent(tail(result.output)));
    else for (const line of skipLines(result.output)) console.log(indent(line));
    if (result.timedOut) console.log(`  stopped after ${stage.timeoutMs / 1000} s`);
    return counts;
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

const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };
const TAIL_LINES = 150;

function printLine(name: string, of: { counts: Counts; started: number }): void {
  const { passed, failed, skipped } = of.counts;
  const seconds = ((performance.now() - of.started) / 1000).toFixed(1);
  const rest = skipped > 0 ? `, ${skipped} skipped` : "";
  const figures = `${passed} passed, ${failed} failed${rest}`;
  console.log(`${failed > 0 ? "FAIL" : "ok  "} ${name} (${seconds} s): ${figures}`);
}

function tail(output: string): string {
  return output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}
