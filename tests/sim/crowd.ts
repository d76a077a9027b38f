// Many clients at once against the whole endpoint, over bad paths, from one seed: readers and
// writers with the client's own machines, and now and then one that falls silent or sends rubbish.
import assert from "node:assert/strict";
import { ClientTransfer } from "../../src/client/transfer.ts";
import type { Result } from "../../src/proto/machine.ts";
import type { Opened } from "../../src/proto/opening.ts";
import { blockNumber } from "../../src/wire/block.ts";
import { decodePacket, encodePacket, type RequestPacket } from "../../src/wire/packet.ts";
import { Bench, request } from "./bench.ts";
import type { Station } from "./driver.ts";
import { faultRules, Link, type Path } from "./link.ts";
import { Random } from "./random.ts";
import { Alarm, type World } from "./world.ts";

export interface CrowdOutcome {
  readonly done: number;
  readonly silenced: number;
  readonly datagrams: number;
}

/** Runs `count` clients under this seed and asserts that each got what it came for. */
export async function runCrowd(seed: number, count: number): Promise<CrowdOutcome> {
  const random = new Random(seed);
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 5; i++) files[`boot/${i}`] = content(random.integer(0, 120_000), i);
  const bench = await Bench.start({
    files,
    seed,
    upload: { enabled: true },
    tftp: { singlePort: random.chance(0.3), rollover: random.pick([0, 1] as const) },
    diskMs: random.pick([1, 20, 400]),
  });
  const clients = Array.from(
    { length: count },
    (_, i) => new CrowdClient(bench, { index: i, random: random.fork(), files }),
  );
  for (const client of clients) {
    bench.world.schedule(random.next() * 3000, () => client.start());
  }
  bench.world.run();
  for (const client of clients) client.check();
  assert.equal(bench.endpoint.transfers, 0, "Transfers left behind");
  assert.equal(bench.uploads.running, 0, "Uploads left behind");
  const silenced = clients.filter((client) => client.silenced).length;
  return {
    done: count - silenced,
    silenced,
    datagrams: clients.reduce((sum, client) => sum + client.datagrams, 0),
  };
}

interface ClientOptions {
  readonly index: number;
  readonly random: Random;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

class CrowdClient implements Station {
  readonly host: string;
  readonly toServer: Link;
  readonly toClient: Link;
  /** It stops answering in the middle, as machines do that are switched off. */
  readonly silenced: boolean;
  readonly #bench: Bench;
  readonly #random: Random;
  readonly #port: number;
  readonly #request: RequestPacket;
  /** What is fetched, or sent. */
  readonly #content: Uint8Array;
  readonly #alarm: Alarm;
  #transfer!: ClientTransfer;
  #serverPort = 69;
  #opened: Opened | null = null;
  #stored = 0;
  #result: Result | null = null;
  #heard = 0;

  constructor(bench: Bench, { index, random, files }: ClientOptions) {
    this.#bench = bench;
    this.#random = random;
    this.host = `10.1.${index >> 8}.${index & 255}`;
    this.#port = random.integer(1024, 4095);
    this.silenced = random.chance(0.05);
    const reads = random.chance(0.75);
    const name = reads ? random.pick(Object.keys(files)) : `saved/${index}`;
    this.#content = reads ? files[name]! : content(random.integer(0, 60_000), index);
    this.#request = request(reads ? "rrq" : "wrq", {
      name,
      options: random.pick(["", "blksize 1024 tsize 0", "blksize 1428 windowsize 16", "timeout 2"]),
    }) as RequestPacket;
    this.#alarm = new Alarm(bench.world, () => this.#drive((now) => this.#transfer.timeout(now)));
    const path = () => crowdPath(random.fork());
    this.toServer = new Link(bench.world, path());
    this.toClient = new Link(bench.world, path());
    bench.driver.attach(this);
  }

  get datagrams(): number {
    return this.toServer.sent + this.toClient.sent;
  }

  start() {
    this.#transfer = new ClientTransfer({
      request: this.#request,
      sizeBytes: this.#content.length,
      timing: { timeoutMs: 1000, retries: 8 },
      outbox: {
        opened: (opened) => void (this.#opened = opened),
        join: () => assert.fail("No group was asked for"),
        requestAgain: () => assert.fail("No group was asked for"),
        control: (packet) => this.#send(encodePacket(packet)),
        blocks: (first, count) => this.#sendBlocks(first, count),
        write: (_index, bytes) => this.#store(bytes),
        commit: () => this.#later(),
        finish: (result) => {
          assert.equal(this.#result, null, "Finished twice");
          this.#result = result;
        },
      },
      now: this.#world.now,
    });
    this.#drive((now) => this.#transfer.start(now));
  }

  receive(port: number, bytes: Uint8Array, fromPort: number) {
    if (port !== this.#port || this.#isSilent()) return;
    if (this.#random.chance(0.01)) this.#disturb(fromPort);
    const packet = decodePacket(bytes);
    assert.ok(packet.op !== "malformed", "The server sent nonsense");
    if (this.#opened !== null && fromPort !== this.#serverPort) return;
    const before = this.#serverPort;
    this.#serverPort = fromPort;
    this.#drive((now) => this.#transfer.receive(packet, now));
    if (this.#opened === null) this.#serverPort = before;
  }

  /** Asserts what this client was promised. */
  check() {
    if (this.silenced) return;
    assert.match(this.#result?.kind ?? "unfinished", /^done/, `${this.host} ${this.#outcome()}`);
    if (this.#request.op === "rrq") assert.equal(this.#stored, this.#content.length);
    else assert.deepEqual(this.#bench.files.get(this.#request.name), this.#content);
  }

  get #world(): World {
    return this.#bench.world;
  }

  #outcome(): string {
    return `${JSON.stringify(this.#request)}: ${JSON.stringify(this.#result)}`;
  }

  #drive(call: (now: number) => void) {
    if (this.#isSilent()) return this.#alarm.set(Infinity);
    call(this.#world.now);
    this.#alarm.set(this.#transfer.deadline);
  }

  #later() {
    const at = this.#world.now + this.#random.next() * 50;
    this.#world.schedule(at, () => this.#drive((now) => this.#transfer.committed(now)));
  }

  #isSilent(): boolean {
    return this.silenced && this.#heard++ > 20;
  }

  #store(bytes: Uint8Array) {
    const expected = this.#content.subarray(this.#stored, this.#stored + bytes.length);
    assert.deepEqual(bytes, expected, "Wrong content");
    this.#stored += bytes.length;
  }

  #sendBlocks(first: number, count: number) {
    const { blockBytes, rollover } = this.#opened!.granted;
    for (let index = first; index < first + count; index++) {
      const payload = this.#content.subarray((index - 1) * blockBytes, index * blockBytes);
      this.#send(encodePacket({ op: "data", block: blockNumber(index, rollover), payload }));
    }
  }

  #send(bytes: Uint8Array) {
    const from = { station: this, port: this.#port };
    this.#bench.driver.send(from, this.#serverPort, bytes);
  }

  /** Rubbish from our port and a stray from another one: neither may do harm. */
  #disturb(serverPort: number) {
    const rubbish = Uint8Array.from({ length: this.#random.integer(0, 30) }, () => {
      return this.#random.integer(0, 255);
    });
    // An ERROR from the peer is to be believed, and a request is one: anything else is rubbish.
    if (rubbish.length > 1) rubbish[1] = this.#random.pick([0, 6, 7, 200]);
    this.#bench.driver.send({ station: this, port: this.#port }, serverPort, rubbish);
    const stray = encodePacket({ op: "ack", block: this.#random.integer(0, 65_535) });
    this.#bench.driver.send({ station: this, port: this.#port + 1 }, serverPort, stray);
  }
}

function crowdPath(random: Random): Path {
  const chance = (value: number) => random.chance(0.5) ? value : 0;
  return {
    delayMs: random.pick([0.2, 2, 20]),
    bytesPerMs: random.pick([Infinity, 1250, 12_500]),
    queueBytes: 200_000,
    jitterMsMax: chance(5),
    random: random.fork(),
    rules: faultRules({
      loss: chance(random.next() * 0.05),
      duplication: chance(random.next() * 0.1),
      reordering: chance(random.next() * 0.05),
      lateMsMax: 20,
    }, random.fork()),
  };
}

function content(bytes: number, salt: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.imul(i + salt, 2654435761) >>> 23);
}
