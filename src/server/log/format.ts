// What makes lines of reports and events, in whichever format.
import type { Report } from "../../resolve/report.ts";
import type { Level } from "./level.ts";

/** Further facts of an event, by name. */
export type LogFields = Record<string, string | number | boolean>;

/** Something that happened which is no request. */
export interface LogEvent {
  readonly level: Level;
  readonly text: string;
  readonly fields: LogFields;
}

/** Makes whole lines, with the newline. Times are milliseconds since the epoch. */
export interface LogFormat {
  report(report: Report, level: Level, atMs: number): string;
  event(event: LogEvent, atMs: number): string;
}
