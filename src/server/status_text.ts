// What a running server says of itself, as lines for a terminal. The figures come from its status
// pages, so they are as good as whoever answers there: whatever is in them is only printed.
import type { Count, ServerInfo } from "../http/activity_view.ts";
import type { LiveTransfer, TimedReport } from "../resolve/report.ts";
import { rateText, sizeText, spanText } from "../http/figures.ts";
import { reportText } from "./log/pretty.ts";
import { authority } from "../match/authority.ts";
import { nameText, plainText } from "../match/safe_text.ts";

/** The answer of /.bootsrv/api/status, as far as it is shown. */
export interface Status {
  readonly server: ServerInfo;
  readonly live: readonly LiveTransfer[];
  readonly counts: readonly Count[];
  readonly refusals: readonly { readonly kind: string; readonly requests: number }[];
  readonly recent: readonly TimedReport[];
}

/** Transfers and errors shown, of each. */
const LINES_MAX = 20;
/** Ends that an operator may want to look at. */
const ERRORS: ReadonlySet<string> = new Set(["refused", "failed", "unacknowledged", "aborted"]);

/** Text for people, ending in a newline. `nowMs` since the epoch. */
export function statusText(status: Status, nowMs: number): string {
  const { server, live, counts, refusals, recent } = status;
  const errors = recent.filter(({ report }) => ERRORS.has(report.outcome));
  const lines = [
    `bootsrv ${server.version}, started ${spanText(nowMs - server.startedAtMs)} ago, ` +
    (server.ready ? "ready" : "not ready"),
    fact("Root", server.root),
    fact("TFTP driver", server.driver),
    ...server.listeners.map(({ via, address, port }) =>
      fact(`${via.toUpperCase()} listens on`, authority(address, port))
    ),
    ...server.facts.map(({ name, value }) => fact(name, value)),
    ...section(`Transfers under way: ${live.length}`, live.map(liveText)),
    ...section("Requests since the start:", countTexts(counts)),
    ...section(
      "Refusals by reason:",
      refusals.map(({ kind, requests }) => `${kind}: ${requests}`),
    ),
    ...section("Recent errors, the latest first:", errors.map(recentText)),
  ];
  return `${lines.map(plainText).join("\n")}\n`;
}

function fact(name: string, value: string): string {
  return `${`${name}:`.padEnd(18)} ${value}`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return title.endsWith(":") ? [] : ["", title];
  const more = lines.length > LINES_MAX ? [`and ${lines.length - LINES_MAX} more`] : [];
  return ["", title, ...[...lines.slice(0, LINES_MAX), ...more].map((line) => `  ${line}`)];
}

function liveText(transfer: LiveTransfer): string {
  const { via, operation, client, port, name, bytes, size, durationMs, options } = transfer;
  const part = size === null || size === 0
    ? sizeText(bytes)
    : `${sizeText(bytes)} of ${sizeText(size)} (${Math.floor((bytes / size) * 100)} %)`;
  const figures = [part, spanText(durationMs), rateText(bytes, durationMs)].filter(Boolean);
  const granted = options === "" ? "" : ` [${options}]`;
  const who = authority(client, port);
  return `${who} ${via} ${operation} ${nameText(name)}: ${figures.join(", ")}${granted}`;
}

function countTexts(counts: readonly Count[]): readonly string[] {
  return counts.map(({ via, operation, outcome, requests, bytes, retransmits }) => {
    const moved = bytes === 0 ? "" : `, ${sizeText(bytes)}`;
    const again = retransmits === 0 ? "" : `, ${retransmits} retransmitted`;
    return `${via} ${operation} ${outcome}: ${requests}${moved}${again}`;
  });
}

function recentText({ atMs, report }: TimedReport): string {
  return `${new Date(atMs).toISOString()} ${reportText(report)}`;
}
