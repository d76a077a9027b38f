// PXE MTFTP in virtual time: one file, a server that runs one pass after another, many clients, and
// a network that loses each copy of a datagram by itself. What the machines promise is asserted.
import assert from "node:assert/strict";
import type { Packet, Result, Timing } from "../../src/proto/machine.ts";
import { MTFTP_BLOCK_BYTES, MtftpPass } from "../../src/proto/mtftp.ts";
import { MtftpClient } from "../../src/proto/mtftp_client.ts";
import { Random } from "./random.ts";
import { Alarm, World } from "./world.ts";

export interface MtftpPlan {
  readonly blocks: number;
  readonly clients: readonly MtftpClientPlan[];
  readonly seed: number;
  /** The server answers no ACK but that of the block it sent last. */
  readonly strictServer: boolean;
  readonly endMs: number;
  readonly trace?: (line: string) => void;
}

export interface MtftpClientPlan {
  readonly joinMs: number;
  readonly loss: number;
  /** Nothing sent to the group reaches it. */
  readonly deaf: boolean;
  readonly delayMs: number;
  /** From here on it neither hears nor speaks; Infinity for never. */
  readonly deathMs: number;
}

export interface MtftpOutcome {
  readonly results: readonly (Result | null)[];
  readonly passesOpened: readonly number[];
  readonly deliveredMs: number;
  readonly blocksSent: number;
  readonly lost: number;
}

const TIMING: Timing = { timeoutMs: 1000, retries: 6 };
const PATIENCE_MS = 2000;

/** Runs until nothing is left to do. */
export function runMtftp(plan: MtftpPlan): MtftpOutcome {
  return new MtftpWorld(plan).run();
}

class MtftpWorld {
  readonly world = new World();
  readonly plan: MtftpPlan;
  readonly #random: Random;
  readonly #clients: Client[];
  readonly #alarm: Alarm;
  #pass: { readonly machine: MtftpPass; readonly client: Client } | null = null;
  #sentLast = 0;
  #blocksSent = 0;
  #lost = 0;
  deliveredMs = 0;

  constructor(plan: MtftpPlan) {
    this.plan = plan;
    this.#random = new Random(plan.seed);
    this.#alarm = new Alarm(this.world, () => this.#drive((pass, now) => pass.timeout(now)));
    this.#clients = plan.clients.map((one, id) => new Client(this, one, id));
  }

  run(): MtftpOutcome {
    this.world.run(this.plan.endMs);
    return {
      results: this.#clients.map(({ result }) => result),
      passesOpened: this.#clients.map(({ machine }) => machine?.passesOpened ?? 0),
      deliveredMs: this.deliveredMs,
      blocksSent: this.#blocksSent,
      lost: this.#lost,
    };
  }

  payload(index: number): Uint8Array {
    const short = index === this.plan.blocks ? 1 : 0;
    return new Uint8Array(MTFTP_BLOCK_BYTES - short).fill(index % 251);
  }

  /** From a client to the server. */
  toServer(client: Client, packet: Packet | "request") {
    const text = packet === "request" ? "RRQ" : packet.op === "ack" ? `ACK ${packet.block}` : "?";
    this.plan.trace?.(`${this.world.now.toFixed(2)} ${client.id} sends ${text}`);
    this.#carry(
      client,
      () => packet === "request" ? this.#asked(client) : this.#told(client, packet),
    );
  }

  #asked(client: Client) {
    const { now } = this.world;
    if (this.#pass?.client === client) {
      return this.#drive((pass) => pass.requestedAgain(now));
    }
    if (this.#pass !== null) return;
    const machine = new MtftpPass({
      lastBlock: this.plan.blocks,
      timing: TIMING,
      delayMs: 0,
      patienceMs: PATIENCE_MS,
      now,
      outbox: {
        blocks: (first, count) => this.#send(client, first, count),
        finish: () => this.#pass = null,
      },
    });
    this.#pass = { machine, client };
    this.#drive((pass) => pass.start(now));
  }

  #told(client: Client, packet: Packet) {
    if (this.#pass?.client !== client) return;
    const { strictServer } = this.plan;
    if (strictServer && packet.op === "ack" && packet.block !== this.#sentLast) return;
    this.#drive((pass, now) => pass.receive(packet, now));
  }

  #send(opener: Client, first: number, count: number) {
    for (let index = first; index < first + count; index++) {
      this.plan.trace?.(`${this.world.now.toFixed(2)} DATA ${index}`);
      this.#blocksSent++;
      this.#sentLast = index;
      const payload = this.payload(index);
      if (index === 1) this.#carry(opener, () => opener.receive({ op: "data", block: 1, payload }));
      for (const client of this.#clients) {
        if (client.listens) this.#carry(client, () => client.data(index, payload));
      }
    }
  }

  #carry(client: Client, deliver: () => void) {
    const { loss, delayMs, deathMs } = client.plan;
    if (this.#random.chance(loss)) {
      this.#lost++;
      return;
    }
    const at = this.world.now + delayMs;
    if (at < deathMs) this.world.schedule(at, deliver);
  }

  #drive(call: (pass: MtftpPass, now: number) => void) {
    const { now } = this.world;
    if (this.#pass === null) return;
    call(this.#pass.machine, now);
    this.#alarm.set(this.#pass === null ? Infinity : this.#pass.machine.deadline);
  }
}

class Client {
  readonly id: number;
  readonly plan: MtftpClientPlan;
  machine: MtftpClient | null = null;
  result: Result | null = null;
  readonly #home: MtftpWorld;
  readonly #alarm: Alarm;
  readonly #stored = new Set<number>();

  constructor(home: MtftpWorld, plan: MtftpClientPlan, id: number) {
    this.id = id;
    this.plan = plan;
    this.#home = home;
    this.#alarm = new Alarm(home.world, () => this.#drive((machine, now) => machine.timeout(now)));
    home.world.schedule(plan.joinMs, () => this.#join());
  }

  /** Whether copies of group datagrams come this way. */
  get listens(): boolean {
    return this.machine !== null && this.result === null && !this.plan.deaf;
  }

  receive(packet: Packet) {
    if (this.machine !== null) this.#drive((machine, now) => machine.receive(packet, now));
  }

  data(index: number, payload: Uint8Array) {
    this.#drive((machine, now) => machine.data(index, payload, now));
  }

  #join() {
    this.machine = new MtftpClient({
      listenTimeoutMs: 2000,
      timing: TIMING,
      now: this.#home.world.now,
      dallyMs: 500,
      outbox: {
        request: () => this.#home.toServer(this, "request"),
        control: (packet) => this.#home.toServer(this, packet),
        write: (index, bytes) => {
          assert.ok(!this.#stored.has(index), `Block ${index} written twice`);
          assert.deepEqual(bytes, this.#home.payload(index));
          this.#stored.add(index);
        },
        commit: () => this.#complete(),
        finish: (result) => {
          assert.equal(this.result, null, "Finished twice");
          this.result = result;
        },
      },
    });
    this.#drive((machine, now) => machine.start(now));
  }

  #complete() {
    const { world, plan } = this.#home;
    assert.equal(this.#stored.size, plan.blocks);
    this.#home.deliveredMs = Math.max(this.#home.deliveredMs, world.now);
    world.schedule(world.now, () => this.#drive((machine, now) => machine.committed(now)));
  }

  #drive(call: (machine: MtftpClient, now: number) => void) {
    const { now } = this.#home.world;
    const machine = this.machine!;
    if (now >= this.plan.deathMs || this.result !== null) return;
    call(machine, now);
    assert.ok(machine.deadline >= now, `Deadline ${machine.deadline} is before ${now}`);
    if (this.result !== null) assert.equal(machine.deadline, Infinity, "Deadline after finish");
    this.#alarm.set(machine.deadline);
  }
}
