// The log: reports and events become lines of one format, and lines go to one place. It never
// throws, whatever is in a name and whatever has become of the place.
import type { TimedReport } from "../../resolve/report.ts";
import type { LogEvent, LogFields, LogFormat } from "./format.ts";
import { isWanted, type Level, levelOf } from "./level.ts";
import { prettyFormat, reportText } from "./pretty.ts";
import type { LossNote } from "./queue.ts";
import type { Told } from "./told.ts";
import { jsonFormat, logfmtFormat } from "./records.ts";

/** Takes lines one by one beside the main output, as syslog does. */
export interface LogSink {
  send(level: Level, text: string, atMs: number): void;
  close(): void;
}

export interface LogOptions {
  readonly format: "pretty" | "json" | "logfmt";
  /** Less important lines are dropped. */
  readonly level: Level;
  /** Only for the pretty format, and only on a terminal. */
  readonly color: boolean;
  /** Takes one or more whole lines at once, and what to write in place of those it loses. */
  write(text: string, lossNote: LossNote): void;
  readonly sink?: LogSink;
  /** Milliseconds since the epoch. */
  now?(): number;
}

export interface Log {
  debug(text: string, fields?: LogFields): void;
  info(text: string, fields?: LogFields): void;
  warning(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
  /** A line for each, with its time, written together. What is no report is of level info. */
  told(told: readonly Told[]): void;
  /** Writes by these from here on. */
  configure(options: LogOptions): void;
  close(): void;
}

/** Makes a log. */
export function createLog(options: LogOptions): Log {
  return new FormattedLog(options);
}

class FormattedLog implements Log {
  #options: LogOptions;
  #format: LogFormat;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#format = formatOf(options);
  }

  debug(text: string, fields: LogFields = {}): void {
    this.#event({ level: "debug", text, fields });
  }

  info(text: string, fields: LogFields = {}): void {
    this.#event({ level: "info", text, fields });
  }

  warning(text: string, fields: LogFields = {}): void {
    this.#event({ level: "warning", text, fields });
  }

  error(text: string, fields: LogFields = {}): void {
    this.#event({ level: "error", text, fields });
  }

  told(told: readonly Told[]): void {
    let lines = "";
    for (const each of told) {
      lines += "report" in each
        ? this.#report(each)
        : this.#line({ level: "info", text: each.text, fields: {} }, each.atMs);
    }
    if (lines !== "") this.#write(lines);
  }

  configure(options: LogOptions): void {
    this.close();
    this.#options = options;
    this.#format = formatOf(options);
  }

  close(): void {
    this.#options.sink?.close();
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #event(event: LogEvent): void {
    const line = this.#line(event, this.#now());
    if (line !== "") this.#write(line);
  }

  /** To be written; "" where it is not wanted. The sink has had it. */
  #line(event: LogEvent, atMs: number): string {
    if (!isWanted(event.level, this.#options.level)) return "";
    this.#send(event.level, atMs, () => event.text);
    return this.#format.event(event, atMs);
  }

  /** As `#line`. */
  #report({ atMs, report }: TimedReport): string {
    const level = levelOf(report);
    if (!isWanted(level, this.#options.level)) return "";
    this.#send(level, atMs, () => reportText(report));
    return this.#format.report(report, level, atMs);
  }

  /** Only for the main output: syslog has had the lines. */
  readonly #lossNote: LossNote = (lines) => {
    const what = lines === 1 ? "1 log line was" : `${lines} log lines were`;
    const text = `${what} lost here: nobody was reading`;
    return this.#format.event({ level: "warning", text, fields: {} }, this.#now());
  };

  /** A log that cannot be written is no reason to stop serving. */
  #write(lines: string): void {
    try {
      this.#options.write(lines, this.#lossNote);
    } catch {
      // There is nobody left to tell.
    }
  }

  #send(level: Level, atMs: number, text: () => string): void {
    const { sink } = this.#options;
    if (sink === undefined) return;
    try {
      sink.send(level, text(), atMs);
    } catch {
      // The line is in the main output.
    }
  }
}

function formatOf({ format, color }: LogOptions): LogFormat {
  switch (format) {
    case "pretty":
      return prettyFormat({ color });
    case "json":
      return jsonFormat();
    case "logfmt":
      return logfmtFormat();
  }
}
