// What to say when a port cannot be had. Ports below 1024 want a privilege, and there are three
// ways to live without being root.
import process from "node:process";
import type { Config } from "../config/config.ts";
import type { BindRefusal } from "./bound.ts";

/** The ports that a configuration asks for. */
export interface WantedPorts {
  readonly tftp: Pick<Config["tftp"], "port" | "portRange">;
  readonly http: Pick<Config["http"], "port">;
  readonly mtftp: readonly Pick<Config["mtftp"][number], "serverPort">[];
}

/** The faults, each on a line, and below them what the operator can do. */
export function bindAdvice(faults: readonly BindRefusal[], wanted: WantedPorts): string {
  const lines = faults.map((fault) => fault.text);
  const denied = faults.filter((fault) => fault.reason === "denied").map((fault) => fault.port);
  if (denied.some(isPrivileged)) {
    lines.push(
      "Ports below 1024 need a privilege. Any of these gives it, or does without:",
      `  sudo setcap cap_net_bind_service=+ep ${process.execPath}`,
      "  a systemd unit with AmbientCapabilities=CAP_NET_BIND_SERVICE",
      `  ${otherPorts(denied, wanted)}`,
    );
  }
  const busy = faults.filter((fault) => fault.reason === "in-use").map((fault) => fault.port);
  for (const port of new Set(busy)) {
    lines.push(`Another program has port ${port}: "ss -lunpt sport = :${port}" names it`);
  }
  return lines.join("\n");
}

function isPrivileged(port: number): boolean {
  return port < 1024;
}

/**
 * What to ask for instead. Ranges and ports of MTFTP are bound after the port of TFTP, so they are
 * named before they have been refused.
 */
function otherPorts(denied: readonly number[], { tftp, http, mtftp }: WantedPorts): string {
  const flags = [
    ...(denied.some((port) => port === tftp.port) ? ["--tftp-port 6969"] : []),
    ...(isPrivileged(tftp.portRange?.first ?? Infinity) ? ["--port-range 20000-20099"] : []),
    ...(denied.some((port) => port === http.port) ? ["--http-port 8069"] : []),
  ];
  const entries = mtftp.flatMap(({ serverPort }, index) =>
    isPrivileged(serverPort) ? [index + 1] : []
  );
  return [
    ...(flags.length > 0 ? [`bootsrv ${flags.join(" ")}`] : []),
    ...(entries.length > 0 ? [`server-port = 1759 in [[mtftp]] ${entries.join(", ")}`] : []),
  ].join(", and ");
}
