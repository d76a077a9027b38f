// Random packets at random moments: whatever a peer sends, a machine throws nothing, ends at most
// once, says nothing after its end and never has a deadline that has passed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outbox, Packet } from "../../src/proto/machine.ts";
import { Receiver } from "../../src/proto/receiver.ts";
import { Sender } from "../../src/proto/sender.ts";
import { granted } from "../sim/swarm.ts";
import { Random } from "../sim/random.ts";
import { forEachSeed } from "./seeds.ts";

const INPUTS = 300;
const HOUR_MS = 3_600_000;

test("a sender survives any packets at any moment", () => {
  forEachSeed(300, (seed) => {
    const random = new Random(seed);
    const blocks = random.integer(1, 70_000);
    const outbox = new StrictOutbox(blocks);
    const sender = new Sender({
      granted: randomGrant(random),
      extent: { lastBlock: () => blocks },
      timing: { timeoutMs: random.pick([50, 1000, 9000]), retries: random.integer(0, 8) },
      outbox,
      now: 0,
    });
    torment({ machine: sender, outbox, random, near: () => sender.ackedBlocks });
  });
});

test("a receiver survives any packets at any moment", () => {
  forEachSeed(300, (seed) => {
    const random = new Random(seed);
    const outbox = new StrictOutbox(0);
    const grant = randomGrant(random);
    const receiver = new Receiver({
      granted: grant,
      timing: { timeoutMs: random.pick([50, 1000, 9000]), retries: random.integer(0, 8) },
      outbox,
      now: 0,
      opening: { op: "ack", block: 0 },
      dallyMs: random.pick([0, 5000]),
    });
    outbox.commits = (now) => random.chance(0.5) && receiver.committed(now);
    torment({ machine: receiver, outbox, random, near: () => receiver.receivedBlocks });
  });
});

class StrictOutbox implements Outbox {
  finished = false;
  commits: (now: number) => void = () => {};
  commitAsked = false;
  readonly #blocks: number;
  #written = 0;

  constructor(blocks: number) {
    this.#blocks = blocks;
  }

  control(_packet: Packet) {
    assert.ok(!this.finished, "Control after the end");
  }

  blocks(first: number, count: number) {
    assert.ok(!this.finished, "DATA after the end");
    assert.ok(count >= 1 && first >= 1 && first + count - 1 <= this.#blocks, "No such block");
  }

  write(index: number) {
    assert.equal(index, ++this.#written, "Written out of order");
  }

  commit() {
    assert.ok(!this.commitAsked, "Asked twice to commit");
    this.commitAsked = true;
  }

  finish() {
    assert.ok(!this.finished, "Ended twice");
    this.finished = true;
  }
}

interface Torment {
  readonly machine: Sender | Receiver;
  readonly outbox: StrictOutbox;
  readonly random: Random;
  /** A block index the machine may take for news. */
  readonly near: () => number;
}

function torment({ machine, outbox, random, near }: Torment) {
  let now = 0;
  machine.start(now);
  for (let i = 0; i < INPUTS; i++) {
    now += random.pick([0, 0, 0.3, 1, 20, 1000]);
    if (random.chance(0.1)) now = Math.max(now, Math.min(machine.deadline, now + HOUR_MS));
    if (now >= machine.deadline || random.chance(0.1)) machine.timeout(now);
    else if (random.chance(0.05)) machine.requestedAgain(now);
    else machine.receive(randomPacket(random, near()), now);
    if (outbox.commitAsked) outbox.commits(now);
    assert.ok(machine.deadline > now, `Deadline ${machine.deadline} has passed at ${now}`);
  }
  for (let i = 0; machine.deadline < Infinity; i++) {
    assert.ok(i < 1000, "Never ends");
    machine.timeout(machine.deadline);
  }
}

function randomGrant(random: Random) {
  return granted({
    blockBytes: 8,
    windowBlocks: random.pick([1, 4, 64, 16_384]),
    rollover: random.pick([0, 1]),
  }, random.chance(0.8));
}

function randomPacket(random: Random, near: number): Packet {
  const close = (near + random.integer(-2, 70)) & 0xffff;
  const block = random.chance(0.8) ? close : random.integer(0, 65_535);
  const payload = new Uint8Array(random.chance(0.97) ? 8 : 3);
  const packets: readonly Packet[] = [
    { op: "ack", block },
    { op: "data", block, payload },
    { op: "oack", options: [] },
    { op: "rrq", name: "f", mode: "octet", options: [] },
    { op: "error", code: 8, message: "No more" },
  ];
  const roll = random.next();
  return packets[roll < 0.5 ? 0 : roll < 0.9 ? 1 : roll < 0.95 ? 2 : roll < 0.999 ? 3 : 4]!;
}
