// What the status pages show: the running and the recent transfers, the counters, the server.
// Made by the server; the app only reads.
import type { RefusalKind } from "../resolve/refusal.ts";
import type { LiveTransfer, Report, TimedReport } from "../resolve/report.ts";

/** One client and the last thing it asked for. */
export interface ClientSummary {
  readonly client: string;
  readonly requests: number;
  readonly last: TimedReport;
}

/** Requests that ended alike, added up since the start. */
export interface Count {
  readonly via: Report["via"];
  readonly operation: Report["operation"];
  readonly outcome: Report["outcome"];
  readonly requests: number;
  readonly bytes: number;
  readonly retransmits: number;
  readonly seconds: number;
}

export interface ActivityView {
  /** Running transfers of all protocols. */
  live(): readonly LiveTransfer[];
  /** Shows a transfer as live until the returned function is called. */
  track(snapshot: () => LiveTransfer): () => void;
  /** The last reports, newest first. */
  recent(): readonly TimedReport[];
  /** The clients heard of, the most recent first. */
  clients(): readonly ClientSummary[];
  /** The last reports of one client, newest first; empty for an unknown one. */
  ofClient(client: string): readonly TimedReport[];
  counts(): readonly Count[];
  refusals(): readonly { readonly kind: RefusalKind; readonly requests: number }[];
  /**
   * Calls `changed` when something has, at most once a second, and now and then without cause, so
   * that a connection which has died is found out. Gives what ends it.
   */
  subscribe(changed: () => void): () => void;
}

/** The server as its status page describes it. */
export interface ServerInfo {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** What is served, as the operator wrote it. */
  readonly root: string;
  readonly driver: string;
  readonly listeners: readonly {
    readonly via: "tftp" | "http" | "mtftp";
    readonly address: string;
    readonly port: number;
  }[];
  /** True once every listener is bound. */
  readonly ready: boolean;
  /** Further facts for the page: rules, uploads, limits. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
}
