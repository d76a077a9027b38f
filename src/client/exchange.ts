// One attempt at a TFTP transfer on one socket, and on a second one for its group: pins the peer,
// feeds the machine, carries out what it wants done. Files and streams are behind `Cargo`.
import { authority } from "../match/authority.ts";
import { BindError, type Pace, type Peer, type UdpSocket } from "../net/driver.ts";
import type { GroupPlace } from "../proto/group_place.ts";
import type { BlockIndex, Failure, Packet, Result, Timing } from "../proto/machine.ts";
import { accept } from "../proto/negotiate.ts";
import type { Opened } from "../proto/opening.ts";
import { blockNumber } from "../wire/block.ts";
import {
  DATA_HEADER_BYTES,
  decodePacket,
  encodePacket,
  OPCODE,
  type RequestPacket,
  writeHeader,
} from "../wire/packet.ts";
import {
  type Conversation,
  type Datagram,
  type GroupFigures,
  type Network,
  type Outcome,
  USER_FAILURE,
  type Watcher,
} from "./conversation.ts";
import { type Cargo, Filing } from "./filing.ts";
import { sameHost } from "./target.ts";
import type { Trace } from "./trace.ts";
import { ClientTransfer, type TransferOutbox } from "./transfer.ts";

export interface ExchangeOptions {
  /** The exchange closes it when it ends. */
  readonly socket: UdpSocket;
  readonly network: Network;
  readonly server: Peer;
  readonly request: RequestPacket;
  readonly cargo: Cargo;
  readonly timing: Timing;
  readonly trace: Trace | null;
  readonly watch: Watcher;
}

const JOIN_FAILURE: Failure = { kind: "aborted", code: 0, text: "Client cannot join the group" };
const ERROR_UNKNOWN_TID = 5;

/** Drives one `ClientTransfer`. */
export class Exchange implements Conversation, TransferOutbox {
  readonly #options: ExchangeOptions;
  readonly #transfer: ClientTransfer;
  readonly #ended = Promise.withResolvers<Outcome>();
  readonly #startedAt: number;
  #now: number;
  #peer: Peer;
  #opened: Opened | null = null;
  /** What the group is received with, once it is joined. */
  #groupSocket: UdpSocket | null = null;
  #place: GroupPlace | null = null;
  #joinFault: string | null = null;
  /** The request has been repeated: another port of the server may answer. */
  #askedAgain = false;
  #wasMaster: boolean | null = null;
  readonly #filing: Filing;
  #strangerHost: string | null = null;
  #finished = false;

  constructor(options: ExchangeOptions, now: number) {
    const { server, request, cargo, timing } = options;
    this.#options = options;
    this.#filing = new Filing(cargo);
    this.#peer = server;
    this.#startedAt = now;
    this.#now = now;
    const sizeBytes = cargo.kind === "send" ? cargo.source.size : 0;
    this.#transfer = new ClientTransfer({ request, sizeBytes, timing, outbox: this, now });
  }

  get ended(): Promise<Outcome> {
    return this.#ended.promise;
  }

  start(now: number): void {
    this.#now = now;
    this.#transfer.start(now);
  }

  receive(socket: UdpSocket, { peer, bytes }: Datagram, now: number): void {
    if (this.#finished) return;
    if (socket === this.#groupSocket) return this.#receiveFromGroup(peer, bytes, now);
    if (socket !== this.#options.socket) return;
    this.#now = now;
    const packet = decodePacket(bytes);
    if (!this.#isServer(peer) && !this.#isSuccessor(peer, packet)) {
      return this.#refuseStray(peer, packet);
    }
    this.#options.trace?.received(packet, now);
    if (packet.op === "malformed") return;
    const before = this.#peer;
    this.#peer = peer;
    this.#transfer.receive(packet, now);
    // What did not answer the request pins nobody.
    if (this.#opened === null) this.#peer = before;
    this.#settle(now);
  }

  turn(now: number): number {
    if (this.#finished) return Infinity;
    this.#now = now;
    if (now >= this.#transfer.deadline) this.#transfer.timeout(now);
    this.#settle(now);
    return this.#transfer.deadline;
  }

  /** Nobody waits for a listener of a group; and machines that share a processor, for all of them. */
  get pace(): Pace {
    const { member } = this.#transfer;
    if (member === null) return "hurried";
    return member.isMaster ? "steady" : "leisurely";
  }

  abort(now: number): void {
    if (this.#finished) return;
    this.#now = now;
    if (this.#filing.isComplete) this.#transfer.timeout(Infinity);
    else this.#transfer.abort(USER_FAILURE);
  }

  control(packet: Packet): void {
    this.#options.trace?.sent(packet, this.#now);
    this.#options.socket.send(this.#peer, encodePacket(packet), null);
  }

  requestAgain(): void {
    const { request, server, socket, trace } = this.#options;
    this.#askedAgain = true;
    trace?.sent(request, this.#now);
    socket.send(server, encodePacket(request), null);
  }

  join(place: GroupPlace): void {
    this.#place = place;
    void this.#join(place);
  }

  opened(opened: Opened): void {
    this.#opened = opened;
    this.#watch();
  }

  blocks(first: BlockIndex, count: number): void {
    const { cargo } = this.#options;
    if (cargo.kind !== "send" || this.#opened === null) return;
    const { blockBytes, rollover } = this.#opened.granted;
    const headers = new Uint8Array(count * DATA_HEADER_BYTES);
    const offset = (first - 1) * blockBytes;
    const totalBytes = Math.min(count * blockBytes, cargo.source.size - offset);
    for (let i = 0; i < count; i++) {
      const block = blockNumber(first + i, rollover);
      writeHeader(headers, i * DATA_HEADER_BYTES, OPCODE.data, block);
      const payloadBytes = Math.min(blockBytes, totalBytes - i * blockBytes);
      this.#options.trace?.sentData(block, payloadBytes, this.#now);
    }
    const sent = this.#options.socket.sendRun(this.#peer, {
      headers,
      headerBytes: DATA_HEADER_BYTES,
      source: cargo.source,
      offset,
      segmentBytes: blockBytes,
      totalBytes,
      count,
    }, null);
    if (sent === "unreadable") this.#filing.unreadable();
    this.#watch();
  }

  write(index: BlockIndex, bytes: Uint8Array): void {
    const blockBytes = this.#opened?.granted.blockBytes ?? 0;
    this.#filing.write(bytes, (index - 1) * blockBytes);
    this.#watch();
  }

  commit(): void {
    this.#filing.commit();
  }

  finish(result: Result): void {
    this.#finished = true;
    this.#options.socket.close();
    this.#groupSocket?.close();
    this.#ended.resolve({
      result,
      server: this.#peer,
      opened: this.#opened,
      blocks: this.#transfer.blocks,
      bytes: this.#movedBytes(result),
      retransmits: this.#transfer.retransmits,
      elapsedMs: (this.#filing.completeAt ?? this.#now) - this.#startedAt,
      silentMs: this.#now - this.#transfer.progressAt,
      fileFault: this.#filing.fault,
      strangerHost: this.#strangerHost,
      group: this.#groupFigures(),
    });
  }

  /** After a call of the machine. */
  #settle(now: number): void {
    this.#filing.settle(this.#transfer, now);
    this.#traceRole(now);
  }

  /** The first good answer pins the port; the address is known before. */
  #isServer(peer: Peer): boolean {
    if (!sameHost(peer, this.#options.server)) return false;
    return this.#opened === null || peer.port === this.#peer.port;
  }

  /**
   * A group whose last member had gone is begun anew by our repeated request, from another port and
   * perhaps at another address. What is missing then comes from there, if the file is the same.
   */
  #isSuccessor(peer: Peer, packet: ReturnType<typeof decodePacket>): boolean {
    const { server, request } = this.#options;
    if (!this.#askedAgain || !sameHost(peer, server)) return false;
    if (packet.op === "error") return true;
    if (packet.op !== "oack" || this.#opened === null) return false;
    const answer = accept(request, packet.options);
    if (answer.kind === "rejected" || answer.place === null) return false;
    const { granted, sizeBytes } = this.#opened;
    if (answer.granted.blockBytes !== granted.blockBytes || answer.sizeBytes !== sizeBytes) {
      return false;
    }
    this.#askedAgain = false;
    const { address, port } = answer.place;
    if (address !== this.#place?.address || port !== this.#place?.port) this.join(answer.place);
    return true;
  }

  /** RFC 1350 §4: tell the stranger, go on undisturbed. An ERROR is never answered. */
  #refuseStray(peer: Peer, packet: ReturnType<typeof decodePacket>): void {
    const { server, trace } = this.#options;
    trace?.received(packet, this.#now, ` from stranger ${peer.host} port ${peer.port}`);
    if (!sameHost(peer, server)) this.#strangerHost = peer.host;
    if (packet.op === "error" || packet.op === "malformed") return;
    const error: Packet = { op: "error", code: ERROR_UNKNOWN_TID, message: "Unknown transfer ID" };
    trace?.sent(error, this.#now);
    this.#options.socket.send(peer, encodePacket(error), null);
  }

  /** Strangers are not told: nobody sent it to us alone. */
  #receiveFromGroup(peer: Peer, bytes: Uint8Array, now: number): void {
    if (!sameHost(peer, this.#peer) || peer.port !== this.#peer.port) return;
    this.#now = now;
    const packet = decodePacket(bytes);
    this.#options.trace?.received(packet, now, " to the group");
    if (packet.op === "data") this.#transfer.receive(packet, now);
    this.#settle(now);
  }

  async #join(place: GroupPlace): Promise<void> {
    const { network } = this.#options;
    try {
      const socket = await network.joinGroup(place.address!, place.port!);
      if (this.#finished || this.#place !== place) return socket.close();
      this.#groupSocket?.close();
      this.#groupSocket = socket;
      this.#now = network.now();
      this.#transfer.joined(this.#now);
      this.#settle(this.#now);
    } catch (error) {
      if (this.#finished) return;
      if (!(error instanceof BindError)) return this.#ended.reject(error);
      this.#joinFault = error.message;
      this.#transfer.abort(JOIN_FAILURE);
    }
    network.wake();
  }

  #traceRole(now: number): void {
    const isMaster = this.#transfer.member?.isMaster ?? null;
    if (isMaster === this.#wasMaster || this.#finished) return;
    this.#wasMaster = isMaster;
    const role = isMaster ? "master client" : "passive client";
    this.#options.trace?.note(`${role} of group ${groupName(this.#place)}`, now);
  }

  #groupFigures(): GroupFigures | null {
    if (this.#place === null) return null;
    const { member } = this.#transfer;
    return {
      name: groupName(this.#place),
      timesMaster: member?.timesMaster ?? 0,
      missedBlocks: member?.missedBlocks ?? 0,
      joinFault: this.#joinFault,
    };
  }

  #watch(): void {
    const { cargo } = this.#options;
    const total = cargo.kind === "send" ? cargo.source.size : this.#opened?.sizeBytes ?? null;
    this.#options.watch(this.#movedBytes(null), total);
  }

  #movedBytes(result: Result | null): number {
    const { cargo } = this.#options;
    if (cargo.kind !== "send") return this.#filing.writtenBytes;
    if (result?.kind === "done") return cargo.source.size;
    const blockBytes = this.#opened?.granted.blockBytes ?? 0;
    return Math.min(this.#transfer.blocks * blockBytes, cargo.source.size);
  }
}

function groupName(place: GroupPlace | null): string {
  return authority(place?.address ?? "", place?.port ?? 0);
}
