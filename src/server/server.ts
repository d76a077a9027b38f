// What a server serves, counts and tells, by the configuration in force, and how another takes its
// place. How it starts and ends is in serve.ts, what it serves of one configuration in site.ts.
import type { Config } from "../config/config.ts";
import type { HttpApp, HttpClock } from "../http/exchange.ts";
import { Admission } from "../resolve/admission.ts";
import { readInterfaces } from "../sys/interfaces.ts";
import { absentInterfaces } from "./absent_interfaces.ts";
import { createActivity } from "./activity.ts";
import { describeTree } from "./banner.ts";
import { hookFault } from "./hooks/program.ts";
import { Hooks } from "./hooks/hooks.ts";
import { jailed } from "./jail.ts";
import type { Listeners } from "./listeners.ts";
import type { Log } from "./log/log.ts";
import { reopenLog } from "./log/open.ts";
import { reportsAmong, type Told } from "./log/told.ts";
import type { LogPlace } from "./log/output.ts";
import { createMetrics } from "./metrics.ts";
import type { Dropped } from "./privileges.ts";
import { reloadText } from "./reload_text.ts";
import { RuleHits } from "./rule_hits.ts";
import { serverInfo } from "./server_info.ts";
import type { ServiceManager } from "./service_manager.ts";
import { openSite, type Site } from "./site.ts";
import { addSums, type GroupSums } from "../tftp/group_sums.ts";
import type { TftpEvents } from "./tftp/tftp.ts";
import type { TreeTools } from "./tree.ts";

/** What a reload reads: the configuration, or the faults in it as text. */
export type Reloaded =
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "faults"; readonly text: string };

export interface ServerParts {
  readonly version: string;
  readonly configFile: string | null;
  /** Reads flags, environment and file again. */
  readonly reload: () => Promise<Reloaded>;
  readonly log: Log;
  readonly place: LogPlace;
  readonly manager: ServiceManager;
  readonly tools: TreeTools;
  readonly clock: HttpClock;
  /** Aborted when the server stops. */
  readonly over: AbortSignal;
}

/** Why the server ends, and with which exit code. */
export interface Ending {
  readonly why: string;
  readonly code: number;
}

interface ReloadResult {
  readonly ok: boolean;
  readonly text: string;
}

export class Server {
  /** For the HTTP listeners; requests wait until the server is open. */
  readonly app: HttpApp = {
    fetch: (request, exchange) =>
      this.#listeners !== null
        ? this.#site.app.fetch(request, exchange)
        : this.#opened.promise.then(() => this.#site.app.fetch(request, exchange)),
  };

  /** For the TFTP workers. */
  readonly events: TftpEvents = {
    told: (told) => this.#told(told),
    hits: (worker, hits) => this.#hits.set(worker, hits),
    live: (worker, { transfers, groups }) => {
      this.#heardAtMs = this.#parts.clock.now();
      this.#groups.set(worker, groups);
      this.#activity.setLive(`tftp ${worker}`, transfers);
    },
    notice: (text) => this.#parts.log.info(text),
    crashed: (text) => {
      const why = "TFTP worker failed";
      this.#parts.log.error(`${why}: ${text}`);
      this.#ended.resolve({ why, code: 1 });
    },
    uploads: () => this.#site.uploads,
  };

  readonly #parts: ServerParts;
  /** What listeners and threads were started with; a reload does not change those. */
  readonly #started: Config;
  readonly #startedAtMs = Date.now();
  readonly #activity = createActivity();
  readonly #metrics = createMetrics({
    activity: this.#activity,
    info: () => this.#info(),
    ruleHits: () => this.#ruleHits(),
    groups: () => addSums(this.#groups.values()),
  });
  /** The multicast groups of each worker. */
  readonly #groups = new Map<number, GroupSums>();
  readonly #hits = new RuleHits();
  readonly #hooks: Hooks;
  readonly #admission = new Admission();
  readonly #ended = Promise.withResolvers<Ending>();
  /** The configuration in force, as it reads outside of a chroot. */
  #config: Config;
  #site: Site;
  /** Null until requests are served. */
  #listeners: Listeners | null = null;
  readonly #opened = Promise.withResolvers<void>();
  /** The root as it is called outside, once the process is locked into it. */
  #jailRoot: string | null = null;
  #reloading: Promise<unknown> = this.#opened.promise;
  #heardAtMs: number;

  constructor(config: Config, parts: ServerParts) {
    const { log, clock } = parts;
    this.#parts = parts;
    this.#started = this.#config = config;
    this.#heardAtMs = clock.now();
    this.#hooks = new Hooks(config.hooks, {
      ...clock,
      debug: (text) => log.debug(text),
      warning: (text) => log.warning(text),
    });
    this.#site = this.#openSite(config);
  }

  /** Serves by what is bound, from where the process is. Throws where a rule does not compile. */
  open(listeners: Listeners, { jailRoot }: Pick<Dropped, "jailRoot">): void {
    this.#jailRoot = jailRoot;
    this.#listeners = listeners;
    this.#apply(this.#openSite(this.#started));
    this.#opened.resolve();
  }

  /** The configuration in force, as it reads from where the process is. */
  get config(): Config {
    return this.#site.config;
  }

  /** Resolves when somebody has asked for the end, or a thread has died. */
  get ended(): Promise<Ending> {
    return this.#ended.promise;
  }

  end(why: string): void {
    this.#ended.resolve({ why, code: 0 });
  }

  /** Whether nothing is under way, and nothing has been for so long. */
  isIdle(idleMs: number): boolean {
    const { clock } = this.#parts;
    return clock.now() - this.#heardAtMs >= idleMs && this.#activity.live().length === 0;
  }

  /** Of what is wrong with this machine, and may be right before it matters. */
  warn(): void {
    const warnings = [
      absentInterfaces(this.config, [...readInterfaces().keys()]),
      hookFault(this.config.hooks),
    ];
    for (const text of warnings) if (text !== "") this.#parts.log.warning(text);
  }

  /** Counts what the root holds, and logs that when it is known. */
  describeTree(): void {
    const { log, over } = this.#parts;
    describeTree(this.config.root, over).then(
      (text) => log.info(text),
      ({ message }: Error) => log.error(`${message}. Clients are told to try again`),
    );
  }

  /** One at a time. Whatever is wrong, the old configuration stays in force. */
  reload(): Promise<ReloadResult> {
    const { manager, log } = this.#parts;
    const reloaded = this.#reloading.then(async () => {
      manager.reloading();
      const result = await this.#tryReload();
      if (result.ok) log.info(result.text);
      else log.error(result.text);
      manager.ready(`Serving ${this.#config.root}`);
      return result;
    });
    this.#reloading = reloaded;
    return reloaded;
  }

  /** Once nothing more comes from the listeners. */
  async close(): Promise<void> {
    await this.#hooks.stop();
  }

  #told(told: readonly Told[]): void {
    this.#parts.log.told(told);
    const reports = reportsAmong(told);
    if (reports.length === 0) return;
    this.#heardAtMs = this.#parts.clock.now();
    this.#activity.add(reports);
    this.#hooks.add(reports.map(({ report }) => report));
  }

  /** For this configuration, as it reads from where the process is. Throws as `openSite` does. */
  #openSite(config: Config): Site {
    const { log, clock, tools } = this.#parts;
    return openSite(this.#jailRoot === null ? config : jailed(config), {
      activity: this.#activity,
      metrics: this.#metrics,
      admission: this.#admission,
      now: clock.now,
      tools,
      report: (report) => this.#told([{ atMs: Date.now(), report }]),
      notice: (text) => log.info(text),
      info: () => this.#info(),
      reload: () => this.reload(),
    });
  }

  /** Serves by this site from here on; what runs ends under the rules it began with. */
  #apply(site: Site): void {
    this.#site = site;
    this.#hits.clear();
    this.#hooks.configure(site.config.hooks);
    this.#listeners?.tftp?.configure(site.config);
  }

  async #tryReload(): Promise<ReloadResult> {
    const refused = (why: string) => ({ ok: false, text: `Configuration not reloaded${why}` });
    // A file that cannot be seen would count as one that is not there, rules and all.
    if (this.#jailRoot !== null && this.#parts.configFile !== null) {
      return refused(": its file is out of sight behind the chroot, so restart instead");
    }
    const loaded = await this.#parts.reload();
    if (loaded.kind === "faults") {
      return refused(`, the old one stays in force:\n${loaded.text.trimEnd()}`);
    }
    const after = loaded.config;
    if (after.root === "") return refused(', the old one stays in force: it has no "root"');
    if (this.#jailRoot !== null && after.root !== this.#jailRoot) {
      return refused(': "root" cannot change once chroot holds');
    }
    try {
      this.#apply(this.#openSite(after));
    } catch (error) {
      return refused(`, the old one stays in force: ${(error as Error).message}`);
    }
    const before = this.#config;
    this.#config = after;
    // A worker that answers has done what it was told before: from here on the rules are in force.
    await this.#listeners?.tftp?.ping();
    await this.#reopenLog(before, after);
    this.warn();
    if (before.root !== after.root) this.describeTree();
    return { ok: true, text: reloadText({ started: this.#started, before, after }) };
  }

  async #reopenLog(before: Config, after: Config): Promise<void> {
    if (JSON.stringify(before.log) === JSON.stringify(after.log)) return;
    const { log, place } = this.#parts;
    const warning = await reopenLog(log, after.log, place);
    if (warning !== "") log.warning(warning);
  }

  #info() {
    return serverInfo({
      ...{ version: this.#parts.version, config: this.config, startedAtMs: this.#startedAtMs },
      ...{ listeners: this.#listeners, ready: this.#listeners !== null },
      ruleHits: this.#ruleHits(),
    });
  }

  #ruleHits() {
    return this.#hits.of(this.#site.config.rewrite, this.#site.hits());
  }
}
