// The log for machines: JSON lines, and logfmt by LogTape's formatter.
import { getLogfmtFormatter, type LogRecord } from "@logtape/logtape";
import type { Report } from "../../resolve/report.ts";
import type { LogFormat } from "./format.ts";
import type { Level } from "./level.ts";
import { safeLine } from "../../match/safe_text.ts";

/**
 * One JSON object a line, with the field names of LogTape's formatter, which takes three times as
 * long: a report is made for every request. Every report has all of its fields, so that columns
 * stay columns.
 */
export function jsonFormat(): LogFormat {
  const line = (level: Level, atMs: number, message: string, fields: object) => {
    const record = {
      "@timestamp": new Date(atMs).toISOString(),
      level: JSON_LEVELS[level],
      message,
      logger: "bootsrv",
      ...fields,
    };
    return safeLine(`${JSON.stringify(record)}\n`);
  };
  return {
    report: (report, level, atMs) => line(level, atMs, outcomeText(report), report),
    event: ({ level, text, fields }, atMs) => line(level, atMs, text, fields),
  };
}

const JSON_LEVELS: Readonly<Record<Level, string>> = {
  debug: "DEBUG",
  info: "INFO",
  warning: "WARN",
  error: "ERROR",
};

/** `key=value` pairs. What a report does not have is left out. */
export function logfmtFormat(): LogFormat {
  const format = getLogfmtFormatter();
  const line = (record: LogRecord) => safeLine(format(record));
  return {
    report(report, level, atMs) {
      const fields = Object.entries(report).filter(([, value]) => !isNothing(value));
      return line(recordOf(level, atMs, [outcomeText(report), Object.fromEntries(fields)]));
    },
    event: ({ level, text, fields }, atMs) => line(recordOf(level, atMs, [text, fields])),
  };
}

function isNothing(value: unknown): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function outcomeText({ operation, outcome }: Report): string {
  return `${operation} ${outcome}`;
}

function recordOf(
  level: Level,
  timestamp: number,
  [text, properties]: readonly [text: string, properties: Record<string, unknown>],
): LogRecord {
  return { category: ["bootsrv"], level, message: [text], rawMessage: text, timestamp, properties };
}
