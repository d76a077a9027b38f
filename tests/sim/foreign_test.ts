// Our sender against receivers that are not ours, as firmware has them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Sender } from "../../src/proto/sender.ts";
import { blockNumber } from "../../src/wire/block.ts";
import { forEachSeed } from "../fuzz/seeds.ts";
import { FirmwareReceiver, type Manners } from "./firmware_receiver.ts";
import { faultRules, type Faults, Link, NO_FAULTS, type Path } from "./link.ts";
import { Random } from "./random.ts";
import { granted } from "./swarm.ts";
import { Alarm, World } from "./world.ts";

const BLOCKS = 801;
const BLOCK_BYTES = 1428;
const CLIENT_TIMEOUT_MS = 5000;

for (const manners of ["edk2", "u-boot"] as const) {
  for (const windowBlocks of [1, 4, 16, 64]) {
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
  const toServer = new Link(world, wire(random, faults));
  const toClient = new Link(world, wire(random, faults));
  let doneAt = -1;
  const client = new FirmwareReceiver({
    manners,
    blockBytes: BLOCK_BYTES,
    windowBlocks,
    timeoutMs: CLIENT_TIMEOUT_MS,
    outbox: {
      control: (packet) =>
        toServer.send(
          new Uint8Array(4),
          () => drive(() => sender.receive(packet, world.now)),
        ),
      write: () => {},
      finish: () => doneAt = world.now,
    },
  });
  const sender = new Sender({
    granted: granted({ blockBytes: BLOCK_BYTES, windowBlocks, rollover: 0 }),
    extent: { lastBlock: () => BLOCKS },
    timing: { timeoutMs: 1000, retries: 6 },
    outbox: {
      control: (packet) =>
        toClient.send(new Uint8Array(30), () => receive((now) => client.receive(packet, now))),
      blocks: (first, count) => {
        for (let index = first; index < first + count; index++) {
          const payload = new Uint8Array(index === BLOCKS ? 0 : BLOCK_BYTES);
          const block = blockNumber(index, 0);
          toClient.send(
            new Uint8Array(4 + BLOCK_BYTES),
            () => receive((now) => client.data(block, payload, now)),
          );
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
  const clientAlarm = new Alarm(world, () => receive((now) => client.timeout(now)));
  const receive = (call: (now: number) => void) => {
    call(world.now);
    clientAlarm.set(client.deadline);
  };
  drive(() => sender.start(0));
  world.run();
  assert.equal(client.received, BLOCKS, "The client lacks blocks");
  return { ms: doneAt, timeouts: client.timeouts, dataSent: toClient.sent };
}

/** Ten milliseconds and 100 Mbit/s. */
function wire(random: Random, faults: Partial<Faults>): Path {
  return {
    delayMs: 10,
    bytesPerMs: 12_500,
    queueBytes: Infinity,
    jitterMsMax: 0,
    random: random.fork(),
    rules: faultRules({ ...NO_FAULTS, ...faults }, random.fork()),
  };
}
