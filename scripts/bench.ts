// Our servers against the C ones, side by side in one run: `deno task bench`. Linux only; as root
// all peers take part.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { circumstancesOf } from "./bench/circumstances.ts";
import { type MeasuredServers, measureRow } from "./bench/measure.ts";
import {
  type MeasuredRow,
  renderReport,
  renderRow,
  renderVerdicts,
  type StartFigures,
} from "./bench/report.ts";
import { benchRows, type Scale } from "./bench/rows.ts";
import { chooseCores } from "./bench/running.ts";
import { findServers, OURS } from "./bench/servers.ts";
import { median } from "./bench/figures.ts";
import { writeTree } from "./bench/tree.ts";
import { run } from "./lib/command.ts";
import { commandLine, numberOf } from "./lib/command_line.ts";
import { BINARY, ROOT } from "./lib/project.ts";
import { describeMissing, setup } from "./setup.ts";

const FULL: Scale = { warmupMs: 700, measureMs: 1500, requests: 10_000 };
const QUICK: Scale = { warmupMs: 700, measureMs: 500, requests: 2_000 };
const REPORT = "docs/bench.md";

// So that the servers that run at that moment are ended too.
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

const USAGE =
  `Usage: deno task bench [--quick] [--rows TEXT]… [--rounds N] [--build] [--output FILE]

Measures atftpd, tftpd-hpa, dnsmasq, nginx and bootsrv side by side.

  --quick         a short run
  --rows TEXT     only rows with this in their name; may be repeated
  --rounds N      how often each is measured; 3, or 1 with --quick
  --build         builds the binary first
  --output FILE   for the Markdown; ${REPORT} if all of it is measured`;

const flags = commandLine(USAGE, {
  options: {
    quick: { type: "boolean", default: false },
    rows: { type: "string", multiple: true, default: [""] },
    rounds: { type: "string" },
    build: { type: "boolean", default: false },
    output: { type: "string" },
  },
  read: (values) => ({
    ...values,
    rounds: numberOf(values.rounds ?? (values.quick ? "1" : "3"), { name: "rounds", least: 1 }),
  }),
});
const { rounds } = flags;
// A part of the truth must not replace the whole.
const isWhole = !flags.quick && flags.rows.includes("");
const output = flags.output ?? (isWhole ? REPORT : null);

for (const missing of await setup({ bench: true })) console.log(describeMissing(missing));
if (flags.build) await build();
else if (isStale()) console.log("dist/bootsrv is older than the sources: --build makes it anew");
const folder = mkdtempSync(join(tmpdir(), "bootsrv-bench-"));
const removeFolder = () => rmSync(folder, { recursive: true, force: true });
process.on("exit", removeFolder);
try {
  await bench();
} finally {
  removeFolder(); // An error that nobody catches ends the process without that event.
}

async function bench(): Promise<void> {
  const root = join(folder, "tree");
  writeTree(root);
  const { present, absent } = findServers(root);
  for (const { name, why } of absent) console.log(`without ${name}: ${why}`);
  const cores = chooseCores();
  const measured: MeasuredRow[] = [];
  const starts: MeasuredServers["starts"][number][] = [];
  for (const row of benchRows(flags.quick ? QUICK : FULL)) {
    if (!flags.rows.some((part) => row.id.includes(part))) continue;
    const one = await measureRow(row, { servers: present, rounds, folder, cores });
    const result: MeasuredRow = { row, figures: one.figures, events: one.ended };
    measured.push(result);
    starts.push(...one.starts);
    const lines = [...renderRow(result), "", ...renderVerdicts(result, isExempt), ""];
    console.log(lines.join("\n"));
  }
  if (output === null) return;
  const command = ["deno task bench", ...process.argv.slice(2)].join(" ");
  const circumstances = await circumstancesOf({ command, servers: present, absent, rounds });
  const text = renderReport(circumstances, measured, {
    starts: medianStarts(starts),
    exempt: isExempt,
  });
  mkdirSync(dirname(join(ROOT, output)), { recursive: true });
  writeFileSync(join(ROOT, output), text);
  await run(process.execPath, ["fmt", "--quiet", output]);
  console.log(`written: ${output}`);
}

/** The targets are those of the Linux driver. */
function isExempt(server: string): boolean {
  return server === OURS.portable;
}

function medianStarts(starts: MeasuredServers["starts"]): StartFigures[] {
  const names = [...new Set(starts.map(({ server }) => server))];
  return names.map((name) => {
    const its = starts.filter(({ server }) => server === name);
    return {
      ...its[0]!,
      startMs: median(its.map(({ startMs }) => startMs)) ?? 0,
      idleBytes: median(its.flatMap(({ idleBytes }) => idleBytes === null ? [] : [idleBytes])),
    };
  });
}

/** Whether there is a binary and something it was made of has changed since. */
function isStale(): boolean {
  const built = statSync(BINARY, { throwIfNoEntry: false });
  if (built === undefined) return false;
  const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return sources.some((name) => statSync(join(ROOT, "src", name)).mtimeMs > built.mtimeMs);
}

async function build(): Promise<void> {
  const result = await run(process.execPath, ["run", "-A", join(ROOT, "scripts", "build.ts")], {
    timeoutMs: 180_000,
  });
  if (result.code !== 0) throw new Error(result.output);
}
