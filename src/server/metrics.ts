// The Prometheus metrics, made from what the activity has counted. prom-client is slow to load and
// few ask, so it is loaded when the first scrape comes.
import type { Registry } from "prom-client";
import type { ActivityView, ServerInfo } from "../http/activity_view.ts";
import type { GroupSums } from "../tftp/group_sums.ts";
import type { RuleHit } from "./rule_hits.ts";

/** Where the figures come from. */
export interface MetricsOptions {
  readonly activity: Pick<ActivityView, "counts" | "refusals" | "live">;
  info(): Pick<ServerInfo, "version" | "startedAtMs" | "ready">;
  /** How often each rewrite rule has held since the configuration in force came. */
  ruleHits(): readonly RuleHit[];
  /** The multicast groups, as they were told last. */
  groups(): GroupSums;
}

export interface Metrics {
  /** The metrics as text, with its media type. */
  collect(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Metrics over the activity; nothing is loaded before the first `collect`. */
export function createMetrics(options: MetricsOptions): Metrics {
  let registry: Promise<Registry> | null = null;
  return {
    async collect() {
      registry ??= createRegistry(options);
      const made = await registry;
      return { type: made.contentType, text: await made.metrics() };
    },
  };
}

/** All metrics begin with this. */
const PREFIX = "bootsrv_";

/** Loads what `collect` would load when first asked, for a process that loses sight of its disk. */
export async function preloadMetrics(): Promise<void> {
  await import("prom-client");
}

type Prom = typeof import("prom-client");

/** Asked for its values at each scrape. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  values(): readonly (readonly [labels: Record<string, string>, value: number])[];
}

async function createRegistry(options: MetricsOptions): Promise<Registry> {
  const prom = await import("prom-client");
  const registry = new prom.Registry();
  for (const family of countersOf(options)) add(registry, prom.Counter, family);
  for (const family of gaugesOf(options)) add(registry, prom.Gauge, family);
  prom.collectDefaultMetrics({ register: registry });
  return registry;
}

function countersOf({ activity, groups, ruleHits }: MetricsOptions): readonly Family[] {
  const labelNames = ["via", "operation", "outcome"];
  const sum = (key: "requests" | "bytes" | "retransmits" | "seconds") => () =>
    activity.counts().map((count) => {
      const { via, operation, outcome } = count;
      return [{ via, operation, outcome }, count[key]] as const;
    });
  return [
    {
      name: "requests_total",
      help: "Requests that have ended",
      labelNames,
      values: sum("requests"),
    },
    {
      name: "bytes_total",
      help: "Octets of payload moved; in a multicast group those of each member",
      labelNames,
      values: sum("bytes"),
    },
    {
      name: "retransmissions_total",
      help: "Datagrams sent again; what multicast groups (RFC 2090) repeat is counted apart",
      labelNames,
      values: sum("retransmits"),
    },
    {
      name: "transfer_seconds_total",
      help: "Time from request to end, added up",
      labelNames,
      values: sum("seconds"),
    },
    {
      name: "refusals_total",
      help: "Refused requests by reason",
      labelNames: ["reason"],
      values: () => activity.refusals().map(({ kind, requests }) => [{ reason: kind }, requests]),
    },
    {
      name: "rewrite_rule_hits_total",
      help: "How often each rewrite rule has held since the last reload",
      labelNames: ["rule", "label"],
      values: () =>
        ruleHits().map(({ number, label, hits }) => [
          { rule: String(number), label },
          hits,
        ]),
    },
    ...GROUP_COUNTERS.map(([name, help, key]): Family => ({
      name,
      help,
      values: () => [[{}, groups()[key]]],
    })),
  ];
}

/** Members are counted by `requests_total`, as all who ask. */
const GROUP_COUNTERS: readonly (readonly [name: string, help: string, key: keyof GroupSums])[] = [
  ["multicast_groups_started_total", "Multicast groups (RFC 2090) started", "started"],
  [
    "multicast_blocks_sent_total",
    "DATA blocks sent to multicast groups, repeats among them",
    "blocksSent",
  ],
  ["multicast_repeats_total", "DATA blocks sent to multicast groups again", "repeats"],
  [
    "multicast_bytes_sent_total",
    "Octets of payload sent to multicast groups, repeats among them",
    "bytesSent",
  ],
  [
    "multicast_master_changes_total",
    "How often another member took over a group under way",
    "masterChanges",
  ],
];

function gaugesOf({ activity, groups, info }: MetricsOptions): readonly Family[] {
  return [
    {
      name: "transfers",
      help: "Transfers under way",
      labelNames: ["via"],
      values() {
        const sums: Record<string, number> = { tftp: 0, http: 0, multicast: 0, mtftp: 0 };
        for (const { via } of activity.live()) sums[via]! += 1;
        return Object.entries(sums).map(([via, count]) => [{ via }, count]);
      },
    },
    {
      name: "multicast_groups",
      help: "Multicast groups (RFC 2090) under way",
      values: () => [[{}, groups().running]],
    },
    {
      name: "build_info",
      help: "Always 1; the label says which version runs",
      labelNames: ["version"],
      values: () => [[{ version: info().version }, 1]],
    },
    {
      name: "start_time_seconds",
      help: "When the server started, in seconds since the epoch",
      values: () => [[{}, info().startedAtMs / 1000]],
    },
    {
      name: "ready",
      help: "1 when every listener is bound",
      values: () => [[{}, info().ready ? 1 : 0]],
    },
  ];
}

/** Makes a metric that is filled anew at each scrape. */
function add(registry: Registry, Metric: Prom["Counter"] | Prom["Gauge"], family: Family): void {
  new Metric({
    name: PREFIX + family.name,
    help: family.help,
    labelNames: family.labelNames ?? [],
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of family.values()) this.inc(labels, value);
    },
  });
}
