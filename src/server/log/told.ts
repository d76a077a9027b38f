// What a log is told, with the time at which it happened: whoever tells it may do so later.
import type { TimedReport } from "../../resolve/report.ts";

/** Something that happened which is no request. */
export interface TimedLine {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly text: string;
}

export type Told = TimedReport | TimedLine;

/** The reports among them. */
export function reportsAmong(told: readonly Told[]): readonly TimedReport[] {
  return told.filter((each) => "report" in each);
}
