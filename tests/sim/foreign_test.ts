// Our sender against receivers that are not ours, as firmware has them: a timeout of seconds of
// their own, and an ACK for every block that is not the expected one (EDK2, Mtftp4Rrq.c:263) or
// for the first of them only (U-Boot). What repairs the loss is then the sender alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sender } from "../../src/proto/sender.ts";
import { blockIndex } from "../../src/wire/block.ts";
import { forEachSeed } from "../fuzz/seeds.ts";
import { faultRules, type Faults, Link, NO_FAULTS, type Path } from "./link.ts";
import { Random } from "./random.ts";
import { granted } from "./swarm.ts";
import { Alarm, World } from "./world.ts";

const BLOCKS = 801;
const CLIENT_TIMEOUT_MS = 5000;

type Manners = "edk2" | "u-boot";

for (const manners of ["edk2", "u-boot"] as const) {
  for (const windowBlocks of [1, 4, 16]) {
    const name = `${manners}, window ${windowBlocks}`;

    test(`2 % loss at 20 ms costs no timeout of the client's own (${name})`, () => {
      forEachSeed(5, (seed) => {
        const { ms, timeouts } = run({ manners, windowBlocks, faults: { loss: 0.02 }, seed });
        assert.ok(timeouts <= 1, `${timeouts} timeouts of the client`);
        const clean = run({ manners, windowBlocks, faults: {}, seed }).ms;
        assert.ok(ms <= 1.6 * clean + 1500, `${ms} ms, without loss ${clean} ms`);
      });
    });

    // These clients take a doubled block for a gap and say so in the middle of a window, which
    // cannot be told from loss. It costs copies, two or three for a block, however long the file.
    test(`doubling every datagram does not feed itself (${name})`, () => {
      forEachSeed(5, (seed) => {
        const faults = { duplication: 1, lateMsMax: 2 };
        const { dataSent } = run({ manners, windowBlocks, faults, seed });
        const dataMax = windowBlocks === 1 ? 1.05 * BLOCKS : 2.5 * BLOCKS;
        assert.ok(dataSent <= dataMax, `${dataSent} DATA`);
      });
    });

    test(`loss and doubles together stay within their datagrams (${name})`, () => {
      forEachSeed(5, (seed) => {
        const faults = { loss: 0.01, duplication: 0.05, reordering: 0.01, lateMsMax: 5 };
        const { dataSent } = run({ manners, windowBlocks, faults, seed });
        assert.ok(dataSent <= BLOCKS * (1.1 + 0.05 * windowBlocks), `${dataSent} DATA`);
      });
    });
  }
}

interface Scene {
  readonly manners: Manners;
  readonly windowBlocks: number;
  readonly faults: Partial<Faults>;
  readonly seed: number;
}

function run({ manners, windowBlocks, faults, seed }: Scene) {
  const world = new World();
  const random = new Random(seed);
  const path = (): Path => ({
    delayMs: 10,
    bytesPerMs: 12_500,
    queueBytes: Infinity,
    jitterMsMax: 0,
    random: random.fork(),
    rules: faultRules({ ...NO_FAULTS, ...faults }, random.fork()),
  });
  const toServer = new Link(world, path());
  const toClient = new Link(world, path());
  const client = new ForeignReceiver(world, {
    manners,
    windowBlocks,
    ack: (block) =>
      toServer.send(new Uint8Array(4), () => drive(() => sender.acknowledge(block, world.now))),
  });
  const sender = new Sender({
    granted: granted({ blockBytes: 1428, windowBlocks, rollover: 0 }),
    extent: { lastBlock: () => BLOCKS },
    timing: { timeoutMs: 1000, retries: 6 },
    outbox: {
      control: () => toClient.send(new Uint8Array(30), () => client.oack()),
      blocks: (first, count) => {
        for (let index = first; index < first + count; index++) {
          toClient.send(new Uint8Array(1432), () => client.data(index & 0xffff));
        }
      },
      write: () => {},
      commit: () => {},
      finish: () => {},
    },
    now: 0,
  });
  const alarm = new Alarm(world, () => drive(() => sender.timeout(world.now)));
  const drive = (call: () => void) => {
    call();
    alarm.set(sender.deadline);
  };
  drive(() => sender.start(0));
  world.run();
  assert.equal(client.received, BLOCKS, "The client lacks blocks");
  return { ms: client.doneAt, timeouts: client.timeouts, dataSent: toClient.sent };
}

interface ForeignOptions {
  readonly manners: Manners;
  readonly windowBlocks: number;
  readonly ack: (block: number) => void;
}

class ForeignReceiver {
  received = 0;
  doneAt = -1;
  /** How often it had to help itself. */
  timeouts = 0;
  readonly #world: World;
  readonly #options: ForeignOptions;
  readonly #alarm: Alarm;
  #acked = 0;
  #complained = -1;

  constructor(world: World, options: ForeignOptions) {
    this.#world = world;
    this.#options = options;
    this.#alarm = new Alarm(world, () => this.#timeout());
  }

  oack() {
    if (this.received === 0) this.#ack();
  }

  data(number: number) {
    const index = blockIndex(number, this.received, 0);
    if (index !== this.received + 1) return this.#unexpected();
    this.received = index;
    const isLast = index === BLOCKS;
    if (isLast) this.doneAt = this.#world.now;
    if (isLast || index - this.#acked >= this.#options.windowBlocks) this.#ack();
    else this.#wait();
  }

  #unexpected() {
    const isNew = this.#complained !== this.received;
    this.#complained = this.received;
    if (isNew || this.#options.manners === "edk2") this.#ack();
  }

  #timeout() {
    this.timeouts++;
    this.#ack();
  }

  #ack() {
    this.#acked = this.received;
    this.#options.ack(this.received & 0xffff);
    this.#wait();
  }

  #wait() {
    const isDone = this.received === BLOCKS;
    this.#alarm.set(isDone ? Infinity : this.#world.now + CLIENT_TIMEOUT_MS);
  }
}
