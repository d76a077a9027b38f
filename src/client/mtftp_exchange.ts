// A PXE MTFTP transfer on two sockets: one for the group, one for what the server and we tell each
// other. Files are behind `Cargo`; time comes in from the driver.
import type { Pace, Peer, UdpSocket } from "../net/driver.ts";
import type { Packet, Result, Timing } from "../proto/machine.ts";
import { MTFTP_BLOCK_BYTES } from "../proto/mtftp.ts";
import { MtftpClient, type MtftpClientOutbox, type MtftpRole } from "../proto/mtftp_client.ts";
import { unnegotiated } from "../proto/negotiate.ts";
import type { Opened } from "../proto/opening.ts";
import { decodePacket, encodePacket } from "../wire/packet.ts";
import {
  type Conversation,
  type Datagram,
  type Outcome,
  USER_FAILURE,
  type Watcher,
} from "./conversation.ts";
import { type Cargo, Filing } from "./filing.ts";
import { sameHost } from "./target.ts";
import type { Trace } from "./trace.ts";

export interface MtftpExchangeOptions {
  /** Sends requests and ACKs, hears answers to us alone. The exchange closes both sockets. */
  readonly socket: UdpSocket;
  readonly groupSocket: UdpSocket;
  /** With the server port. */
  readonly server: Peer;
  /** Address and port of the group, for people. */
  readonly groupName: string;
  readonly name: string;
  readonly cargo: Cargo;
  readonly timing: Timing;
  readonly trace: Trace | null;
  readonly watch: Watcher;
}

/** PXE leaves it to DHCP; this is what atftp takes. */
const LISTEN_TIMEOUT_MS = 2000;
/** The master stays so long for a server that may have missed its last ACK. */
const DALLY_MS = 500;

/** MTFTP negotiates nothing. */
const UNNEGOTIATED: Opened = {
  granted: unnegotiated(MTFTP_BLOCK_BYTES),
  sizeBytes: null,
  oack: null,
  place: null,
};

const ROLE_TEXTS: Readonly<Record<MtftpRole, string>> = {
  listener: "listening to",
  opener: "opening a pass of",
  master: "master client of",
};

/** Drives one `MtftpClient`. */
export class MtftpExchange implements Conversation, MtftpClientOutbox {
  readonly #options: MtftpExchangeOptions;
  readonly #client: MtftpClient;
  readonly #filing: Filing;
  readonly #ended = Promise.withResolvers<Outcome>();
  readonly #startedAt: number;
  #now: number;
  #progressAt: number;
  /** Who sent us block 1 alone gets our ACKs. */
  #peer: Peer;
  #role: MtftpRole | null = null;
  #finished = false;

  constructor(options: MtftpExchangeOptions, now: number) {
    this.#options = options;
    this.#filing = new Filing(options.cargo);
    this.#peer = options.server;
    this.#startedAt = now;
    this.#progressAt = now;
    this.#now = now;
    const { timing } = options;
    const lost = () => this.#client.retransmits > 0;
    this.#client = new MtftpClient({
      listenTimeoutMs: LISTEN_TIMEOUT_MS,
      timing,
      outbox: this,
      now,
      get dallyMs() {
        return lost() ? DALLY_MS : 0;
      },
    });
  }

  /** Who listens may have to answer the next block, but the group does not wait for one alone. */
  get pace(): Pace {
    return "steady";
  }

  get ended(): Promise<Outcome> {
    return this.#ended.promise;
  }

  start(now: number): void {
    this.#now = now;
    this.#client.start(now);
    this.#settle(now);
  }

  /** Servers differ in the port they send from; the host is what they are known by. */
  receive(socket: UdpSocket, { peer, bytes }: Datagram, now: number): void {
    if (this.#finished || !sameHost(peer, this.#options.server)) return;
    const { groupSocket, trace } = this.#options;
    this.#now = now;
    const packet = decodePacket(bytes);
    const together = socket === groupSocket;
    trace?.received(packet, now, together ? " to the group" : "");
    if (packet.op === "malformed") return;
    const before = this.#client.receivedBlocks;
    if (!together) {
      if (packet.op === "data" && this.#client.role !== "master") this.#peer = peer;
      this.#client.receive(packet, now);
    } else if (packet.op === "data") this.#client.data(packet.block, packet.payload, now);
    if (this.#client.receivedBlocks > before) this.#progressAt = now;
    this.#settle(now);
  }

  turn(now: number): number {
    if (this.#finished) return Infinity;
    this.#now = now;
    this.#client.timeout(now);
    this.#settle(now);
    return this.#client.deadline;
  }

  abort(now: number): void {
    if (this.#finished) return;
    this.#now = now;
    if (this.#filing.isComplete) this.#client.timeout(Infinity);
    else this.#client.abort(USER_FAILURE);
  }

  request(): void {
    const { name, server, trace, socket } = this.#options;
    const request: Packet = { op: "rrq", name, mode: "octet", options: [] };
    trace?.sent(request, this.#now);
    socket.send(server, encodePacket(request), null);
  }

  control(packet: Packet): void {
    this.#options.trace?.sent(packet, this.#now);
    this.#options.socket.send(this.#peer, encodePacket(packet), null);
  }

  write(index: number, bytes: Uint8Array): void {
    this.#filing.write(bytes, (index - 1) * MTFTP_BLOCK_BYTES);
    this.#options.watch(this.#filing.writtenBytes, null);
  }

  commit(): void {
    this.#filing.commit();
  }

  finish(result: Result): void {
    const { socket, groupSocket, groupName } = this.#options;
    this.#finished = true;
    socket.close();
    groupSocket.close();
    const blocks = this.#client.receivedBlocks;
    this.#ended.resolve({
      result,
      server: this.#peer,
      opened: blocks > 0 ? UNNEGOTIATED : null,
      blocks,
      bytes: this.#filing.writtenBytes,
      retransmits: this.#client.retransmits,
      elapsedMs: (this.#filing.completeAt ?? this.#now) - this.#startedAt,
      silentMs: this.#now - this.#progressAt,
      fileFault: this.#filing.fault,
      strangerHost: null,
      group: {
        name: groupName,
        timesMaster: this.#client.passesOpened,
        missedBlocks: this.#client.missedBlocks,
        joinFault: null,
      },
    });
  }

  /** After a call of the machine. */
  #settle(now: number): void {
    this.#traceRole(now);
    this.#filing.settle(this.#client, now);
  }

  #traceRole(now: number): void {
    const { role } = this.#client;
    if (role === this.#role || this.#finished) return;
    this.#role = role;
    this.#options.trace?.note(`${ROLE_TEXTS[role]} group ${this.#options.groupName}`, now);
  }
}
