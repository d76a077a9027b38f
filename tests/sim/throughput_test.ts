// How long a megabyte takes, in virtual seconds, for each window and loss: a table kept in the
// repository, so that a change that makes a cell worse shows up in its diff.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { faultRules, NO_FAULTS } from "./link.ts";
import { type PairOptions, type PairOutcome, runPair } from "./pair.ts";
import { Random } from "./random.ts";
import { granted } from "./swarm.ts";

const SNAPSHOT = fileURLToPath(new URL("throughput.snap.md", import.meta.url).href);
const WINDOWS = [1, 4, 16, 64];
const LOSSES = [0, 0.001, 0.01, 0.02, 0.05];
const RUNS = 10;
const SIZE_BYTES = 1024 * 1024;

test("throughput by window and loss is as recorded", () => {
  const table = render();
  if (process.env["UPDATE_GOLDEN"]) writeFileSync(SNAPSHOT, table);
  assert.equal(table, readFileSync(SNAPSHOT, "utf8"), "UPDATE_GOLDEN=1 records the new figures");
});

function render(): string {
  const lines = [
    "# Throughput of the simulated pair",
    "",
    "Virtual seconds until 1 MiB has arrived, and DATA datagrams sent for its 735 blocks of 1428 octets;",
    `20 ms round trip, first timeout 1 s, mean of ${RUNS} seeds. Virtual time is exact: \`UPDATE_GOLDEN=1\``,
    "records, the test compares every digit.",
  ];
  for (const operation of ["read", "write"] as const) {
    const head = [`${operation}, window`, ...LOSSES.map((loss) => `${loss * 100} %`)];
    const rows = WINDOWS.map((windowBlocks) => [
      String(windowBlocks),
      ...LOSSES.map((loss) => cell({ operation, windowBlocks, loss })),
    ]);
    lines.push("", ...printTable([head, ...rows]));
  }
  return lines.join("\n") + "\n";
}

/** As the formatter would have it: columns to the right, as wide as their widest cell. */
function printTable([head, ...rows]: readonly (readonly string[])[]): string[] {
  const widths = head!.map((_, i) => Math.max(...[head!, ...rows].map((row) => row[i]!.length)));
  const print = (row: readonly string[]) =>
    `| ${row.map((text, i) => text.padStart(widths[i]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width - 1) + ":").join(" | ")} |`;
  return [print(head!), rule, ...rows.map(print)];
}

interface Cell {
  readonly operation: "read" | "write";
  readonly windowBlocks: number;
  readonly loss: number;
}

function cell(what: Cell): string {
  const outcomes = Array.from({ length: RUNS }, (_, seed) => run(what, seed + 1));
  const mean = (of: (outcome: PairOutcome) => number) =>
    outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / RUNS;
  const seconds = (mean((outcome) => outcome.deliveredMs) / 1000).toFixed(2);
  return `${seconds} s, ${mean((outcome) => outcome.dataSent).toFixed(0)}`;
}

function run({ operation, windowBlocks, loss }: Cell, seed: number): PairOutcome {
  const random = new Random(seed);
  const path = () => ({
    delayMs: 10,
    bytesPerMs: Infinity,
    queueBytes: Infinity,
    jitterMsMax: 0,
    random,
    rules: faultRules({ ...NO_FAULTS, loss }, random.fork()),
  });
  const options: PairOptions = {
    operation,
    sizeBytes: SIZE_BYTES,
    granted: granted({ blockBytes: 1428, windowBlocks, rollover: 0 }),
    timeoutMs: 1000,
    retries: 6,
    toServer: path(),
    toClient: path(),
    commitMs: 0,
  };
  const outcome = runPair(options);
  assert.match(outcome.client.kind, /^done/);
  return outcome;
}
