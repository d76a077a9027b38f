// From single measurements to what is shown: medians, ratios to the peers, and whether our servers
// reach their targets.
import type { LoadResult } from "./order.ts";
import type { Metric, Row, Target } from "./rows.ts";

/** The figures of one server in one row: medians over the rounds. */
export interface Figures {
  readonly server: string;
  readonly isOurs: boolean;
  /** MB/s, or requests/s. */
  readonly rate: number;
  /** Server's processor seconds per GB, or per 10,000 requests; null where unknown. */
  readonly cpu: number | null;
  /** Anonymous memory under load, octets; null where unknown. */
  readonly privateBytes: number | null;
  /** Transfers failed, of all rounds together. */
  readonly failed: number;
  /** Processor time of other programs, in cores; null where unknown. */
  readonly others: number | null;
}

/** What came of one target for one server. */
export interface Verdict {
  readonly target: Target;
  readonly server: string;
  /** The peer it was compared with, or null. */
  readonly peer: string | null;
  /** Ours by theirs; without a peer the figure itself. Null where one of them is unknown. */
  readonly value: number | null;
  readonly met: boolean;
}

/** The figures of a server; `results` has one for each round. */
export function figuresOf(
  server: { readonly name: string; readonly isOurs: boolean },
  row: Pick<Row, "unit">,
  results: readonly LoadResult[],
): Figures {
  const amount = (result: LoadResult) =>
    row.unit === "bytes" ? result.bytes / 1e9 : result.completed / 10_000;
  const scale = row.unit === "bytes" ? 1000 : 10_000;
  const cpu = results.map((one) => one.cpuSeconds === null ? null : one.cpuSeconds / amount(one));
  return {
    server: server.name,
    isOurs: server.isOurs,
    rate: median(results.map((one) => amount(one) * scale / one.seconds)) ?? 0,
    cpu: median(known(cpu).filter(Number.isFinite)),
    privateBytes: median(known(results.map((one) => one.privateBytes))),
    failed: results.reduce((sum, one) => sum + one.failed, 0),
    others: median(
      known(
        results.map(({ otherCpuSeconds, seconds }) =>
          otherCpuSeconds === null ? null : otherCpuSeconds / seconds
        ),
      ),
    ),
  };
}

/** The verdicts on one of our servers in a row, one for each target. */
export function verdicts(
  targets: readonly Target[],
  of: { readonly ours: Figures; readonly all: readonly Figures[] },
): Verdict[] {
  return targets.map((target) => {
    const figure = metricOf(of.ours, target.metric);
    const peer = target.against === null ? null : peerFor(target, of.all);
    const theirs = peer === null ? null : metricOf(peer, target.metric);
    const value = figure === null || target.against === null
      ? figure
      : theirs === null || theirs === 0
      ? null
      : figure / theirs;
    const reached = value !== null &&
      (target.metric === "rate" ? value >= target.bound : value <= target.bound);
    // A fast server that loses transfers has reached nothing.
    const met = reached && of.ours.failed === 0;
    return { target, server: of.ours.server, peer: peer?.server ?? null, value, met };
  });
}

/** The middle value, or the mean of the two in the middle; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return null;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The peer to compare with: the one named, or the best of those that failed no transfer. */
function peerFor(target: Target, all: readonly Figures[]): Figures | null {
  const peers = all.filter((one) => !one.isOurs && metricOf(one, target.metric) !== null);
  if (target.against !== "best") {
    return peers.find(({ server }) => server === target.against) ?? null;
  }
  const sound = peers.filter(({ failed }) => failed === 0);
  const field = (sound.length > 0 ? sound : peers).sort((a, b) =>
    metricOf(a, target.metric)! - metricOf(b, target.metric)!
  );
  return (target.metric === "rate" ? field.at(-1) : field[0]) ?? null;
}

function metricOf(figures: Figures, metric: Metric): number | null {
  switch (metric) {
    case "rate":
      return figures.rate;
    case "cpu":
      return figures.cpu;
    case "private":
      return figures.privateBytes;
  }
}

/** The values that are there. */
export function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}
