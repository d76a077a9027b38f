// What a program is told of a transfer: arguments as dnsmasq gives them to its dhcp-script, and all
// else in its environment.
import type { HooksConfig } from "../../config/config.ts";
import type { Report } from "../../resolve/report.ts";
import type { HookCommand } from "./process.ts";

/** What is run for this report; null where it is no transfer that the configuration asks for. */
export function hookCommand(report: Report, config: HooksConfig): HookCommand | null {
  const { transferEnd: program, outcomes } = config;
  if (program === "" || report.path === null) return null;
  const wanted: readonly string[] = outcomes;
  if (!wanted.includes(report.outcome)) return null;
  const via = report.via === "http" ? "http" : "tftp";
  const args = [via, String(report.bytes), report.client, report.path];
  const facts = {
    BOOTSRV_TRANSFER_OUTCOME: report.outcome,
    BOOTSRV_TRANSFER_OPERATION: report.operation,
    BOOTSRV_TRANSFER_VIA: report.via,
    BOOTSRV_TRANSFER_CLIENT: report.client,
    BOOTSRV_TRANSFER_PORT: String(report.port),
    BOOTSRV_TRANSFER_NAME: report.name,
    BOOTSRV_TRANSFER_FILE: report.file ?? "",
    BOOTSRV_TRANSFER_PATH: report.path,
    BOOTSRV_TRANSFER_OCTETS: String(report.bytes),
    BOOTSRV_TRANSFER_SECONDS: (report.durationMs / 1000).toFixed(3),
    BOOTSRV_TRANSFER_OPTIONS: report.options,
    BOOTSRV_TRANSFER_REASON: report.reason,
  };
  const env = Object.entries(facts).map(([key, value]) => [key, withoutNul(value)] as const);
  return { program, args: args.map(withoutNul), env: Object.fromEntries(env) };
}

// The one character that neither an argument nor a variable can hold.
function withoutNul(text: string): string {
  return text.replaceAll("\0", "");
}
