// The TFTP worker: one thread with a driver, the endpoint and a resolver of its own. No datagram
// leaves it; what it says to the main thread are listeners, reports, snapshots and uploads.
import type { Config } from "../../config/config.ts";
import { createDriver } from "../../net/create.ts";
import { BindError, type Peer, type UdpDriver, type UdpHost } from "../../net/driver.ts";
import type { Report } from "../../resolve/report.ts";
import { compileQuirks } from "../../resolve/quirks.ts";
import { SparseNotice } from "../../resolve/sparse_notice.ts";
import { tracedDriver } from "../../tftp/traced_driver.ts";
import { Endpoint, type ListenPlace } from "../../tftp/endpoint.ts";
import type { Settings } from "../../tftp/settings.ts";
import { type Look, openLook } from "../../sys/look.ts";
import { type Neighbours, openNeighbours } from "../../sys/neighbours.ts";
import type { BindRefusal, Bound } from "../bound.ts";
import { openTree } from "../tree.ts";
import type { FromWorker, Place, ToWorker } from "./messages.ts";
import { RoundLook } from "./round_look.ts";
import { ToldQueue } from "./told_queue.ts";
import { UploadCourier } from "./upload_courier.ts";

interface WorkerScope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
  close(): void;
}

/** How often snapshots are posted while there are any. */
const LIVE_MS = 1_000;
const HITS_MS = 1_000;
const LIVE_TRANSFERS_MAX = 500;

const scope = globalThis as unknown as WorkerScope;
const told = new ToldQueue((some) =>
  scope.postMessage({ kind: "told", json: JSON.stringify(some) })
);
let worker: TftpWorker | null = null;

/** Posted behind what was to be told before it, and at once: there may be no turn soon. */
function notify(text: string) {
  told.add({ atMs: Date.now(), text });
  told.post(performance.now());
}

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "start":
      void TftpWorker.start(data).then((started) => worker = started);
      return;
    case "configure":
      return worker?.configure(data.config);
    case "upload":
      return worker?.courier.deliver(data.id, data.event);
    case "ping":
      return scope.postMessage({ kind: "pong" });
    case "stop":
      return worker?.stop(data.text);
  }
};

interface WorkerParts {
  readonly driver: UdpDriver;
  readonly look: Look | null;
  readonly neighbours: Neighbours;
  /** A broadcast reaches all sockets of a port that workers share: one worker must answer. */
  readonly answersBroadcasts: boolean;
}

/** The endpoint as the driver sees it, with the posting of what has gathered. */
class TftpWorker implements UdpHost {
  readonly courier = new UploadCourier((message) => scope.postMessage(message));
  readonly #driver: UdpDriver;
  readonly #look: RoundLook | null;
  readonly #neighbours: Neighbours;
  readonly #answersBroadcasts: boolean;
  readonly #endpoint: Endpoint;
  #running = false;
  #liveAt = Infinity;
  #hitsAt = Infinity;
  #hits: () => readonly number[] = () => [];

  /**
   * Binds everything; serving waits for a configuration. Gives null if anything could not be bound,
   * which is posted.
   */
  static async start(order: Extract<ToWorker, { kind: "start" }>): Promise<TftpWorker | null> {
    const { config, wakeFd, place } = order;
    const faultNotice = new SparseNotice(notify);
    try {
      const created = await createDriver({
        wanted: config.tftp.driver,
        onNotice: (text) => scope.postMessage({ kind: "sending", text }),
        onFault: (text) => faultNotice.add(text, performance.now()),
        ...(wakeFd === null ? {} : { wakeFd }),
      });
      // Where datagrams go by FFI, the disk may be asked that way, too.
      const look = created.driver.name === "linux" ? await openLook() : null;
      const neighbours = await openNeighbours(() => created.driver.now());
      const answersBroadcasts = place.kind !== "join";
      const parts = { driver: created.driver, look, neighbours, answersBroadcasts };
      const worker = new TftpWorker({ ...parts, config });
      const { bound, faults } = await worker.#listen(config, place);
      if (bound.length === 0 || faults.length > 0) {
        scope.postMessage({ kind: "fault", faults });
        created.driver.stop();
        return null;
      }
      const driver = created.driver.name;
      scope.postMessage({ kind: "listening", tftp: bound, driver, notice: created.notice });
      return worker;
    } catch (error) {
      scope.postMessage({ kind: "fault", faults: [faultOf(error, config)] });
      return null;
    }
  }

  constructor({ driver: bare, config, ...parts }: WorkerParts & { readonly config: Config }) {
    const driver = config.tftp.trace
      ? tracedDriver(bare, (text) => told.add({ atMs: Date.now(), text }))
      : bare;
    this.#driver = driver;
    this.#look = parts.look === null ? null : new RoundLook(parts.look);
    this.#neighbours = parts.neighbours;
    this.#answersBroadcasts = parts.answersBroadcasts;
    this.#endpoint = new Endpoint({
      driver,
      settings: this.#settingsOf(config),
      uploads: this.courier,
      random: Math.random,
      report: (report) => this.#report(report),
      notice: notify,
    });
  }

  readonly receive: UdpHost["receive"] = (socket, peer, bytes, local, now) => {
    if (local?.broadcast && !this.#answersBroadcasts) return;
    this.#endpoint.receive(socket, peer, bytes, local, now);
  };

  holds(peer: Peer): boolean {
    return this.#endpoint.holds(peer);
  }

  turn(now: number): number {
    this.#look?.next();
    const next = this.#endpoint.turn(now);
    if (now >= told.dueAt) told.post(now);
    if (this.#liveAt === Infinity && this.#endpoint.transfers > 0) this.#liveAt = now + LIVE_MS;
    if (now >= this.#liveAt) {
      const transfers = this.#endpoint.live(LIVE_TRANSFERS_MAX);
      scope.postMessage({ kind: "live", transfers, groups: this.#endpoint.groupSums });
      this.#liveAt = transfers.length > 0 ? now + LIVE_MS : Infinity;
    }
    if (now >= this.#hitsAt) this.#postHits();
    return Math.min(next, told.dueAt, this.#liveAt, this.#hitsAt);
  }

  /** Until the first configuration comes, requests wait in the sockets. */
  configure(config: Config) {
    try {
      this.#endpoint.configure(this.#settingsOf(config));
      this.#postHits();
    } catch (error) {
      // The main thread has made the same settings before, so this is for want of memory or the like.
      notify(`TFTP keeps its old configuration: ${error}`);
    }
    if (this.#running) return;
    this.#running = true;
    void this.#driver.run(this).then(() => scope.postMessage({ kind: "stopped" }));
  }

  stop(text: string) {
    this.#endpoint.close(text);
    told.post(this.#driver.now());
    this.#driver.stop();
    if (!this.#running) scope.postMessage({ kind: "stopped" });
  }

  /** At every place wanted; a missing IPv6 is one line in the log, never a fault. */
  async #listen(config: Config, place: Place): Promise<{ bound: Bound[]; faults: BindRefusal[] }> {
    const bound: Bound[] = [];
    const faults: BindRefusal[] = [];
    let isIPv6Missing = false;
    // The portable driver shares no port, which ends the start of several workers later.
    const isShared = place.kind === "bind" && place.shared && this.#driver.name === "linux";
    for (const each of placesOf(config, { place, driver: this.#driver })) {
      try {
        if (isShared) await this.#claim(each, config);
        const { host: address, port } = await this.#endpoint.listen(each);
        bound.push({ address, port });
      } catch (error) {
        const fault = faultOf(error, config, each);
        const soft = each.kind === "bind" && config.addresses.length === 0 &&
          each.host.includes(":") &&
          (fault.reason === "no-family" || fault.reason === "unavailable");
        if (soft) isIPv6Missing = true;
        else faults.push(fault);
      }
    }
    if (isIPv6Missing) notify("No IPv6 here: serving IPv4 only");
    return { bound, faults };
  }

  /** A port that is shared among ours must not be shared with another server of this user. */
  async #claim(place: ListenPlace, { tftp: { port } }: Config): Promise<void> {
    if (place.kind !== "bind" || port === null || port === 0) return;
    const socket = await this.#driver.bind({ host: place.host, port });
    socket.close();
  }

  #settingsOf(config: Config): Settings {
    const now = () => this.#driver.now();
    const resolver = openTree(config, {
      ...{ now, look: this.#look?.look ?? null, neighbours: this.#neighbours },
    });
    const tftpFor = compileQuirks(config.tftp, config.quirks);
    const { tftp, mtftp, limits } = config;
    this.#hits = () => resolver.hits();
    return { tftp, tftpFor, mtftp, limits, resolver };
  }

  #report(report: Report) {
    told.add({ atMs: Date.now(), report });
    if (this.#hitsAt === Infinity) this.#hitsAt = this.#driver.now() + HITS_MS;
  }

  #postHits() {
    const hits = this.#hits();
    if (hits.length > 0) scope.postMessage({ kind: "hits", hits });
    this.#hitsAt = Infinity;
  }
}

interface Placing {
  readonly place: Place;
  readonly driver: UdpDriver;
}

function placesOf(config: Config, { place, driver }: Placing): readonly ListenPlace[] {
  switch (place.kind) {
    case "adopt":
      return place.fds.map((fd) => ({ kind: "adopt", fd }));
    case "join":
      return place.bound.map(({ address: host, port }) => (
        { kind: "bind", host, port, reusePort: true }
      ));
    case "bind": {
      const wanted = config.addresses.length > 0 ? config.addresses : ["0.0.0.0", "::"];
      return wanted.flatMap((address) => driver.expand(address))
        .map((host) => ({ kind: "bind", host, reusePort: place.shared }));
    }
  }
}

function faultOf(error: unknown, config: Config, place?: ListenPlace): BindRefusal {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof BindError) return { text, reason: error.reason, port: error.port };
  const given = place?.kind === "adopt"
    ? `Cannot serve the socket of descriptor ${place.fd}: `
    : "";
  return { text: given + text, reason: "other", port: config.tftp.port ?? 0 };
}
