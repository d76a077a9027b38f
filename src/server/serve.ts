// The server from start to end: bind, drop privileges, serve, reload, stop. What is served is in
// site.ts, what is bound in listeners.ts.
import { rm } from "node:fs/promises";
import process from "node:process";
import type { Config } from "../config/config.ts";
import type { HttpApp } from "../http/exchange.ts";
import { Admission } from "../resolve/admission.ts";
import type { Report } from "../resolve/report.ts";
import { readInterfaces } from "../sys/interfaces.ts";
import { folderFault } from "../storage/disk_faults.ts";
import { preparePrivileges } from "../sys/privileges.ts";
import { absentInterfaces } from "./absent_interfaces.ts";
import { createActivity } from "./activity.ts";
import { banner, describeTree } from "./banner.ts";
import { bindAdvice } from "./bind_advice.ts";
import { hookFault } from "./hook_program.ts";
import { Hooks } from "./hooks.ts";
import { type Given, givenSockets } from "./given.ts";
import { jailed } from "./jail.ts";
import { type Listeners, openListeners } from "./listeners.ts";
import type { Log } from "./log.ts";
import { openLog } from "./log_open.ts";
import { type LogPlace, standardError } from "./log_output.ts";
import { createMetrics, preloadMetrics } from "./metrics.ts";
import { writeReadyFile } from "./ready.ts";
import { reloadText } from "./reload_text.ts";
import { RuleHits } from "./rule_hits.ts";
import { serverInfo } from "./server_info.ts";
import { openServiceManager, type ServiceManager } from "./service_manager.ts";
import { openSite, type Site } from "./site.ts";
import type { TftpEvents } from "./tftp.ts";
import { openTools, type TreeTools } from "./tree.ts";

/** What a reload reads: the configuration, or the faults in it as text. */
export type Reloaded =
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "faults"; readonly text: string };

export interface ServeOptions {
  readonly version: string;
  readonly configFile: string | null;
  /** What is odd about the configuration and no fault of it, to be logged. */
  readonly warnings: readonly string[];
  /** Reads flags, environment and file again. */
  readonly reload: () => Promise<Reloaded>;
  /** Started by inetd, to end after this long without a request; null for any other start. */
  readonly inetd: { readonly idleMs: number } | null;
}

const CLOCK = {
  now: () => performance.now(),
  after(ms: number, run: () => void) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Serves until a signal ends it; gives the exit code. */
export async function serve(config: Config, options: ServeOptions): Promise<number> {
  const place = await standardError({ inetd: options.inetd !== null });
  const { log, warning } = await openLog(config.log, place);
  for (const text of [...options.warnings, warning]) if (text !== "") log.warning(text);
  const tools = await openTools(CLOCK.now);
  const manager = await openServiceManager((text) => log.warning(text));
  const server = new Server(config, { ...options, place, log, manager, tools });
  let code = 1;
  try {
    code = await server.run();
  } catch (error) {
    log.error(`Server failed: ${error instanceof Error ? error.stack ?? error.message : error}`);
    await server.stop();
  }
  // Lines that nobody reads would keep the process for ever.
  const late = CLOCK.after(LAST_LINES_MS, () => process.exit(code));
  await place.emptied();
  late();
  return code;
}

/** timeout(1) signals its child, and then its group with the child in it: that is one request. */
const DOUBLED_SIGNAL_MS = 300;
/** How long the last lines of the log may take. */
const LAST_LINES_MS = 1_000;

interface Parts extends ServeOptions {
  readonly place: LogPlace;
  readonly log: Log;
  readonly manager: ServiceManager;
  readonly tools: TreeTools;
}

class Server {
  readonly #options: Parts;
  /** What listeners and threads were started with; a reload does not change those. */
  readonly #started: Config;
  readonly #startedAtMs = Date.now();
  readonly #activity = createActivity();
  readonly #metrics = createMetrics({
    activity: this.#activity,
    info: () => this.#info(),
    ruleHits: () => this.#ruleHits(),
  });
  readonly #hits = new RuleHits();
  readonly #hooks: Hooks;
  readonly #admission = new Admission();
  readonly #ended = Promise.withResolvers<string>();
  readonly #over = new AbortController();
  #log: Log;
  /** The configuration in force, as it reads outside of a chroot. */
  #config: Config;
  #site: Site;
  #listeners: Listeners | null = null;
  /** Requests are served; until then they wait for `#opened`. */
  #ready = false;
  readonly #opened = Promise.withResolvers<void>();
  /** The root as it is called outside, once the process is locked into it. */
  #jailRoot: string | null = null;
  #reloading: Promise<unknown> = this.#opened.promise;
  #heardAtMs = CLOCK.now();

  constructor(config: Config, options: Parts) {
    this.#options = options;
    this.#started = this.#config = config;
    this.#log = options.log;
    this.#hooks = new Hooks(config.hooks, {
      ...CLOCK,
      debug: (text) => this.#log.debug(text),
      warning: (text) => this.#log.warning(text),
    });
    this.#site = this.#openSite(config);
  }

  async run(): Promise<number> {
    this.#obeySignals();
    let given: Given;
    try {
      const { env, pid } = process;
      given = await givenSockets({ env, pid, inetd: this.#options.inetd !== null });
    } catch (error) {
      return await this.#giveUp((error as Error).message);
    }
    const app: HttpApp = {
      fetch: (request, exchange) =>
        this.#ready
          ? this.#site.app.fetch(request, exchange)
          : this.#opened.promise.then(() => this.#site.app.fetch(request, exchange)),
    };
    const opening = { given, app, events: this.#tftpEvents(), clock: CLOCK };
    const { listeners, faults } = await openListeners(this.#started, opening);
    this.#listeners = listeners;
    if (faults.length > 0) return await this.#giveUp(bindAdvice(faults));
    try {
      await this.#dropPrivileges();
    } catch (error) {
      return await this.#giveUp((error as Error).message);
    }
    this.#apply(this.#openSite(this.#started));
    this.#ready = true;
    this.#opened.resolve();
    await this.#announce(listeners);
    const why = await this.#ended.promise;
    this.#log.info(`Stopping: ${why}`);
    await this.stop();
    return why === CRASHED ? 1 : 0;
  }

  /** Tells peers and the service manager, and closes everything. */
  async stop() {
    const { manager } = this.#options;
    manager.stopping();
    this.#over.abort();
    await this.#listeners?.close("Server is shutting down");
    await this.#hooks.stop();
    manager.close();
    this.#log.close();
  }

  async #giveUp(text: string): Promise<number> {
    this.#log.error(text);
    await this.stop();
    return 1;
  }

  /** Who asks twice does not want to wait; the exit code is then what shells say of a signal. */
  #obeySignals() {
    let first: { readonly why: string; readonly at: number } | null = null;
    const end = (why: string, code: number) => {
      const at = performance.now();
      first ??= { why, at };
      if (why !== first.why || at - first.at > DOUBLED_SIGNAL_MS) process.exit(code);
      this.#ended.resolve(why);
    };
    process.on("SIGINT", () => end("interrupted", 130));
    process.on("SIGTERM", () => end("terminated", 143));
    process.on("SIGHUP", () => void this.#reload());
  }

  #tftpEvents(): TftpEvents {
    return {
      reports: (reports) => this.#reports(reports),
      hits: (worker, hits) => this.#hits.set(worker, hits),
      live: (worker, transfers) => {
        this.#heardAtMs = CLOCK.now();
        this.#activity.setLive(`tftp ${worker}`, transfers);
      },
      notice: (text) => this.#log.info(text),
      packets: (lines) => lines.forEach((line) => this.#log.info(line)),
      crashed: (text) => {
        this.#log.error(`${CRASHED}: ${text}`);
        this.#ended.resolve(CRASHED);
      },
      uploads: () => this.#site.uploads,
    };
  }

  #reports(reports: readonly Report[]) {
    this.#heardAtMs = CLOCK.now();
    this.#activity.add(reports);
    this.#log.reports(reports);
    this.#hooks.add(reports);
  }

  /** Once everything is bound, and before anything is served. Rejects if any step fails. */
  async #dropPrivileges(): Promise<void> {
    const { umask, user, group, chroot, root, readyFile } = this.#started;
    if (umask !== null) process.umask(umask);
    if (user === "") return;
    const privileges = await preparePrivileges({ user, group, jail: chroot ? root : null });
    await preloadMetrics();
    // The new user may not be allowed to write it, and in a chroot its folder is out of sight.
    await this.#writeReadyFile();
    try {
      privileges.drop();
    } catch (error) {
      if (readyFile !== "") await rm(readyFile, { force: true });
      throw error;
    }
    if (chroot) this.#jailRoot = root;
    const where = chroot ? `, locked into "${root}"` : "";
    this.#log.info(`Running as user ${privileges.uid}, group ${privileges.gid}${where}`);
  }

  async #announce({ tftp, bound }: Listeners) {
    const { version, configFile, manager, inetd } = this.#options;
    const { config } = this.#site;
    const notice = tftp?.notice ?? "";
    for (const line of banner({ version, config, configFile, notice, ...bound })) {
      this.#log.info(line);
    }
    this.#warn();
    if (this.#started.user === "") await this.#writeReadyFile();
    manager.ready(`Serving ${this.#started.root}`);
    manager.watch(() => tftp?.ping() ?? Promise.resolve());
    if (inetd !== null) this.#endWhenIdle(inetd.idleMs);
    // The machines that boot do not wait for a count of the files.
    this.#describeTree();
  }

  /** Of what is wrong with this machine, and may be right before it matters. */
  #warn() {
    const { config } = this.#site;
    const warnings = [
      absentInterfaces(config, [...readInterfaces().keys()]),
      hookFault(config.hooks),
    ];
    for (const text of warnings) if (text !== "") this.#log.warning(text);
  }

  #describeTree() {
    const { root } = this.#site.config;
    describeTree(root, this.#over.signal).then(
      (text) => this.#log.info(text),
      ({ message }: Error) => this.#log.error(`${message}. Clients are told to try again`),
    );
  }

  async #writeReadyFile() {
    const { readyFile } = this.#started;
    if (readyFile === "" || this.#listeners === null) return;
    const { tftp, bound } = this.#listeners;
    try {
      await writeReadyFile(readyFile, {
        pid: process.pid,
        ...bound,
        driver: tftp?.driver ?? "none",
      });
    } catch (error) {
      const where = `Cannot write ready file "${readyFile}" (flag --ready-file)`;
      this.#log.error(`${where}: ${folderFault(error)}`);
    }
  }

  /** inetd starts another when the next request comes. */
  #endWhenIdle(idleMs: number) {
    const timer = setInterval(() => {
      const idle = CLOCK.now() - this.#heardAtMs >= idleMs && this.#activity.live().length === 0;
      if (idle) this.#ended.resolve("no request for a while");
    }, Math.min(idleMs, 1000));
    this.#over.signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** For this configuration, as it reads from where the process is. Throws as `openSite` does. */
  #openSite(config: Config): Site {
    return openSite(this.#jailRoot === null ? config : jailed(config), {
      activity: this.#activity,
      metrics: this.#metrics,
      admission: this.#admission,
      now: CLOCK.now,
      tools: this.#options.tools,
      report: (report) => this.#reports([report]),
      notice: (text) => this.#log.info(text),
      info: () => this.#info(),
      reload: () => this.#reload(),
    });
  }

  #info() {
    const { version } = this.#options;
    const { config } = this.#site;
    return serverInfo({
      ...{ version, config, startedAtMs: this.#startedAtMs },
      ...{ listeners: this.#listeners, ready: this.#ready, ruleHits: this.#ruleHits() },
    });
  }

  #ruleHits() {
    return this.#hits.of(this.#site.config.rewrite, this.#site.hits());
  }

  /** Serves by this site from here on; what runs ends under the rules it began with. */
  #apply(site: Site) {
    this.#site = site;
    this.#hits.clear();
    this.#hooks.configure(site.config.hooks);
    this.#listeners?.tftp?.configure(site.config);
  }

  /** One at a time. Whatever is wrong, the old configuration stays in force. */
  #reload(): Promise<ReloadResult> {
    const { manager } = this.#options;
    const reloaded = this.#reloading.then(async () => {
      manager.reloading();
      const result = await this.#tryReload();
      if (result.ok) this.#log.info(result.text);
      else this.#log.error(result.text);
      manager.ready(`Serving ${this.#config.root}`);
      return result;
    });
    this.#reloading = reloaded;
    return reloaded;
  }

  async #tryReload(): Promise<ReloadResult> {
    const refused = (why: string) => ({ ok: false, text: `Configuration not reloaded${why}` });
    // A file that cannot be seen would count as one that is not there, rules and all.
    if (this.#jailRoot !== null && this.#options.configFile !== null) {
      return refused(": its file is out of sight behind the chroot, so restart instead");
    }
    const loaded = await this.#options.reload();
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
    this.#warn();
    if (before.root !== after.root) this.#describeTree();
    return { ok: true, text: reloadText({ started: this.#started, before, after }) };
  }

  async #reopenLog(before: Config, after: Config): Promise<void> {
    if (JSON.stringify(before.log) === JSON.stringify(after.log)) return;
    const { log, warning } = await openLog(after.log, this.#options.place);
    this.#log.close();
    this.#log = log;
    if (warning !== "") log.warning(warning);
  }
}

interface ReloadResult {
  readonly ok: boolean;
  readonly text: string;
}

/** Why the server ends when a thread of it has died. */
const CRASHED = "TFTP worker failed";
