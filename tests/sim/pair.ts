// One transfer between two machines over two links, with every datagram encoded and decoded in
// between. The server's side starts when the request arrives, the client's when its answer does,
// as the endpoint and the client do it. All promises that both machines make are asserted.
import assert from "node:assert/strict";
import type { Granted, Machine, Outbox, Result } from "../../src/proto/machine.ts";
import { Receiver } from "../../src/proto/receiver.ts";
import { Sender } from "../../src/proto/sender.ts";
import { blockNumber } from "../../src/wire/block.ts";
import { decodePacket, encodePacket, type Packet } from "../../src/wire/packet.ts";
import { Link, type Path } from "./link.ts";
import { Alarm, World } from "./world.ts";

export interface PairOptions {
  readonly operation: "read" | "write";
  readonly sizeBytes: number;
  /** No OACK if there are no options in it. */
  readonly granted: Granted;
  readonly timeoutMs: number;
  readonly retries: number;
  /** From client to server and back. */
  readonly toServer: Path;
  readonly toClient: Path;
  /** How long the receiving host takes to make the file safe. */
  readonly commitMs: number;
  /** Gets a line for each datagram that is sent or arrives. */
  readonly trace?: (line: string) => void;
  /** Puts another sender in place of ours, to see it caught. */
  readonly sabotage?: (sender: Sender) => Sender;
}

export interface PairOutcome {
  readonly server: Result;
  readonly client: Result;
  /** When the receiver had everything. */
  readonly deliveredMs: number;
  /** DATA and control datagrams sent, and the least that a clean wire needs. */
  readonly dataSent: number;
  readonly controlSent: number;
  readonly blocks: number;
  readonly retransmits: number;
  /** Datagrams that the links lost, doubled or delayed. */
  readonly faults: number;
}

/** A machine with its outbox, alarm and place in the world. */
class Host {
  machine: Machine | null = null;
  result: Result | null = null;
  /** What this host stored so far. */
  storedBytes = 0;
  readonly #pair: Pair;
  readonly link: Link;
  readonly #alarm: Alarm;
  dataSent = 0;
  controlSent = 0;
  #deliver: (bytes: Uint8Array) => void = () => {};

  constructor(pair: Pair, link: Link) {
    this.#pair = pair;
    this.link = link;
    this.#alarm = new Alarm(
      pair.world,
      () => this.#ring(),
    );
  }

  connect(deliver: (bytes: Uint8Array) => void) {
    this.#deliver = deliver;
  }

  send(packet: Packet) {
    if (packet.op === "data") this.dataSent++;
    else this.controlSent++;
    this.#pair.trace(this, packet, "sends");
    this.link.send(encodePacket(packet), this.#deliver);
  }

  drive(call: (machine: Machine, now: number) => void) {
    const machine = this.machine!;
    const { now } = this.#pair.world;
    call(machine, now);
    assert.ok(machine.deadline >= now, `Deadline ${machine.deadline} is before ${now}`);
    if (this.result !== null) assert.equal(machine.deadline, Infinity, "Deadline after finish");
    this.#alarm.set(machine.deadline);
  }

  #ring() {
    this.drive((machine, now) => machine.timeout(now));
    const { deadline } = this.machine!;
    assert.ok(deadline > this.#pair.world.now, "Deadline stays where it was after a timeout");
  }

  readonly outbox: Outbox = {
    control: (packet) => {
      this.#assertRunning();
      this.send(packet);
    },
    blocks: (first, count) => {
      this.#assertRunning();
      assert.ok(count >= 1, "Empty burst");
      for (let index = first; index < first + count; index++) this.send(this.#pair.block(index));
    },
    write: (index, bytes) => {
      this.#assertRunning();
      this.#pair.checkStored(index, bytes, this.storedBytes);
      this.storedBytes += bytes.length;
    },
    commit: () => {
      this.#assertRunning();
      this.#pair.delivered();
      const { world, options } = this.#pair;
      world.schedule(world.now + options.commitMs, () => {
        if (this.result !== null) return;
        this.drive((machine, now) => (machine as Receiver).committed(now));
      });
    },
    finish: (result) => {
      this.#assertRunning();
      this.result = result;
    },
  };

  #assertRunning() {
    assert.equal(this.result, null, "Output after finish");
  }
}

class Pair {
  readonly world = new World();
  readonly options: PairOptions;
  readonly content: Uint8Array;
  readonly server: Host;
  readonly client: Host;
  deliveredMs = -1;
  #requests = 0;

  constructor(options: PairOptions) {
    this.options = options;
    this.content = contentOf(options.sizeBytes);
    const toServer = new Link(this.world, options.toServer);
    const toClient = new Link(this.world, options.toClient);
    this.server = new Host(this, toClient);
    this.client = new Host(this, toServer);
    this.server.connect((bytes) => this.#clientReceives(bytes));
    this.client.connect((bytes) => this.#serverReceives(bytes));
  }

  run() {
    this.#request();
    this.world.run();
  }

  get blocks(): number {
    return Math.floor(this.options.sizeBytes / this.options.granted.blockBytes) + 1;
  }

  block(index: number): Packet {
    const { blockBytes, rollover } = this.options.granted;
    assert.ok(index >= 1 && index <= this.blocks, `Block ${index} is not in the file`);
    const payload = this.content.subarray((index - 1) * blockBytes, index * blockBytes);
    return { op: "data", block: blockNumber(index, rollover), payload };
  }

  checkStored(index: number, bytes: Uint8Array, offset: number) {
    assert.equal(offset, (index - 1) * this.options.granted.blockBytes, "Block out of order");
    const expected = this.content.subarray(offset, offset + bytes.length);
    assert.ok(equal(bytes, expected), `Block ${index} has the wrong content`);
  }

  delivered() {
    assert.equal(this.deliveredMs, -1, "Delivered twice");
    this.deliveredMs = this.world.now;
  }

  /** The client asks, and asks again until it is answered. */
  #request() {
    if (this.client.machine !== null || this.#requests > this.options.retries) return;
    const op = this.options.operation === "read" ? "rrq" : "wrq";
    this.client.send({ op, name: "f", mode: "octet", options: [] });
    const waitMs = Math.min(this.options.timeoutMs * 2 ** this.#requests++, 8000);
    this.world.schedule(this.world.now + waitMs, () => this.#request());
  }

  trace(host: Host, packet: Packet, verb: "sends" | "gets") {
    if (!this.options.trace) return;
    const name = host === this.server ? "server" : "client";
    const block = packet.op === "data" || packet.op === "ack" ? ` ${packet.block}` : "";
    this.options.trace(`${this.world.now.toFixed(1)} ${name} ${verb} ${packet.op}${block}`);
  }

  #serverReceives(bytes: Uint8Array) {
    const packet = decode(bytes);
    this.trace(this.server, packet, "gets");
    const isRequest = packet.op === "rrq" || packet.op === "wrq";
    if (this.server.machine === null) {
      if (!isRequest) return;
      const isSender = this.options.operation === "read";
      const machine = isSender ? this.#sender(this.server) : this.#receiver(this.server, true);
      this.server.machine = machine;
      this.server.drive((_machine, now) => machine.start(now));
    } else if (isRequest) {
      const machine = this.server.machine as Sender | Receiver;
      this.server.drive((_machine, now) => machine.requestedAgain(now));
    } else this.server.drive((machine, now) => machine.receive(packet, now));
  }

  #clientReceives(bytes: Uint8Array) {
    const packet = decode(bytes);
    this.trace(this.client, packet, "gets");
    if (this.client.machine !== null) {
      return this.client.drive((machine, now) => machine.receive(packet, now));
    }
    if (packet.op === "error") return;
    if (this.options.operation === "read") {
      if (packet.op === "data" && this.options.granted.options.length > 0) return;
      const receiver = this.#receiver(this.client, false);
      this.client.machine = receiver;
      this.client.drive((_machine, now) => receiver.start(now));
      if (packet.op === "data") this.client.drive((machine, now) => machine.receive(packet, now));
    } else {
      const sender = this.#sender(this.client);
      this.client.machine = sender;
      this.client.drive((_machine, now) => sender.start(now));
    }
  }

  #sender(host: Host): Sender {
    const { granted, timeoutMs, retries, sabotage } = this.options;
    const sender = new Sender({
      // A client that sends has nothing to announce: the OACK was the server's.
      granted: host === this.server ? granted : { ...granted, options: [] },
      extent: { lastBlock: () => this.blocks },
      timing: { timeoutMs, retries },
      outbox: host.outbox,
      now: this.world.now,
      answered: host === this.client,
      roundTripMs: host === this.client && this.#requests === 1 ? this.world.now : null,
    });
    return sabotage ? sabotage(sender) : sender;
  }

  #receiver(host: Host, isServer: boolean): Receiver {
    const { granted, timeoutMs, retries } = this.options;
    const hasOack = granted.options.length > 0;
    const ack0: Packet = { op: "ack", block: 0 };
    const oack: Packet = { op: "oack", options: granted.options };
    return new Receiver({
      granted,
      timing: { timeoutMs, retries },
      outbox: host.outbox,
      now: this.world.now,
      opening: isServer ? (hasOack ? oack : ack0) : hasOack ? ack0 : null,
      dallyMs: 5_000,
      answered: !isServer,
    });
  }
}

/** Runs one transfer to its end in virtual time. */
export function runPair(options: PairOptions): PairOutcome {
  const pair = new Pair(options);
  pair.run();
  const { server, client } = pair;
  assert.ok(server.result, "Server never finished");
  assert.ok(client.result, "Client never finished");
  const machines = [server.machine, client.machine] as (Sender | Receiver)[];
  return {
    server: server.result,
    client: client.result,
    deliveredMs: pair.deliveredMs,
    dataSent: server.dataSent + client.dataSent,
    controlSent: server.controlSent + client.controlSent,
    blocks: pair.blocks,
    retransmits: machines.reduce((sum, machine) => sum + machine.retransmits, 0),
    faults: server.link.faults + client.link.faults,
  };
}

function decode(bytes: Uint8Array): Packet {
  const packet = decodePacket(bytes);
  if (packet.op === "malformed") throw new Error(`A machine sent nonsense: ${packet.reason}`);
  return packet;
}

const contents = new Map<number, Uint8Array>();

/** The file of this size: octets without a period that a block size could hide. */
function contentOf(sizeBytes: number): Uint8Array {
  const known = contents.get(sizeBytes);
  if (known) return known;
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) bytes[i] = Math.imul(i, 2654435761) >>> 23;
  contents.set(sizeBytes, bytes);
  return bytes;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
