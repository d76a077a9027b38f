// Lines to syslog (RFC 5424), as datagrams: over UDP (RFC 5426), or by whatever the caller has for
// a local socket. What is lost is lost; the main output has it.
import { createSocket } from "node:dgram";
import type { LogSink } from "./log.ts";
import type { Level } from "./level.ts";
import { plainText } from "../../match/safe_text.ts";

/** Facility "daemon" (RFC 5424 §6.2.1). */
const FACILITY = 3;
const SEVERITIES: Readonly<Record<Level, number>> = { debug: 7, info: 6, warning: 4, error: 3 };
/** Longest message in octets of UTF-8 that no receiver needs to cut (RFC 5424 §6.1). */
const MESSAGE_BYTES_MAX = 2048;

/** Who sends. */
export interface SyslogIdentity {
  readonly hostname: string;
  readonly pid: number;
}

/** Sends datagrams to where syslog listens. */
export interface SyslogTransport {
  send(message: Uint8Array): void;
  close(): void;
}

/** A sink for the log. */
export function syslogSink(transport: SyslogTransport, identity: SyslogIdentity): LogSink {
  return {
    send: (level, text, atMs) => transport.send(syslogMessage({ level, text, atMs }, identity)),
    close: () => transport.close(),
  };
}

/** One message; too long ones are cut between characters. */
export function syslogMessage(
  { level, text, atMs }: { readonly level: Level; readonly text: string; readonly atMs: number },
  { hostname, pid }: SyslogIdentity,
): Uint8Array {
  const priority = FACILITY * 8 + SEVERITIES[level];
  const host = hostname.replace(/[^\x21-\x7e]/g, "").slice(0, 255) || "-";
  const header = `<${priority}>1 ${new Date(atMs).toISOString()} ${host} bootsrv ${pid} - - `;
  // The mark says that UTF-8 follows (RFC 5424 §6.4).
  const bytes = new TextEncoder().encode(`${header}\ufeff${plainText(text)}`);
  if (bytes.byteLength <= MESSAGE_BYTES_MAX) return bytes;
  let end = MESSAGE_BYTES_MAX;
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end);
}

/** UDP to a host and port. A name is looked up for each datagram; one that fails costs a line. */
export function udpTransport(
  { host, port }: { readonly host: string; readonly port: number },
): SyslogTransport {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.on("error", () => {});
  socket.unref();
  return {
    send: (message) => socket.send(message, port, host, () => {}),
    close: () => socket.close(),
  };
}

/** Where "udp://host:514" or "unix:/dev/log" leads. Null for anything else. */
export function parseSyslogTarget(target: string):
  | { readonly kind: "udp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  | null {
  if (target.startsWith("unix:/")) return { kind: "unix", path: target.slice("unix:".length) };
  const udp = /^udp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]+))(?::(\d{1,5}))?$/.exec(target);
  if (udp === null) return null;
  const port = udp[3] === undefined ? 514 : Number(udp[3]);
  return port > 0 && port < 65536 ? { kind: "udp", host: (udp[1] ?? udp[2])!, port } : null;
}
