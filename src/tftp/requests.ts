// From a datagram on a listener to a transfer or a refusal: decode, fold repeats, limits, resolve,
// negotiate, start. Whatever is not a sound request is answered once or not at all.
import { quoted } from "../match/quoted.ts";
import type { UdpSocket } from "../net/driver.ts";
import { negotiateGroup } from "../proto/group_offer.ts";
import { announcedSize, negotiate, type Terms } from "../proto/negotiate.ts";
import type { Admission } from "../resolve/admission.ts";
import { type Refusal, tftpError } from "../resolve/refusal.ts";
import type { Report } from "../resolve/report.ts";
import type { Ask, Resolution, Resolver } from "../resolve/resolution.ts";
import { SparseNotice } from "../resolve/sparse_notice.ts";
import type { OpenFile } from "../storage/store.ts";
import type { FileName } from "../resolve/name.ts";
import type { Uploads } from "../storage/upload.ts";
import { decodePacket, encodePacket, OPCODE, type RequestPacket } from "../wire/packet.ts";
import type { Acquaintances } from "./acquaintances.ts";
import { describe } from "./describe.ts";
import type { Settings } from "./settings.ts";
import type { Groups } from "./groups.ts";
import type { OpenFiles } from "./open_files.ts";
import { offeredTerms, timingOf } from "./offer.ts";
import type { Port } from "./port.ts";
import { MemberTransfer } from "./member_transfer.ts";
import { ReadTransfer } from "./read_transfer.ts";
import { pickTid } from "./tids.ts";
import type { Route, Transfer, TransferEvents } from "./transfer.ts";
import { type WriteOptions, WriteTransfer } from "./write_transfer.ts";

export interface RequestsOptions {
  readonly uploads: Uploads;
  readonly random: () => number;
  readonly clock: () => number;
  readonly report: (report: Report) => void;
  readonly notice: (text: string) => void;
  readonly files: OpenFiles;
  readonly groups: Groups;
  readonly admission: Admission;
  readonly ports: Map<UdpSocket, Port>;
  readonly acquaintances: Acquaintances;
  readonly changed: (transfer: Transfer) => void;
  readonly events: TransferEvents;
}

interface Arrival {
  /** The TID is still that of the listener. */
  readonly route: Route;
  readonly now: number;
  readonly settings: Settings;
}

/** A repeated request this soon after its transfer was last heard is a doubled datagram. */
const DOUBLED_MS_MAX = 500;
/** Who was silent for so long after a request may be none who asked: the address may be forged. */
const UNANSWERED_MS = 5_000;
/** Such transfers are looked for no more often than this. */
const SEARCH_PAUSE_MS = 200;
/** Ports whose services answer anything: talking to them makes loops (CVE-2024-2169). */
const REFLECTOR_PORTS = new Set([0, 7, 13, 17, 19, 37, 53, 69, 111, 123]);

export class Requests {
  readonly #options: RequestsOptions;
  readonly #limitNotice: SparseNotice;
  readonly #malformedNotice: SparseNotice;
  /** Picks the TIDs of this turn; null until one is wanted. */
  #draw: number | null = null;
  #searchAt = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
    this.#limitNotice = new SparseNotice(options.notice);
    this.#malformedNotice = new SparseNotice(options.notice);
  }

  /**
   * The batch is over. Those who ask in the same batch share a TID socket, so that one system call
   * answers them all, now and, as they go on in step, later.
   */
  turn() {
    this.#draw = null;
  }

  /** Takes a datagram on a listener. Gives the transfer it started or continued, or null. */
  receive(bytes: Uint8Array, arrival: Arrival): Transfer | null {
    const { route, now, settings } = arrival;
    if (REFLECTOR_PORTS.has(route.peer.port)) return null;
    const { requestsPerSecondPerClientMax } = settings.limits;
    if (!this.#options.admission.request(route.peer.host, requestsPerSecondPerClientMax, now)) {
      this.#throttled(`requests-per-second-per-client`, arrival);
      return null;
    }
    const packet = decodePacket(bytes);
    if (packet.op === "malformed") {
      if (packet.opcode === OPCODE.rrq || packet.opcode === OPCODE.wrq) {
        this.#answer(route, { kind: "bad-request", detail: packet.reason });
        const { host, port } = route.peer;
        const text = `Refused a malformed request of ${host} port ${port}: ${packet.reason}`;
        this.#malformedNotice.add(text, now);
      }
      return null;
    }
    if (packet.op !== "rrq" && packet.op !== "wrq") return null;
    const known = this.#options.acquaintances.askedAt(route.listener, route.peer);
    if (known !== null && this.#folds(known, packet, now)) return known;
    const tftp = settings.tftpFor?.(route.peer.host) ?? settings.tftp;
    return this.#start(packet, { ...arrival, settings: { ...settings, tftp } });
  }

  /** True if the request repeats the one that `known` serves; replaces `known` if it does not. */
  #folds(known: Transfer, packet: RequestPacket, now: number): boolean {
    const same = known.isRepeatedBy(packet);
    if (same && !known.confirmed) {
      known.requestedAgain(now);
      return true;
    }
    if (same && now - known.heardAt < DOUBLED_MS_MAX) return true;
    known.discard("Client asked for another file from the same port", now);
    return false;
  }

  #start(packet: RequestPacket, arrival: Arrival): Transfer | null {
    const { peer } = arrival.route;
    const over = this.#over(arrival);
    if (over !== "") {
      this.#throttled(over, arrival);
      return null;
    }
    const route = this.#routed(arrival.route);
    if (route === null) return null;
    if (packet.mode !== "octet" && packet.mode !== "netascii") {
      const refusal: Refusal = { kind: "bad-mode", detail: `Mode ${quoted(packet.mode)}` };
      return this.#refuse(packet, { route: arrival.route, refusal, trail: [] });
    }
    const resolution = this.#resolve(arrival.settings.resolver, {
      operation: packet.op === "rrq" ? "read" : "write",
      via: "tftp",
      name: packet.name,
      client: peer.host,
      port: peer.port,
      local: route.local,
      size: packet.op === "wrq" ? announcedSize(packet) : null,
    });
    switch (resolution.kind) {
      case "refused":
        if (this.#staysSilent(packet, { arrival, refusal: resolution.refusal })) return null;
        return this.#refuse(packet, { ...resolution, route: arrival.route });
      case "read":
        return this.#read(packet, { ...resolution, arrival, route });
      case "write":
        return this.#write(packet, { ...resolution, arrival, route });
    }
  }

  /** The limit that keeps a request out, or "". Transfers that nobody answers make room first. */
  #over({ route: { peer: { host } }, now, settings: { limits } }: Arrival): string {
    const { admission, acquaintances } = this.#options;
    const over = admission.refuses(host, limits);
    if (over === "" || now < this.#searchAt) return over;
    this.#searchAt = now + SEARCH_PAUSE_MS;
    for (const transfer of [...acquaintances.transfers()]) {
      const isSilent = transfer.isUnanswered && now >= transfer.heardAt + UNANSWERED_MS;
      const isInTheWay = over === "transfers-max" || transfer.route.peer.host === host;
      if (isSilent && isInTheWay) transfer.discard("Client did not answer, and others ask", now);
    }
    return admission.refuses(host, limits);
  }

  /** Files kept open for whoever may want them next give way to who is here. */
  #resolve(resolver: Resolver, asked: Ask): Resolution {
    const resolution = resolver.resolve(asked);
    const isBusy = resolution.kind === "refused" && resolution.refusal.kind === "busy";
    return isBusy && this.#options.files.closeIdle() ? resolver.resolve(asked) : resolution;
  }

  #read(packet: RequestPacket, found: Found & { readonly file: OpenFile }): Transfer {
    const { settings, now } = found.arrival;
    const file = this.#options.files.share(found.file);
    const offered = offeredTerms(packet, { settings, route: found.route, sizeBytes: file.size });
    const joined = this.#join(packet, { ...found, file, offered });
    if (typeof joined !== "string") return joined;
    const granted = negotiate(packet, offered);
    const transfer = new ReadTransfer({
      ...this.#common(packet, found),
      file,
      name: found.name,
      granted,
      timing: timingOf(settings, granted.timeoutMs),
      noMulticast: joined,
      released: (file) => this.#options.files.giveBack(file, this.#options.clock()),
    });
    this.#register(transfer);
    transfer.start(now);
    return transfer;
  }

  /**
   * Takes the client into a group, if it asked for one and there is one. Else gives why there is
   * none for it, "" where it did not ask.
   */
  #join(
    packet: RequestPacket,
    found: Found & { readonly file: OpenFile; readonly offered: Terms },
  ): Transfer | string {
    const { file, name, route, arrival: { settings, now } } = found;
    const offer = negotiateGroup(packet, found.offered);
    if (offer.kind === "alone") return offer.why;
    const { granted } = offer;
    const session = this.#options.groups.find({
      file,
      blockBytes: granted.blockBytes,
      route,
      isFree: (socket) => this.#options.acquaintances.transferAt(socket, route.peer) === null,
      tftp: settings.tftp,
      now,
    });
    if (typeof session === "string") return session;
    const transfer = new MemberTransfer({
      ...this.#common(packet, found),
      route: { ...route, socket: session.options.socket },
      session,
      file,
      name,
      granted,
      timing: timingOf(settings, granted.timeoutMs),
      released: (file) => this.#options.files.giveBack(file, this.#options.clock()),
    });
    this.#register(transfer);
    session.join(transfer, now);
    return transfer;
  }

  #write(packet: RequestPacket, found: Found & Pick<WriteOptions, "place">): Transfer {
    const { settings } = found.arrival;
    const offered = offeredTerms(packet, { settings, route: found.route, sizeBytes: null });
    const granted = negotiate(packet, offered);
    const transfer = new WriteTransfer({
      ...this.#common(packet, found),
      name: found.name,
      place: found.place,
      size: announcedSize(packet),
      granted,
      timing: timingOf(settings, granted.timeoutMs),
      uploads: this.#options.uploads,
      clock: this.#options.clock,
      changed: this.#options.changed,
    });
    this.#register(transfer);
    return transfer;
  }

  #common(request: RequestPacket, found: Found) {
    const { route, trail, arrival: { now } } = found;
    return { route, request, trail, now, events: this.#options.events };
  }

  #register(transfer: Transfer) {
    this.#options.acquaintances.started(transfer);
    this.#options.admission.started(transfer.route.peer.host);
  }

  /**
   * The route with a TID of its own: one the peer has not had for a while, or at least not just
   * now; null when it uses all of them.
   */
  #routed(route: Route): Route | null {
    const { ports, acquaintances } = this.#options;
    const { tids } = ports.get(route.listener)!;
    const uses = (socket: UdpSocket) => acquaintances.transferAt(socket, route.peer) !== null;
    const last = tids.length === 1 ? null : acquaintances.lastTid(route.peer);
    const random = this.#draw ??= this.#options.random();
    const socket = pickTid(tids, {
      random,
      inUse: (socket) =>
        uses(socket) || (last !== null && acquaintances.hadJustNow(socket, route.peer)),
    }) ?? pickTid(tids, { random, inUse: (socket) => uses(socket) || socket === last });
    return socket === null ? null : { ...route, socket };
  }

  #refuse(packet: RequestPacket, why: Parameters<typeof describe.refused>[1]): null {
    this.#answer(why.route, why.refusal);
    this.#options.report(describe.refused(packet, why));
    return null;
  }

  #answer({ socket, peer, local }: Route, refusal: Refusal) {
    const { code, message } = tftpError(refusal);
    socket.send(peer, encodePacket({ op: "error", code, message }), local);
  }

  /** tftpd(8) -n: no ERROR for missing relative names; never one for a broadcast request. */
  #staysSilent(
    packet: RequestPacket,
    { arrival, refusal }: { readonly arrival: Arrival; readonly refusal: Refusal },
  ): boolean {
    if (refusal.kind !== "not-found") return false;
    if (arrival.route.local?.broadcast) return true;
    return arrival.settings.tftp.suppressNaks && !packet.name.startsWith("/");
  }

  /** Over a limit the request is dropped: the client asks again, and so waits its turn. */
  #throttled(limit: string, { route, now }: Arrival) {
    const text = `Limit "${limit}" reached: dropping requests of ${route.peer.host}`;
    this.#limitNotice.add(text, now);
  }
}

interface Found {
  readonly name: FileName;
  readonly trail: readonly string[];
  readonly arrival: Arrival;
  readonly route: Route;
}
