// The PXE MTFTP server: one socket for each server port and address, which takes requests and ACKs
// and sends all data, because clients compare the port. Who asks while a pass is running, or for
// what is not served, hears nothing: the data on the group's address is the answer.
import type { MtftpConfig } from "../config/config.ts";
import type { Peer, UdpDriver, UdpSocket } from "../net/driver.ts";
import { MTFTP_BLOCK_BYTES } from "../proto/mtftp.ts";
import { checkName, type FileName } from "../resolve/name.ts";
import type { LiveTransfer, Report } from "../resolve/report.ts";
import type { OpenFile } from "../storage/store.ts";
import { BLOCK_NUMBER_MAX, lastBlockOf } from "../wire/block.ts";
import { decodePacket, type RequestPacket } from "../wire/packet.ts";
import { describe } from "./describe.ts";
import type { Settings } from "./settings.ts";
import type { Admission } from "../resolve/admission.ts";
import { MtftpTransfer } from "./mtftp_transfer.ts";
import type { OpenFiles } from "./open_files.ts";
import { errorText, type Route, type Transfer } from "./transfer.ts";

export interface MtftpServiceOptions {
  readonly driver: UdpDriver;
  readonly files: OpenFiles;
  readonly admission: Admission;
  readonly report: (report: Report) => void;
  readonly notice: (text: string) => void;
  /** A pass has ended: its deadline is no more. */
  readonly ended: (transfer: Transfer) => void;
}

interface MtftpPort {
  /** The address it was bound for, and the port. */
  readonly host: string;
  readonly number: number;
  /** The passes by the client that opened them. */
  readonly passes: Map<Peer, MtftpTransfer>;
}

export class MtftpService {
  readonly #options: MtftpServiceOptions;
  readonly #ports = new Map<UdpSocket, MtftpPort>();
  readonly #hosts: string[] = [];
  #settings: Settings;
  /** What is being bound, so that a reload in the meantime does not bind it twice. */
  readonly #binding = new Set<string>();

  constructor(settings: Settings, options: MtftpServiceOptions) {
    this.#options = options;
    this.#settings = settings;
  }

  /** Binds the server ports at a numeric address. Rejects with `BindError`. */
  async listen(host: string) {
    if (host.includes(":")) return; // Option 43 has room for IPv4 only.
    this.#hosts.push(host);
    for (const number of this.#wanted()) await this.#bind(host, number);
  }

  /** Serves these entries from here on; passes that run go on. New ports are bound soon. */
  configure(settings: Settings) {
    this.#settings = settings;
    this.#inspect();
    this.#closeUnwanted();
    for (const host of this.#hosts) {
      for (const number of this.#wanted()) void this.#bindLater(host, number);
    }
  }

  /** Whether a pass is known by this peer. */
  holds(peer: Peer): boolean {
    for (const { passes } of this.#ports.values()) if (passes.has(peer)) return true;
    return false;
  }

  /** Tells the operator which entries cannot be served. */
  #inspect() {
    for (const entry of this.#entries) {
      const name = nameOf(entry);
      const fault = name === null ? "is not the name of a file" : this.#fault(name);
      if (fault !== null) this.#options.notice(`MTFTP file "${entry.file}" ${fault}`);
    }
  }

  live(max: number, now: number): LiveTransfer[] {
    const passes = [...this.#ports.values()].flatMap((port) => [...port.passes.values()]);
    return passes.slice(0, max).map((pass) => pass.live(now));
  }

  /** A datagram on a socket that may be one of ours. Gives the pass it concerns, or null. */
  receive(bytes: Uint8Array, route: Route, now: number): MtftpTransfer | null {
    const port = this.#ports.get(route.socket);
    if (port === undefined) return null;
    const packet = decodePacket(bytes);
    if (packet.op === "rrq") return this.#request(packet, port, { route, now });
    const pass = port.passes.get(route.peer);
    pass?.receive(bytes, now);
    return pass ?? null;
  }

  /** Ends all passes and closes the sockets. */
  close(text: string) {
    const now = this.#options.driver.now();
    for (const [socket, { passes }] of this.#ports) {
      for (const pass of [...passes.values()]) {
        pass.abort({ kind: "aborted", code: 0, text }, now);
      }
      this.#close(socket);
    }
  }

  get #entries(): readonly MtftpConfig[] {
    return this.#settings.mtftp ?? [];
  }

  #wanted(): Set<number> {
    return new Set(this.#entries.map((entry) => entry.serverPort));
  }

  async #bind(host: string, number: number) {
    const multicastHops = this.#settings.tftp.multicast.ttl;
    const socket = await this.#options.driver.bind({ host, port: number, multicastHops });
    this.#ports.set(socket, { host, number, passes: new Map() });
  }

  async #bindLater(host: string, number: number) {
    const key = `${host} ${number}`;
    const bound = [...this.#ports.values()].some((p) => p.host === host && p.number === number);
    if (bound || this.#binding.has(key)) return;
    this.#binding.add(key);
    try {
      await this.#bind(host, number);
    } catch (error) {
      this.#options.notice(errorText(error));
    }
    this.#binding.delete(key);
  }

  /** A port that no entry names any more is kept for the passes that run. */
  #closeUnwanted() {
    const wanted = this.#wanted();
    for (const [socket, { number, passes }] of this.#ports) {
      if (!wanted.has(number) && passes.size === 0) this.#close(socket);
    }
  }

  #close(socket: UdpSocket) {
    this.#ports.delete(socket);
    socket.close();
  }

  #request(
    packet: RequestPacket,
    port: MtftpPort,
    { route, now }: { readonly route: Route; readonly now: number },
  ): MtftpTransfer | null {
    const { limits, resolver } = this.#settings;
    const { admission, report } = this.#options;
    const { host: client, port: clientPort } = route.peer;
    if (!admission.request(client, limits.requestsPerSecondPerClientMax, now)) return null;
    const own = port.passes.get(route.peer);
    if (own?.isRepeatedBy(packet)) {
      own.requestedAgain(now);
      return own;
    }
    if (packet.mode !== "octet" || admission.refuses(client, limits) !== "") return null;
    const resolution = resolver.resolve({
      operation: "read",
      via: "tftp",
      name: packet.name,
      client,
      port: clientPort,
      local: route.local,
      size: null,
    });
    if (resolution.kind === "write") return null;
    if (resolution.kind === "refused") {
      report({ ...describe.refused(packet, { ...resolution, route }), via: "mtftp" });
      return null;
    }
    const { file, name, trail } = resolution;
    const entry = this.#entryOf(name, port.number);
    if (entry === null || !fits(file) || this.#isRunning(entry, port, route)) {
      file.close();
      return null;
    }
    own?.discard("Client asked for another file from the same port", now);
    return this.#open(packet, port, { entry, file, route, trail, now });
  }

  #open(
    request: RequestPacket,
    port: MtftpPort,
    opening: {
      readonly entry: MtftpConfig;
      readonly file: OpenFile;
      readonly route: Route;
      readonly trail: readonly string[];
      readonly now: number;
    },
  ): MtftpTransfer {
    const { files, admission, driver, report, ended } = this.#options;
    const { tftp: { timeoutMs, retries } } = this.#settings;
    const { peer } = opening.route;
    const pass = new MtftpTransfer({
      ...opening,
      request,
      file: files.share(opening.file),
      timing: { timeoutMs, retries },
      released: (file) => files.giveBack(file, driver.now()),
      events: {
        settled: (_, made) => report(made),
        ended: (transfer) => {
          if (port.passes.get(peer) === transfer) port.passes.delete(peer);
          admission.ended(peer.host);
          ended(transfer);
          this.#closeUnwanted();
        },
      },
    });
    admission.started(peer.host);
    port.passes.set(peer, pass);
    pass.start(opening.now);
    return pass;
  }

  #entryOf(name: FileName, port: number): MtftpConfig | null {
    return this.#entries.find((entry) => entry.serverPort === port && nameOf(entry) === name) ??
      null;
  }

  /** One pass at a time for each file and interface: who asks meanwhile listens to it. */
  #isRunning(entry: MtftpConfig, port: MtftpPort, { local }: Route): boolean {
    return [...port.passes.values()].some((pass) =>
      pass.entry.address === entry.address && pass.entry.clientPort === entry.clientPort &&
      pass.route.local?.host === local?.host
    );
  }

  #fault(name: FileName): string | null {
    const resolution = this.#settings.resolver.resolve({
      operation: "read",
      via: "tftp",
      name,
      client: "0.0.0.0",
      port: 0,
      local: null,
      size: null,
    });
    // Whom the rules let have it is another question.
    if (resolution.kind === "refused") {
      const { kind, detail } = resolution.refusal;
      return kind === "forbidden" ? null : `cannot be served: ${detail}`;
    }
    if (resolution.kind !== "read") return null;
    const { file } = resolution;
    file.close();
    if (fits(file)) return null;
    const most = BLOCK_NUMBER_MAX * MTFTP_BLOCK_BYTES - 1;
    return `has ${file.size} octets, MTFTP carries ${most} at most: requests stay unanswered`;
  }
}

function nameOf(entry: MtftpConfig): FileName | null {
  const checked = checkName(entry.file);
  return checked.kind === "bad" ? null : checked.name;
}

function fits(file: OpenFile): boolean {
  return lastBlockOf(file.size, MTFTP_BLOCK_BYTES) <= BLOCK_NUMBER_MAX;
}
