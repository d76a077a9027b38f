// What the server remembers of its requests: the last ones, the last ones of each client, sums
// since the start, and what is under way. Bounded in every direction; all of it lives in memory.
import { LRUCache } from "lru-cache";
import type { ActivityView, ClientSummary, Count } from "../http/activity_view.ts";
import type { RefusalKind } from "../resolve/refusal.ts";
import type { LiveTransfer, Report, TimedReport } from "../resolve/report.ts";

/** Reports kept in all, reports kept per client, clients kept. */
const RECENT_MAX = 200;
const RECENT_PER_CLIENT_MAX = 20;
const CLIENTS_MAX = 500;
/** Longest name and reason kept, in characters: a peer chooses its names. */
const TEXT_CHARS_MAX = 1024;

/** Least time between two calls of a watcher, and the most. */
const WATCH_MS = 1000;
const HEARTBEAT_MS = 15_000;

/** The memory of the server; the status pages and the metrics look into it. */
export interface Activity extends ActivityView {
  /** Takes in reports in the order in which they came. */
  add(reports: readonly TimedReport[]): void;
  /** Replaces the running transfers of one source, such as the TFTP worker. */
  setLive(source: string, transfers: readonly LiveTransfer[]): void;
}

/** Time, so that tests need not wait. */
export interface ActivityClock {
  /** Runs `run` once in `ms` milliseconds; gives what cancels it. Does not keep the process alive. */
  after(ms: number, run: () => void): () => void;
}

/** An empty memory. */
export function createActivity(clock: ActivityClock = SYSTEM_CLOCK): Activity {
  return new Memory(clock);
}

const SYSTEM_CLOCK: ActivityClock = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

interface Client {
  requests: number;
  readonly last: Ring;
}

type MutableCount = { -readonly [Key in keyof Count]: Count[Key] };

class Memory implements Activity {
  readonly #recent = new Ring(RECENT_MAX);
  readonly #clients = new LRUCache<string, Client>({ max: CLIENTS_MAX });
  readonly #counts = new Map<string, MutableCount>();
  readonly #refusals = new Map<RefusalKind, number>();
  readonly #live = new Map<string, readonly LiveTransfer[]>();
  readonly #tracked = new Set<() => LiveTransfer>();
  readonly #watch: Watch;

  constructor(clock: ActivityClock) {
    this.#watch = new Watch(clock, () => this.#tracked.size > 0);
  }

  add(reports: readonly TimedReport[]): void {
    for (const report of reports) this.#addOne(report);
    if (reports.length > 0) this.#watch.changed();
  }

  #addOne({ atMs, report }: TimedReport): void {
    // Where files lie on this machine is nobody's business who looks at the status pages.
    const recent = { atMs, report: { ...shortened(report), path: null } };
    this.#recent.push(recent);
    let client = this.#clients.get(report.client);
    if (client === undefined) {
      client = { requests: 0, last: new Ring(RECENT_PER_CLIENT_MAX) };
      this.#clients.set(report.client, client);
    }
    client.requests += 1;
    client.last.push(recent);
    this.#count(report);
  }

  #count(report: Report): void {
    const { via, operation, outcome, refusal } = report;
    const key = `${via} ${operation} ${outcome}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { via, operation, outcome, requests: 0, bytes: 0, retransmits: 0, seconds: 0 };
      this.#counts.set(key, count);
    }
    count.requests += 1;
    count.bytes += report.bytes;
    count.retransmits += report.retransmits;
    count.seconds += report.durationMs / 1000;
    if (refusal !== null) this.#refusals.set(refusal, (this.#refusals.get(refusal) ?? 0) + 1);
  }

  setLive(source: string, transfers: readonly LiveTransfer[]): void {
    const before = this.#live.get(source)?.length ?? 0;
    this.#live.set(source, transfers);
    if (before > 0 || transfers.length > 0) this.#watch.changed();
  }

  track(snapshot: () => LiveTransfer): () => void {
    this.#tracked.add(snapshot);
    this.#watch.changed();
    return () => void this.#tracked.delete(snapshot);
  }

  live(): readonly LiveTransfer[] {
    const own = Array.from(this.#tracked, (snapshot) => snapshot());
    return [...this.#live.values(), own].flat();
  }

  recent(): readonly TimedReport[] {
    return this.#recent.newestFirst();
  }

  clients(): readonly ClientSummary[] {
    const clients: ClientSummary[] = [];
    // An LRU cache goes through its entries from the one used last.
    for (const [client, { requests, last }] of this.#clients.entries()) {
      clients.push({ client, requests, last: last.newest()! });
    }
    return clients;
  }

  ofClient(client: string): readonly TimedReport[] {
    return this.#clients.peek(client)?.last.newestFirst() ?? [];
  }

  counts(): readonly Count[] {
    return [...this.#counts.values()];
  }

  refusals(): readonly { readonly kind: RefusalKind; readonly requests: number }[] {
    return Array.from(this.#refusals, ([kind, requests]) => ({ kind, requests }));
  }

  subscribe(changed: () => void): () => void {
    return this.#watch.add(changed);
  }
}

function shortened(report: Report): Report {
  const { name, reason, trail } = report;
  const isLong = (text: string) => text.length > TEXT_CHARS_MAX;
  if (![name, reason, ...trail].some(isLong)) return report;
  return {
    ...report,
    name: name.slice(0, TEXT_CHARS_MAX),
    reason: reason.slice(0, TEXT_CHARS_MAX),
    trail: trail.map((step) => step.slice(0, TEXT_CHARS_MAX)),
  };
}

/** The last `max` reports, the oldest overwritten. */
class Ring {
  readonly #max: number;
  readonly #items: TimedReport[] = [];
  #next = 0;

  constructor(max: number) {
    this.#max = max;
  }

  push(item: TimedReport): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#max;
  }

  newest(): TimedReport | undefined {
    return this.#items[(this.#next + this.#max - 1) % this.#max];
  }

  newestFirst(): readonly TimedReport[] {
    return [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)].reverse();
  }
}

/** Tells watchers of changes, not too often and not too seldom. Without watchers no timer runs. */
class Watch {
  readonly #clock: ActivityClock;
  /** Whether something goes on that changes by itself. */
  readonly #isMoving: () => boolean;
  readonly #watchers = new Set<() => void>();
  #cancel: (() => void) | null = null;
  #isDue = false;

  constructor(clock: ActivityClock, isMoving: () => boolean) {
    this.#clock = clock;
    this.#isMoving = isMoving;
  }

  add(watcher: () => void): () => void {
    const own = () => watcher();
    this.#watchers.add(own);
    if (this.#cancel === null) this.#wait(WATCH_MS);
    return () => {
      this.#watchers.delete(own);
      if (this.#watchers.size > 0) return;
      this.#cancel?.();
      this.#cancel = null;
    };
  }

  changed(): void {
    if (this.#isDue || this.#watchers.size === 0) return;
    this.#isDue = true;
    this.#wait(WATCH_MS);
  }

  #wait(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(ms, () => this.#tell());
  }

  #tell(): void {
    this.#isDue = this.#isMoving();
    this.#wait(this.#isDue ? WATCH_MS : HEARTBEAT_MS);
    for (const watcher of this.#watchers) watcher();
  }
}
