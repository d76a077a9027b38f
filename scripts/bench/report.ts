// The benchmark's figures as Markdown, for the terminal and for the file that README quotes.
import { type Figures, known, median, type Verdict, verdicts } from "./figures.ts";
import type { Row, Target } from "./rows.ts";
import type { AbsentServer } from "./servers.ts";

/** A row with what was measured. */
export interface MeasuredRow {
  readonly row: Row;
  readonly figures: readonly Figures[];
  /** Sentences about what happened, without their full stop. */
  readonly events: readonly string[];
}

/** What it takes a server to start. Medians. */
export interface StartFigures {
  readonly server: string;
  readonly isOurs: boolean;
  readonly startMs: number;
  readonly idleBytes: number | null;
}

/** Where and how was measured. */
export interface Circumstances {
  readonly date: string;
  readonly command: string;
  /** System, processor, versions: one line each. */
  readonly facts: readonly string[];
  readonly rounds: number;
  readonly absent: readonly AbsentServer[];
}

/** The server of ours that targets do not apply to. */
export type Exempt = (server: string) => boolean;

/** The whole document. */
export function renderReport(
  circumstances: Circumstances,
  rows: readonly MeasuredRow[],
  more: { readonly starts: readonly StartFigures[]; readonly exempt: Exempt },
): string {
  const { date, command, facts, rounds, absent } = circumstances;
  return [
    "# Benchmark",
    "",
    `Written by \`${command}\` on ${date}; do not edit.`,
    "",
    ...[...facts, othersText(rows)].map((fact) => `- ${fact}`),
    "",
    `All servers serve the same tree on the loopback interface, one core for the server under load`,
    `and another for the load, which is this project's own client. Each figure is the median of`,
    `${
      rounds === 1 ? "one round" : `${rounds} rounds`
    } in which the servers take turns. Failed transfers are those of all rounds.`,
    `Private memory is anonymous memory under load. "Others" is how many cores were busy with other`,
    `programs. Like \`bootsrv get\`, the load takes windows in one piece where the kernel gives them so`,
    `(UDP_GRO), and looks for answers a while before it sleeps: a client that does neither is served`,
    `more slowly, by any server.`,
    ...absent.map(({ name, why }) => `\nWithout ${name}: ${why}.`),
    "",
    "## Against the peers",
    "",
    ...summary(rows, more.exempt),
    "",
    "## All figures",
    ...rows.flatMap((measured) => ["", ...renderRow(measured)]),
    "",
    "### Start and idle memory",
    "",
    ...renderStarts(more.starts),
    "",
  ].join("\n");
}

/** The table of one row. */
export function renderRow({ row, figures, events }: MeasuredRow): string[] {
  const units = row.unit === "bytes"
    ? ["MB/s", "CPU s per GB"]
    : ["requests/s", "CPU s per 10,000"];
  const note = row.note === undefined ? [] : [`${row.note}.`, ""];
  const head = ["server", ...units, "private MB", "failed", "others"];
  return [
    `### ${capital(row.title)}`,
    "",
    ...note,
    ...table(
      head,
      figures.map((one) => [
        one.server,
        figure(one.rate),
        one.cpu === null ? "unknown" : one.cpu.toFixed(2),
        megabytes(one.privateBytes),
        String(one.failed),
        one.others === null ? "unknown" : one.others.toFixed(1),
      ]),
    ),
    ...events.flatMap((event) => ["", `${event}.`]),
  ];
}

/** One line for each of our servers: ratios and whether they are what they should be. */
export function renderVerdicts({ row, figures }: MeasuredRow, exempt: Exempt): string[] {
  return figures.filter(({ isOurs }) => isOurs).map((ours) => {
    const cells = verdicts(row.targets, { ours, all: figures });
    const isExempt = exempt(ours.server);
    return `${ours.server}: ${cells.map((one) => verdictText(one, isExempt)).join("; ")}`;
  });
}

/** What the target says, for a person: "rate ≥ 2 × best peer". */
export function targetText({ metric, against, bound }: Target): string {
  const name = METRIC_NAMES[metric];
  if (against === null) return `${name} ≤ ${megabytes(bound)} MB`;
  const peer = against === "best" ? "best peer" : against;
  return `${name} ${metric === "rate" ? "≥" : "≤"} ${bound} × ${peer}`;
}

const METRIC_NAMES = { rate: "rate", cpu: "CPU", private: "private memory" } as const;
const START_MS_MAX = 150;
const IDLE_BYTES_MAX = 60e6;

/** How quiet the machine was: what else runs takes time from servers and load alike. */
function othersText(rows: readonly MeasuredRow[]): string {
  const all = known(rows.flatMap(({ figures }) => figures.map(({ others }) => others)));
  const cores = median(all) ?? 0;
  return `Other programs kept ${cores.toFixed(1)} cores busy meanwhile (median)`;
}

function summary(rows: readonly MeasuredRow[], exempt: Exempt): string[] {
  const servers = [
    ...new Set(
      rows.flatMap(({ figures }) => figures.filter((one) => one.isOurs))
        .map(({ server }) => server),
    ),
  ];
  const lines = rows.flatMap((measured) =>
    measured.row.targets.map((target) => [
      measured.row.title,
      targetText(target),
      ...servers.map((server) => cellOf(measured, { target, server, exempt })),
    ])
  );
  return table(["work", "target", ...servers], lines, 2);
}

function cellOf(
  { figures }: MeasuredRow,
  of: { readonly target: Target; readonly server: string; readonly exempt: Exempt },
): string {
  const ours = figures.find(({ server }) => server === of.server);
  if (ours === undefined) return "not measured";
  const [verdict] = verdicts([of.target], { ours, all: figures });
  return verdictText(verdict!, of.exempt(of.server));
}

function verdictText({ target, value, peer, met }: Verdict, isExempt: boolean): string {
  if (value === null) return "unknown";
  const ratio = target.against === null
    ? `${megabytes(value)} MB`
    : `${value.toFixed(2)} × ${peer}`;
  if (isExempt) return ratio;
  return `${ratio}, ${met ? "met" : "**missed**"}`;
}

function renderStarts(starts: readonly StartFigures[]): string[] {
  const mark = (isOurs: boolean, met: boolean) => isOurs ? (met ? ", met" : ", **missed**") : "";
  const head = ["server", `start ms (≤ ${START_MS_MAX})`, `idle private MB (≤ 60)`];
  return table(
    head,
    starts.map(({ server, isOurs, startMs, idleBytes }) => [
      server,
      `${startMs.toFixed(0)}${mark(isOurs, startMs <= START_MS_MAX)}`,
      `${megabytes(idleBytes)}${mark(isOurs, idleBytes !== null && idleBytes <= IDLE_BYTES_MAX)}`,
    ]),
  );
}

/** A Markdown table; all but the first `textColumns` columns are numbers. */
function table(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  textColumns = 1,
): string[] {
  const rule = head.map((_, index) => index < textColumns ? "---" : "---:");
  return [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`);
}

function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

function megabytes(bytes: number | null): string {
  if (bytes === null) return "unknown";
  return (bytes / 1e6).toFixed(bytes >= 10e6 ? 0 : 1);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
