// Properties of a sender and a receiver on a bad path, in virtual time. STYLE.md, "In the
// protocol", has the failures behind the bounds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { forEachSeed } from "../fuzz/seeds.ts";
import type { Sender } from "../../src/proto/sender.ts";
import { blockOf, opcodeOf } from "../../src/wire/packet.ts";
import {
  dropping,
  faultRules,
  type Faults,
  NO_FAULTS,
  PASS,
  type Path,
  type Rule,
} from "./link.ts";
import { type PairOptions, runPair } from "./pair.ts";
import { Random } from "./random.ts";
import { assertSound, granted, runSwarm } from "./swarm.ts";

const SIZE_BYTES = 800 * 1428 + 5;
const BLOCKS = 801;

test("any transfer over any path arrives whole, ends once and stays within its datagrams", () => {
  forEachSeed(400, (seed) => void runSwarm(seed));
});

for (const operation of ["read", "write"] as const) {
  for (const windowBlocks of [1, 4, 16, 64]) {
    const name = `${operation}, window ${windowBlocks}`;

    test(`no windowed Sorcerer's Apprentice at 0.2 % loss and 1 % duplication (${name})`, () => {
      // 801 blocks took 5,670 to 27,861 datagrams once. A lost datagram may cost a window.
      forEachSeed(10, (seed) => {
        const faults = { loss: 0.002, duplication: 0.01, lateMsMax: 5 };
        const outcome = run(seed, { operation, windowBlocks, faults });
        const spareMax = 0.1 * BLOCKS + windowBlocks * (outcome.lost + 1);
        assert.ok(outcome.dataSent <= BLOCKS + spareMax, `${outcome.dataSent} DATA`);
      });
    });

    test(`RFC 1123 §4.2.3.1: doubling every datagram doubles nothing else (${name})`, () => {
      forEachSeed(3, (seed) => {
        const faults = { duplication: 1, lateMsMax: 3 };
        const outcome = run(seed, { operation, windowBlocks, faults });
        assert.ok(outcome.dataSent <= 1.02 * BLOCKS + windowBlocks, `${outcome.dataSent} DATA`);
        assert.ok(outcome.controlSent <= BLOCKS / windowBlocks + 10, `${outcome.controlSent}`);
      });
    });

    test(`1 % reordering does not collapse throughput (${name})`, () => {
      const clean = run(1, { operation, windowBlocks, faults: {} });
      forEachSeed(5, (seed) => {
        const faults = { reordering: 0.01, lateMsMax: 5 };
        const outcome = run(seed, { operation, windowBlocks, faults });
        const secondsMax = 1.1 * clean.deliveredMs + outcome.faults * 25;
        assert.ok(outcome.deliveredMs <= secondsMax, `${outcome.deliveredMs} ms`);
      });
    });
  }
}

test("a queue that holds half a window costs no more than twice the time", () => {
  const path = { bytesPerMs: 1250, queueBytes: 64_000 };
  const wide = run(1, {
    operation: "read",
    windowBlocks: 64,
    faults: {},
    path: { bytesPerMs: 1250 },
  });
  const narrow = run(1, { operation: "read", windowBlocks: 64, faults: {}, path });
  assert.ok(narrow.deliveredMs <= 2 * wide.deliveredMs, `${narrow.deliveredMs} ms`);
});

test("a slow wire does not have every window sent twice", () => {
  const path = { bytesPerMs: 125 };
  const outcome = run(1, { operation: "read", windowBlocks: 64, faults: {}, path });
  assert.ok(outcome.dataSent <= 1.3 * BLOCKS, `${outcome.dataSent} DATA`);
});

for (const rollover of [0, 1] as const) {
  for (const windowBlocks of [1, 16, 64]) {
    test(`W8: block numbers roll over to ${rollover} inside a window of ${windowBlocks}`, () => {
      const random = new Random(1);
      const path = { ...CLEAN, random, rules: faultRules({ ...NO_FAULTS, loss: 0.001 }, random) };
      const options: PairOptions = {
        ...BASE,
        operation: "read",
        sizeBytes: 8 * 66_000 + 1,
        granted: granted({ blockBytes: 8, windowBlocks, rollover }),
        toServer: path,
        toClient: path,
      };
      assertSound(options, runPair(options));
    });
  }
}

test("T5: the last ACK lost for good is no failure of the sender", () => {
  const lastAcks: Rule = (bytes) =>
    opcodeOf(bytes) === 4 && blockOf(bytes) === 3 ? { kind: "drop" } : PASS;
  const outcome = runPair({
    ...BASE,
    operation: "read",
    sizeBytes: 1100,
    granted: granted({ blockBytes: 512, windowBlocks: 1, rollover: 0 }),
    toServer: { ...CLEAN, rules: [lastAcks] },
  });
  assert.equal(outcome.server.kind, "done-unacknowledged");
  assert.equal(outcome.client.kind, "done");
});

test("the loss of the end of a window costs one timeout of tens of milliseconds", () => {
  // The 2nd to 17th datagrams of the server are the first window, and its last block is lost.
  const outcome = runPair({
    ...BASE,
    operation: "read",
    sizeBytes: 32 * 512,
    granted: granted({ blockBytes: 512, windowBlocks: 16, rollover: 0 }),
    toClient: { ...CLEAN, rules: [dropping(17)] },
  });
  assert.ok(outcome.deliveredMs <= 20 * 5 + 100, `${outcome.deliveredMs} ms`);
});

test("the canary: a sender that answers each ACK twice is caught", () => {
  const sabotage = (sender: Sender): Sender =>
    new Proxy(sender, {
      get(target, key) {
        if (key === "receive") {
          return (packet: Parameters<Sender["receive"]>[0], now: number) => {
            target.receive(packet, now);
            if (packet.op === "ack") target.requestedAgain(now);
            if (packet.op === "ack") target.timeout(Math.max(now, target.deadline));
          };
        }
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const options: PairOptions = {
    ...BASE,
    operation: "read",
    sizeBytes: SIZE_BYTES,
    granted: granted({ blockBytes: 1428, windowBlocks: 4, rollover: 0 }),
    sabotage,
  };
  assert.throws(() => assertSound(options, runPair(options)), /DATA for|Deadline|Output/);
});

const CLEAN: Path = {
  delayMs: 10,
  bytesPerMs: Infinity,
  queueBytes: Infinity,
  jitterMsMax: 0,
  random: new Random(0),
  rules: [],
};

const BASE = {
  timeoutMs: 1000,
  retries: 6,
  toServer: CLEAN,
  toClient: CLEAN,
  commitMs: 0,
};

interface Scene {
  readonly operation: "read" | "write";
  readonly windowBlocks: number;
  readonly faults: Partial<Faults>;
  readonly path?: Partial<Path>;
}

/** 801 blocks at 20 ms round trip; also counts the datagrams that were lost. */
function run(seed: number, { operation, windowBlocks, faults, path }: Scene) {
  const random = new Random(seed);
  let lost = 0;
  const make = (): Path => {
    const rules = faultRules({ ...NO_FAULTS, ...faults }, random.fork());
    const counting = rules.map((rule): Rule => (bytes, ordinal) => {
      const verdict = rule(bytes, ordinal);
      if (verdict.kind === "drop") lost++;
      return verdict;
    });
    return { ...CLEAN, ...path, random: random.fork(), rules: counting };
  };
  const outcome = runPair({
    ...BASE,
    operation,
    sizeBytes: SIZE_BYTES,
    granted: granted({ blockBytes: 1428, windowBlocks, rollover: 0 }),
    toServer: make(),
    toClient: make(),
  });
  assert.match(outcome.server.kind, /^done/);
  assert.match(outcome.client.kind, /^done/);
  return { ...outcome, lost };
}
