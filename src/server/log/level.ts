// How much a line matters, and which reports matter how much.
import type { Report } from "../../resolve/report.ts";

/** Levels as the configuration names them, the least important first. */
export const LEVELS = ["debug", "info", "warning", "error"] as const;
export type Level = typeof LEVELS[number];

/** Whether a line of `level` is written where `least` is the least level wanted. */
export function isWanted(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** Refusals that an operator should see even when he wants little: somebody goes too far. */
const ALARMING: ReadonlySet<string> = new Set(["forbidden", "bad-name"]);

/** The level of a report. A probe is what UEFI does before each download, not an error. */
export function levelOf(report: Report): Level {
  switch (report.outcome) {
    case "probe":
      return "debug";
    case "done":
    case "unacknowledged":
    case "aborted":
      return "info";
    case "refused":
      return report.refusal !== null && ALARMING.has(report.refusal) ? "warning" : "info";
    case "failed":
      return "warning";
  }
}
