// A TFTP server for tests of the client: files in memory, one transfer at a time for each peer,
// on the machines of the real one and the portable driver. It answers from a second port.
import type { Peer, UdpDriver, UdpHost, UdpSocket } from "../../src/net/driver.ts";
import { createPortableDriver } from "../../src/net/portable.ts";
import type { Granted, Machine, Outbox, Packet, Result } from "../../src/proto/machine.ts";
import { negotiate } from "../../src/proto/negotiate.ts";
import { Receiver } from "../../src/proto/receiver.ts";
import { Sender } from "../../src/proto/sender.ts";
import { blockNumber } from "../../src/wire/block.ts";
import {
  decodePacket,
  encodePacket,
  OPCODE,
  type RequestPacket,
  writeHeader,
} from "../../src/wire/packet.ts";
import { slowed } from "./slow_clock.ts";

/** How the server misbehaves. */
export interface Script {
  /** Answers a request itself: with this packet, or not at all for "silence". */
  readonly answer?: (request: RequestPacket) => Packet | "silence" | null;
  /** Swallows a datagram, counted from 1 in each direction. */
  readonly drop?: (direction: "in" | "out", count: number) => boolean;
  /** What is swallowed is to be sent again soon: the clock goes at its usual pace. */
  readonly hurries?: boolean;
  /** Option names it does not know. */
  readonly disabled?: readonly string[];
  /** Called for each datagram of the client after the request. */
  readonly onPacket?: (packet: Packet) => void;
  readonly host?: string;
}

const TIMING = { timeoutMs: 100, retries: 5 };

/** A running server; stop it in the end. */
export class FakeServer implements UdpHost {
  readonly files = new Map<string, Uint8Array>();
  readonly requests: RequestPacket[] = [];
  /** Everything that came in after the requests. */
  readonly packets: Packet[] = [];
  readonly results: Result[] = [];
  readonly #driver: UdpDriver;
  readonly #script: Script;
  #door: UdpSocket | null = null;
  #data: UdpSocket | null = null;
  #running: Promise<void> | null = null;
  #transfers = new Map<string, ServerTransfer>();
  #in = 0;
  #out = 0;

  constructor(script: Script = {}) {
    this.#script = script;
    const driver = createPortableDriver();
    this.#driver = script.hurries === true ? driver : slowed(driver);
  }

  get port(): number {
    return this.#door!.port;
  }

  async start(): Promise<void> {
    const host = this.#script.host ?? "127.0.0.1";
    this.#door = await this.#driver.bind({ host, port: 0 });
    this.#data = await this.#driver.bind({ host, port: 0 });
    this.#running = this.#driver.run(this);
  }

  async stop(): Promise<void> {
    this.#driver.stop();
    await this.#running;
  }

  receive(socket: UdpSocket, peer: Peer, bytes: Uint8Array, _local: unknown, now: number): void {
    if (this.#script.drop?.("in", ++this.#in)) return;
    const packet = decodePacket(bytes);
    if (packet.op === "malformed") throw new Error(packet.reason);
    const key = `${peer.host}|${peer.port}`;
    if (socket === this.#door) {
      if (packet.op === "rrq" || packet.op === "wrq") this.#request(packet, peer, now);
      return;
    }
    this.packets.push(packet.op === "data" ? { ...packet, payload: bytes.slice(4) } : packet);
    this.#script.onPacket?.(packet);
    const transfer = this.#transfers.get(key);
    transfer?.machine.receive(packet, now);
    transfer?.settle(now);
  }

  turn(now: number): number {
    let next = Infinity;
    for (const { machine } of this.#transfers.values()) {
      machine.timeout(now);
      next = Math.min(next, machine.deadline);
    }
    return next;
  }

  #request(request: RequestPacket, peer: Peer, now: number): void {
    const key = `${peer.host}|${peer.port}`;
    const known = this.#transfers.get(key);
    if (known !== undefined) return known.machine.requestedAgain(now);
    this.requests.push(request);
    const send = (bytes: Uint8Array) => {
      if (!this.#script.drop?.("out", ++this.#out)) this.#data!.send(peer, bytes, null);
    };
    const answer = this.#script.answer?.(request) ?? null;
    if (answer === "silence") return;
    if (answer !== null) return send(encodePacket(answer));
    const file = this.files.get(request.name);
    if (request.op === "rrq" && file === undefined) {
      return send(encodePacket({ op: "error", code: 1, message: "File not found" }));
    }
    const finish = (result: Result, received: Uint8Array | null) => {
      this.#transfers.delete(key);
      this.results.push(result);
      if (received !== null) this.files.set(request.name, received);
    };
    const disabled = this.#script.disabled ?? [];
    const transfer = new ServerTransfer({
      request,
      file: file ?? null,
      disabled,
      send,
      finish,
      now,
    });
    this.#transfers.set(key, transfer);
    transfer.machine.start(now);
  }
}

interface ServerTransferOptions {
  readonly request: RequestPacket;
  readonly file: Uint8Array | null;
  readonly disabled: readonly string[];
  readonly send: (bytes: Uint8Array) => void;
  readonly finish: (result: Result, received: Uint8Array | null) => void;
  readonly now: number;
}

class ServerTransfer implements Outbox {
  readonly machine: Machine & { start(now: number): void; requestedAgain(now: number): void };
  readonly #options: ServerTransferOptions;
  readonly #granted: Granted;
  readonly #pieces: Uint8Array[] = [];
  #commitAsked = false;

  constructor(options: ServerTransferOptions) {
    const { request, file, disabled, now } = options;
    this.#options = options;
    this.#granted = negotiate(request, {
      blockBytesMax: 65464,
      windowBlocksMax: 64,
      rollover: 0,
      sizeBytes: file?.length ?? null,
      disabled,
    });
    const common = { granted: this.#granted, timing: TIMING, outbox: this, now };
    if (request.op === "rrq") {
      const last = Math.floor(file!.length / this.#granted.blockBytes) + 1;
      this.machine = new Sender({ ...common, extent: { lastBlock: () => last } });
    } else {
      const { options: oack } = this.#granted;
      const opening: Packet = oack.length > 0
        ? { op: "oack", options: oack }
        : { op: "ack", block: 0 };
      this.machine = new Receiver({ ...common, opening, dallyMs: 0 });
    }
  }

  control(packet: Packet): void {
    this.#options.send(encodePacket(packet));
  }

  blocks(first: number, count: number): void {
    const { blockBytes } = this.#granted;
    for (let index = first; index < first + count; index++) {
      const payload = this.#options.file!.subarray((index - 1) * blockBytes, index * blockBytes);
      const bytes = new Uint8Array(4 + payload.length);
      writeHeader(bytes, 0, OPCODE.data, blockNumber(index, 0));
      bytes.set(payload, 4);
      this.#options.send(bytes);
    }
  }

  write(_index: number, bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice());
  }

  commit(): void {
    this.#commitAsked = true;
  }

  settle(now: number): void {
    if (!this.#commitAsked) return;
    this.#commitAsked = false;
    (this.machine as unknown as Receiver).committed(now);
  }

  finish(result: Result): void {
    const whole = this.#options.request.op === "wrq" && result.kind === "done";
    this.#options.finish(result, whole ? Buffer.concat(this.#pieces) : null);
  }
}

/** Bytes that repeat nowhere near a block size, so that misplaced blocks show. */
export function testBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16)) & 0xff);
}
