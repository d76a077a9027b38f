// The log that a configuration asks for: lines to standard error, and to syslog where it says so.
import { hostname } from "node:os";
import process from "node:process";
import type { LogConfig } from "../../config/config.ts";
import { openUnixDatagram } from "../../sys/unix_datagram.ts";
import { createLog, type Log, type LogOptions, type LogSink } from "./log.ts";
import type { LogPlace } from "./output.ts";
import { parseSyslogTarget, syslogSink, type SyslogTransport, udpTransport } from "./syslog.ts";

/** Where syslog listens on every Unix. */
const SYSLOG = "unix:/dev/log";

/** The log, and why syslog cannot be reached, or "": that is no reason not to serve. */
export async function openLog(
  config: LogConfig,
  place: LogPlace,
): Promise<{ readonly log: Log; readonly warning: string }> {
  const { options, warning } = await openOptions(config, place);
  return { log: createLog(options), warning };
}

/** Lets the log go on by another configuration; gives why syslog cannot be reached, or "". */
export async function reopenLog(log: Log, config: LogConfig, place: LogPlace): Promise<string> {
  const { options, warning } = await openOptions(config, place);
  log.configure(options);
  return warning;
}

async function openOptions(
  config: LogConfig,
  place: LogPlace,
): Promise<{ readonly options: LogOptions; readonly warning: string }> {
  const { format, level } = config;
  const syslog = place.isNowhere && config.syslog === "" ? SYSLOG : config.syslog;
  let sink: LogSink | null = null;
  let warning = "";
  try {
    sink = await openSink(syslog);
  } catch (error) {
    warning = `Cannot log to "${syslog}": ${(error as Error).message}`;
  }
  const { write, color } = place;
  return { options: { format, level, write, color, ...(sink === null ? {} : { sink }) }, warning };
}

async function openSink(target: string): Promise<LogSink | null> {
  if (target === "") return null;
  const parsed = parseSyslogTarget(target);
  if (parsed === null) throw new Error("no such target");
  const transport: SyslogTransport = parsed.kind === "udp"
    ? udpTransport(parsed)
    : await openUnixDatagram(parsed.path);
  return syslogSink(transport, { hostname: hostname(), pid: process.pid });
}
