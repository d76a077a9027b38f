// What to say when a port cannot be had. Ports below 1024 want a privilege, and there are three
// ways to live without being root.
import process from "node:process";

/** A listener that could not be bound. */
export interface BindRefusal {
  readonly text: string;
  readonly reason: string;
  readonly port: number;
}

/** The faults, each on a line, and below them what the operator can do. */
export function bindAdvice(faults: readonly BindRefusal[]): string {
  const lines = faults.map((fault) => fault.text);
  if (faults.some((fault) => fault.reason === "denied")) {
    lines.push(
      "Ports below 1024 need a privilege. Any of these gives it, or does without:",
      `  sudo setcap cap_net_bind_service=+ep ${process.execPath}`,
      "  a systemd unit with AmbientCapabilities=CAP_NET_BIND_SERVICE",
      "  bootsrv --tftp-port 6969 --http-port 8069",
    );
  }
  const busy = faults.filter((fault) => fault.reason === "in-use").map((fault) => fault.port);
  for (const port of new Set(busy)) {
    lines.push(`Another program has port ${port}: "ss -lunpt sport = :${port}" names it`);
  }
  return lines.join("\n");
}
