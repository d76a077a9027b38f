// The TFTP server without sockets, clock, disk or log: datagrams in, transfers found or made by
// (our port, peer), timers run. Everything real is injected; the simulator injects the rest.
import type { Local, Peer, UdpDriver, UdpHost, UdpSocket } from "../net/driver.ts";
import type { Failure } from "../proto/machine.ts";
import { Admission } from "../resolve/admission.ts";
import type { LiveTransfer, Report } from "../resolve/report.ts";
import type { OpenFile } from "../storage/store.ts";
import type { Uploads } from "../storage/upload.ts";
import { encodePacket, OPCODE, opcodeOf } from "../wire/packet.ts";
import { Acquaintances } from "./acquaintances.ts";
import { Deadlines } from "./deadlines.ts";
import type { GroupSums } from "./group_sums.ts";
import { Groups } from "./groups.ts";
import { MtftpService } from "./mtftp_service.ts";
import { OpenFiles } from "./open_files.ts";
import { Requests } from "./requests.ts";
import type { Settings } from "./settings.ts";
import { bindTids } from "./tids.ts";
import type { Port } from "./port.ts";
import type { Scheduled, Transfer } from "./transfer.ts";

/** Where to listen: an address, at the port of the settings unless another is given; or a socket. */
export type ListenPlace =
  | {
    readonly kind: "bind";
    readonly host: string;
    readonly port?: number;
    /** Other endpoints of this machine may listen there, too. */
    readonly reusePort?: boolean;
  }
  | { readonly kind: "adopt"; readonly fd: number };

export interface EndpointOptions {
  readonly driver: UdpDriver;
  readonly settings: Settings;
  readonly uploads: Uploads;
  /** Uniform in [0, 1); picks TIDs. */
  readonly random: () => number;
  readonly report: (report: Report) => void;
  /** Something an operator should know; called rarely. */
  readonly notice: (text: string) => void;
}

/** ERROR 5 answers per second to senders we do not know; the rest stays unanswered. */
const STRAY_ANSWERS_PER_SECOND_MAX = 100;
/** Uploads that are safe and stay to repeat their last ACK; above this the oldest goes. */
const DALLYING_MAX = 1_000;

export class Endpoint implements UdpHost {
  readonly #options: EndpointOptions;
  readonly #ports = new Map<UdpSocket, Port>();
  readonly #deadlines = new Deadlines<Scheduled>();
  readonly #groups: Groups;
  readonly #files: OpenFiles;
  readonly #requests: Requests;
  readonly #mtftp: MtftpService;
  readonly #acquaintances = new Acquaintances();
  readonly #admission = new Admission();
  readonly #dallying = new Set<Transfer>();
  #settings: Settings;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#files = new OpenFiles((file: OpenFile) => options.driver.release(file));
    this.#groups = new Groups({
      random: options.random,
      notice: options.notice,
      ended: (session) => this.#deadlines.remove(session),
    });
    this.#requests = new Requests({
      uploads: options.uploads,
      random: options.random,
      clock: () => options.driver.now(),
      report: options.report,
      notice: options.notice,
      files: this.#files,
      groups: this.#groups,
      admission: this.#admission,
      ports: this.#ports,
      acquaintances: this.#acquaintances,
      changed: (transfer) => this.#changedOutside(transfer),
      events: {
        settled: (transfer, report) => this.#settled(transfer, report),
        ended: (transfer) => this.#ended(transfer),
      },
    });
    this.#mtftp = new MtftpService(options.settings, {
      driver: options.driver,
      files: this.#files,
      admission: this.#admission,
      report: options.report,
      notice: options.notice,
      ended: (pass) => this.#deadlines.remove(pass),
    });
  }

  /**
   * Listens, with a pool of TIDs and the ports of MTFTP. Gives the address of the listener.
   * Rejects with `BindError`, or with what is wrong with a descriptor.
   */
  async listen(place: ListenPlace): Promise<{ readonly host: string; readonly port: number }> {
    const { driver } = this.#options;
    const { tftp } = this.#settings;
    const multicastHops = tftp.multicast.ttl;
    const listener = await this.#openListener(place);
    const host = place.kind === "bind" ? place.host : listener.host;
    const tids = tftp.singlePort
      ? [listener]
      : await bindTids({ driver, host, portRange: tftp.portRange, multicastHops });
    this.#ports.set(listener, { listens: true, tids });
    for (const socket of tids) {
      if (socket === listener) continue;
      this.#ports.set(socket, { listens: false, tids });
    }
    await this.#mtftp.listen(host);
    return { host, port: listener.port };
  }

  async #openListener(place: ListenPlace): Promise<UdpSocket> {
    const { driver, settings: { tftp } } = this.#options;
    if (place.kind === "bind") {
      const { host, port = tftp.port ?? 0, reusePort = false } = place;
      const multicastHops = tftp.multicast.ttl;
      return await driver.bind({ host, port, reusePort, broadcast: true, multicastHops });
    }
    if (driver.adopt === undefined) {
      throw new Error(`The ${driver.name} UDP driver cannot take over a socket`);
    }
    return await driver.adopt(place.fd);
  }

  /** Judges requests by these settings from here on; running transfers keep theirs. */
  configure(settings: Settings) {
    this.#settings = settings;
    this.#mtftp.configure(settings);
  }

  get transfers(): number {
    return this.#admission.transfers;
  }

  /** A snapshot of what is running, at most `max` of it. */
  live(max: number): LiveTransfer[] {
    const now = this.#options.driver.now();
    const list = this.#mtftp.live(max, now);
    for (const transfer of this.#acquaintances.transfers()) {
      if (list.length === max) break;
      if (this.#dallying.has(transfer)) continue;
      list.push(transfer.live(now));
    }
    return list;
  }

  /** What the multicast groups have come to since the start. */
  get groupSums(): GroupSums {
    return this.#groups.sums;
  }

  receive(socket: UdpSocket, peer: Peer, bytes: Uint8Array, local: Local | null, now: number) {
    const port = this.#ports.get(socket);
    if (port === undefined) {
      const pass = this.#mtftp.receive(bytes, { listener: socket, socket, peer, local }, now);
      if (pass !== null) this.#follow(pass);
      return;
    }
    const opcode = opcodeOf(bytes);
    const transfer = this.#acquaintances.transferAt(socket, peer);
    if (transfer !== null && opcode !== OPCODE.rrq && opcode !== OPCODE.wrq) {
      transfer.receive(bytes, now);
      return this.#follow(transfer);
    }
    if (port.listens) {
      const route = { listener: socket, socket, peer, local };
      const started = this.#requests.receive(bytes, { route, now, settings: this.#settings });
      if (started !== null) this.#follow(started);
    } else if (transfer === null) this.#stray({ socket, peer, local, opcode, now });
  }

  turn(now: number): number {
    for (let due = this.#deadlines.due(now); due !== null; due = this.#deadlines.due(now)) {
      due.timeout(now);
      this.#deadlines.settle(due);
    }
    this.#groups.flush(now);
    this.#requests.turn();
    this.#acquaintances.sweep(now);
    this.#files.sweep(now);
    return Math.min(this.#deadlines.next, this.#acquaintances.next, this.#files.next);
  }

  /** Whether anything here is still known by this peer. */
  holds(peer: Peer): boolean {
    return this.#acquaintances.knows(peer) || this.#mtftp.holds(peer);
  }

  /** Ends every transfer, telling its peer, and closes all sockets. */
  close(text: string) {
    const now = this.#options.driver.now();
    const failure: Failure = { kind: "aborted", code: 0, text };
    this.#groups.close(failure, now);
    this.#mtftp.close(text);
    for (const transfer of [...this.#dallying]) transfer.discard(text, now);
    for (const transfer of [...this.#acquaintances.transfers()]) transfer.abort(failure, now);
    for (const socket of this.#ports.keys()) socket.close();
    this.#ports.clear();
    this.#files.closeIdle();
  }

  /** Keeps the timer of a transfer that may have a new deadline. */
  #follow(transfer: Transfer) {
    const { timed } = transfer;
    if (!timed.ended) this.#deadlines.watch(timed);
  }

  #changedOutside(transfer: Transfer) {
    this.#follow(transfer);
    this.#options.driver.wake();
  }

  /** From here on it counts against no limit and is no longer shown: its client has moved on. */
  #settled(transfer: Transfer, report: Report) {
    this.#admission.ended(transfer.route.peer.host);
    this.#options.report(report);
    if (transfer.ended) return;
    this.#dallying.add(transfer);
    const [oldest] = this.#dallying;
    if (this.#dallying.size > DALLYING_MAX) oldest!.discard("", this.#options.driver.now());
  }

  #ended(transfer: Transfer) {
    this.#deadlines.remove(transfer);
    this.#acquaintances.ended(transfer, this.#options.driver.now());
    this.#dallying.delete(transfer);
  }

  /**
   * RFC 1350 §4: a packet from an unknown TID is answered with ERROR 5 and changes nothing. An
   * ERROR is never answered, nor what still comes in for a transfer that has just ended.
   */
  #stray(stray: Stray) {
    const { socket, peer, opcode, now } = stray;
    if (opcode !== OPCODE.data && opcode !== OPCODE.ack) return;
    if (this.#acquaintances.hadJustNow(socket, peer)) return;
    if (!this.#admission.request("strays", STRAY_ANSWERS_PER_SECOND_MAX, now)) return;
    const message = "Unknown transfer ID";
    socket.send(peer, encodePacket({ op: "error", code: 5, message }), stray.local);
  }
}

interface Stray {
  readonly socket: UdpSocket;
  readonly peer: Peer;
  readonly local: Local | null;
  readonly opcode: number;
  readonly now: number;
}
