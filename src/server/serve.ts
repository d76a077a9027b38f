// The life of a server: its sockets are bound, its privileges dropped, it serves until a signal or a
// fault ends it. What it serves meanwhile is in server.ts.
import process from "node:process";
import type { Config } from "../config/config.ts";
import type { HttpClock } from "../http/exchange.ts";
import { banner } from "./banner.ts";
import { bindAdvice } from "./bind_advice.ts";
import { type Given, givenSockets } from "./given.ts";
import { type Listeners, openListeners } from "./listeners.ts";
import type { Log } from "./log/log.ts";
import { openLog } from "./log/open.ts";
import { standardError } from "./log/output.ts";
import { type Dropped, dropPrivileges } from "./privileges.ts";
import { tellReady } from "./ready.ts";
import { type Reloaded, Server } from "./server.ts";
import { openServiceManager, type ServiceManager } from "./service_manager.ts";
import { obeySignals } from "./signals.ts";
import { openTools } from "./tree.ts";

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

const CLOCK: HttpClock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
/** How long the last lines of the log may take. */
const LAST_LINES_MS = 1_000;

/** Serves until a signal ends it; gives the exit code. */
export async function serve(config: Config, options: ServeOptions): Promise<number> {
  const place = await standardError({ inetd: options.inetd !== null });
  const { log, warning } = await openLog(config.log, place);
  for (const text of [...options.warnings, warning]) if (text !== "") log.warning(text);
  const tools = await openTools(CLOCK.now);
  const manager = await openServiceManager((text) => log.warning(text));
  const over = new AbortController();
  const server = new Server(config, {
    ...{ ...options, place, log, manager, tools, clock: CLOCK, over: over.signal },
  });
  const life = new Life(config, { ...options, log, manager, server, over });
  let code = 1;
  try {
    code = await life.run();
  } catch (error) {
    log.error(`Server failed: ${error instanceof Error ? error.stack ?? error.message : error}`);
    await life.stop();
  }
  // Lines that nobody reads would keep the process for ever.
  const late = CLOCK.after(LAST_LINES_MS, () => process.exit(code));
  await place.emptied();
  late();
  return code;
}

interface LifeParts extends ServeOptions {
  readonly log: Log;
  readonly manager: ServiceManager;
  readonly server: Server;
  /** Aborted when the server stops. */
  readonly over: AbortController;
}

class Life {
  readonly #config: Config;
  readonly #parts: LifeParts;
  #listeners: Listeners | null = null;

  constructor(config: Config, parts: LifeParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /** Gives the exit code, once all is closed. */
  async run(): Promise<number> {
    const { server, log } = this.#parts;
    obeySignals({ end: (why) => server.end(why), reload: () => void server.reload() });
    let given: Given;
    try {
      const { env, pid } = process;
      given = await givenSockets({ env, pid, inetd: this.#parts.inetd !== null });
    } catch (error) {
      return await this.#giveUp((error as Error).message);
    }
    const { app, events } = server;
    const { listeners, faults } = await openListeners(this.#config, {
      ...{ given, app, events, clock: CLOCK },
    });
    this.#listeners = listeners;
    if (faults.length > 0) return await this.#giveUp(bindAdvice(faults, this.#config));
    let dropped: Dropped;
    try {
      dropped = await dropPrivileges(this.#config, () => this.#tellReady(listeners));
    } catch (error) {
      return await this.#giveUp((error as Error).message);
    }
    if (dropped.text !== "") log.info(dropped.text);
    server.open(listeners, dropped);
    await this.#announce(listeners);
    const { why, code } = await server.ended;
    log.info(`Stopping: ${why}`);
    await this.stop();
    return code;
  }

  /** Tells peers and the service manager, and closes everything. */
  async stop(): Promise<void> {
    const { manager, server, log, over } = this.#parts;
    manager.stopping();
    over.abort();
    await this.#listeners?.close("Server is shutting down");
    await server.close();
    manager.close();
    log.close();
  }

  async #giveUp(text: string): Promise<number> {
    this.#parts.log.error(text);
    await this.stop();
    return 1;
  }

  async #announce(listeners: Listeners): Promise<void> {
    const { version, configFile, manager, inetd, server, log } = this.#parts;
    const { tftp, bound } = listeners;
    const { config } = server;
    const notice = tftp?.notice ?? "";
    for (const line of banner({ version, config, configFile, notice, ...bound })) log.info(line);
    server.warn();
    if (this.#config.user === "") await this.#tellReady(listeners);
    manager.ready(`Serving ${this.#config.root}`);
    manager.watch(() => tftp?.ping() ?? Promise.resolve());
    if (inetd !== null) this.#endWhenIdle(inetd.idleMs);
    // The machines that boot do not wait for a count of the files.
    server.describeTree();
  }

  #tellReady(listeners: Listeners): Promise<void> {
    return tellReady(this.#config.readyFile, listeners, this.#parts.log);
  }

  /** inetd starts another when the next request comes. */
  #endWhenIdle(idleMs: number): void {
    const { server, over } = this.#parts;
    const timer = setInterval(() => {
      if (server.isIdle(idleMs)) server.end("no request for a while");
    }, Math.min(idleMs, 1000));
    over.signal.addEventListener("abort", () => clearInterval(timer));
  }
}
