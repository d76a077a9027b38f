// A client of the benchmark: reads one file again and again with the project's own machines, and
// checks what comes. Lean, so that the server is the bottleneck: DATA goes straight to the receiver.
import type { Local, Peer, UdpSocket } from "../../src/net/driver.ts";
import type { Failure, Outbox, Packet, Result, Timing } from "../../src/proto/machine.ts";
import { type Opened, Opening } from "../../src/proto/opening.ts";
import { Receiver } from "../../src/proto/receiver.ts";
import { FirmwareReceiver } from "../../tests/sim/firmware_receiver.ts";
import {
  blockOf,
  DATA_HEADER_BYTES,
  decodePacket,
  encodePacket,
  OPCODE,
  opcodeOf,
  type RequestPacket,
  writeHeader,
} from "../../src/wire/packet.ts";
import { type LoadOrder, patternWord } from "./order.ts";

/** What a reader reads, and what it expects. */
export interface Reading {
  readonly server: Peer;
  readonly request: RequestPacket;
  /** Size of the file in octets; null where there is none and the server is to say so. */
  readonly fileBytes: number | null;
  readonly patterned: boolean;
  readonly receiver: LoadOrder["receiver"];
}

/** Told how each transfer ends: null for well, or why not. Must not call the reader. */
export type Ended = (failure: string | null) => void;

const TIMING: Timing = { timeoutMs: 1000, retries: 6 };
const ERROR_NOT_FOUND = 1;
const BENCHMARK_OVER: Failure = { kind: "aborted", code: 0, text: "Benchmark is over" };

/** One client: one transfer at a time. */
export class Reader implements Outbox {
  /** Payload octets received in order, of all its transfers. */
  bytes = 0;
  readonly #reading: Reading;
  readonly #local: Local;
  readonly #ended: Ended;
  readonly #ack = new Uint8Array(DATA_HEADER_BYTES);
  #socket: UdpSocket | null = null;
  #peer: Peer;
  #opening: Opening | null = null;
  #receiver: Receiver | FirmwareReceiver | null = null;
  #blockBytes = 0;
  #fileBytes = 0;
  #commitAsked = false;
  #failure: string | null = null;

  /** `local` is the address of ours that it sends from. */
  constructor(reading: Reading, local: Local, ended: Ended) {
    this.#reading = reading;
    this.#local = local;
    this.#ended = ended;
    this.#peer = reading.server;
  }

  /** Where its datagrams come in; null between transfers. */
  get socket(): UdpSocket | null {
    return this.#socket;
  }

  get deadline(): number {
    return (this.#receiver ?? this.#opening)?.deadline ?? Infinity;
  }

  /** Asks for the file. Only between transfers. */
  start(socket: UdpSocket, now: number): void {
    this.#socket = socket;
    this.#peer = this.#reading.server;
    this.#fileBytes = 0;
    this.#commitAsked = false;
    this.#failure = null;
    this.#opening = new Opening({
      request: this.#reading.request,
      timing: TIMING,
      outbox: this,
      now,
    });
    this.#opening.start(now);
  }

  receive(peer: Peer, bytes: Uint8Array, now: number): void {
    if (peer.host !== this.#peer.host) return;
    const receiver = this.#receiver;
    if (receiver === null) return this.#open(peer, bytes, now);
    if (peer.port !== this.#peer.port) return;
    if (opcodeOf(bytes) === OPCODE.data) {
      if (bytes.length < DATA_HEADER_BYTES) return;
      receiver.data(blockOf(bytes), bytes.subarray(DATA_HEADER_BYTES), now);
    } else {
      const packet = decodePacket(bytes);
      if (packet.op !== "malformed") receiver.receive(packet, now);
    }
    this.#settle(now);
  }

  timeout(now: number): void {
    (this.#receiver ?? this.#opening)?.timeout(now);
  }

  /** Leaves the transfer, and tells the server. */
  abort(): void {
    (this.#receiver ?? this.#opening)?.abort(BENCHMARK_OVER);
  }

  control(packet: Packet): void {
    if (packet.op === "ack") {
      writeHeader(this.#ack, 0, OPCODE.ack, packet.block);
      this.#socket?.send(this.#peer, this.#ack, this.#local);
    } else this.#socket?.send(this.#peer, encodePacket(packet), this.#local);
  }

  blocks(): void {}

  write(index: number, bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.#fileBytes += bytes.length;
    if (!this.#reading.patterned || bytes.length < 4) return;
    const word = (bytes[0]! | bytes[1]! << 8 | bytes[2]! << 16 | bytes[3]! << 24) >>> 0;
    if (word !== patternWord((index - 1) * this.#blockBytes / 4)) {
      this.#failure ??= `Block ${index} has the content of another`;
    }
  }

  commit(): void {
    this.#commitAsked = true;
  }

  finish(result: Result): void {
    this.#socket = null;
    this.#opening = null;
    this.#receiver = null;
    this.#ended(this.#failure ?? this.#judge(result));
  }

  #open(peer: Peer, bytes: Uint8Array, now: number): void {
    const opening = this.#opening;
    const packet = decodePacket(bytes);
    if (opening === null || packet.op === "malformed") return;
    opening.receive(packet, now);
    const opened = opening.opened;
    if (opened === null) return;
    this.#peer = peer;
    this.#blockBytes = opened.granted.blockBytes;
    this.#receiver = this.#makeReceiver(opened, now);
    this.#receiver.start(now);
    if (opened.oack === null) this.#receiver.receive(packet, now);
    this.#settle(now);
  }

  #makeReceiver({ granted, oack }: Opened, now: number): Receiver | FirmwareReceiver {
    const { receiver } = this.#reading;
    if (receiver !== "own") {
      const { blockBytes, windowBlocks } = granted;
      const { timeoutMs } = TIMING;
      const manners = receiver;
      return new FirmwareReceiver({ manners, blockBytes, windowBlocks, timeoutMs, outbox: this });
    }
    return new Receiver({
      granted,
      timing: TIMING,
      outbox: this,
      now,
      opening: oack === null ? null : { op: "ack", block: 0 },
      dallyMs: 0,
      answered: true,
    });
  }

  /** What the machine must not be told from inside its calls. */
  #settle(now: number): void {
    if (!this.#commitAsked) return;
    this.#commitAsked = false;
    if (this.#receiver instanceof Receiver) this.#receiver.committed(now);
  }

  #judge(result: Result): string | null {
    const { fileBytes } = this.#reading;
    if (result.kind !== "failed") {
      if (fileBytes === null) return "A file came that should not be there";
      const right = fileBytes === this.#fileBytes;
      return right ? null : `${this.#fileBytes} octets came instead of ${fileBytes}`;
    }
    const { kind, code, text } = result.failure;
    if (fileBytes === null && kind === "peer" && code === ERROR_NOT_FOUND) return null;
    return text;
  }
}
