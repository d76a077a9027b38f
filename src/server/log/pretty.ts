// The log for people: one line a request that says who asked for what, what it became, how fast it
// went and what held it up, or why it went wrong and what could be done.
import { rateText, sizeText, spanText } from "../../http/figures.ts";
import type { Report } from "../../resolve/report.ts";
import type { LogEvent, LogFormat } from "./format.ts";
import type { Level } from "./level.ts";
import { nameText, plainText } from "../../match/safe_text.ts";

/** The pretty format. With `color` for a terminal, which also needs no date. */
export function prettyFormat({ color }: { readonly color: boolean }): LogFormat {
  const paint = color ? inColor : (_: Tone, text: string) => text;
  const time = color ? clockText : dateText;
  return {
    report: (report, _level, atMs) => `${dim(paint, time(atMs))} ${reportText(report, paint)}\n`,
    event: (event, atMs) => `${dim(paint, time(atMs))} ${eventText(event, paint)}\n`,
  };
}

type Tone = "good" | "bad" | "warn" | "dim";
type Paint = (tone: Tone, text: string) => string;

const CODES: Readonly<Record<Tone, number>> = { good: 32, bad: 31, warn: 33, dim: 2 };

function inColor(tone: Tone, text: string): string {
  return `\x1b[${CODES[tone]}m${text}\x1b[0m`;
}

function dim(paint: Paint, text: string): string {
  return paint("dim", text);
}

/** A report without the time. */
export function reportText(report: Report, paint: Paint = (_, text) => text): string {
  const { via, operation, client, name } = report;
  const [mark, tone] = MARKS[report.outcome];
  const parts = [paint(tone, mark), client, via, operation, nameText(name)];
  const { file } = report;
  if (file !== null && file !== name.replace(/^\/+/, "")) parts.push("→", nameText(file));
  parts.push(...(report.outcome === "refused" ? [] : [figures(report)]));
  if (report.options !== "") parts.push(dim(paint, `[${plainText(report.options)}]`));
  parts.push(...explanation(report, { paint, tone }));
  return parts.join(" ");
}

const MARKS: Readonly<Record<Report["outcome"], readonly [mark: string, tone: Tone]>> = {
  done: ["✓", "good"],
  unacknowledged: ["✓", "warn"],
  probe: ["·", "dim"],
  refused: ["✗", "warn"],
  failed: ["!", "bad"],
  aborted: ["-", "warn"],
};

/** "26 KiB in 12 ms, 2.1 MiB/s, 2 retransmitted". */
function figures({ bytes, durationMs, retransmits }: Report): string {
  const rate = rateText(bytes, durationMs);
  const resent = retransmits === 0 ? "" : `, ${retransmits} retransmitted`;
  return `${sizeText(bytes)} in ${spanText(durationMs)}${rate === "" ? "" : `, ${rate}`}${resent}`;
}

/** Why, or what held it up; then the steps on the way, and what to do. */
function explanation(
  report: Report,
  { paint, tone }: { readonly paint: Paint; readonly tone: Tone },
): string[] {
  const parts: string[] = [];
  const { outcome, refusal, reason, limiter, noMulticast, trail, hint } = report;
  const aside = noMulticast === "" ? [] : [`no multicast: ${noMulticast}`];
  if (outcome === "done") {
    if (limiter !== "") aside.push(limiter);
  } else {
    const word = refusal ?? outcome;
    parts.push(paint(tone, plainText(reason === "" ? word : `${word}: ${reason}`)));
    // The first step is the name, which the line has already.
    aside.push(...trail.slice(1));
  }
  if (aside.length > 0) parts.push(dim(paint, `(${plainText(aside.join("; "))})`));
  if (hint !== "") parts.push(`— ${plainText(hint)}`);
  return parts;
}

const LEVEL_TONES: Readonly<Record<Level, Tone>> = {
  debug: "dim",
  info: "dim",
  warning: "warn",
  error: "bad",
};

/** Further lines of a text are indented, so that none looks like a line of its own. */
function eventText({ level, text, fields }: LogEvent, paint: Paint): string {
  const [first = "", ...rest] = text.split("\n").map(plainText);
  const word = level === "info" ? "" : `${paint(LEVEL_TONES[level], `${level}:`)} `;
  const pairs = Object.entries(fields).map(([name, value]) => {
    const shown = typeof value === "string" ? nameText(value) : plainText(String(value));
    return ` ${dim(paint, `${name}=`)}${shown}`;
  });
  return [word + first + pairs.join(""), ...rest.map((line) => `    ${line}`)].join("\n");
}

/** Local time, as the clock beside the terminal shows it. */
function clockText(atMs: number): string {
  const date = new Date(atMs);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${pad(hours)}:${pad(minutes)}:${pad(seconds)}.${pad(date.getMilliseconds(), 3)}`;
}

function dateText(atMs: number): string {
  const date = new Date(atMs);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${clockText(atMs)}`;
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, "0");
}
