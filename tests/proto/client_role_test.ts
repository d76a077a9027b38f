// Receiver and sender in the hands of a client, whose peer has answered before.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Granted, Packet, Result } from "../../src/proto/machine.ts";
import { Receiver } from "../../src/proto/receiver.ts";
import { Sender } from "../../src/proto/sender.ts";

const PLAIN: Granted = {
  blockBytes: 512,
  windowBlocks: 1,
  rollover: 0,
  timeoutMs: null,
  options: [],
};
const TIMING = { timeoutMs: 1000, retries: 5 };

function recorder() {
  const trace: string[] = [];
  const outbox = {
    control: (packet: Packet) => void trace.push(packet.op),
    blocks: (first: number, count: number) => void trace.push(`blocks ${first}+${count}`),
    write: () => {},
    commit: () => {},
    finish: (result: Result) => void trace.push(result.kind),
  };
  return { trace, outbox };
}

function expireAll(machine: { deadline: number; timeout(now: number): void }) {
  while (machine.deadline < Infinity) machine.timeout(machine.deadline);
}

test("A client's ACK 0 is repeated as often as any packet: no forged request stands behind it", () => {
  const { trace, outbox } = recorder();
  const opening: Packet = { op: "ack", block: 0 };
  const receiver = new Receiver({
    ...{ granted: PLAIN, timing: TIMING, outbox, now: 0, opening, dallyMs: 0 },
    answered: true,
  });
  receiver.start(0);
  expireAll(receiver);
  assert.deepEqual(trace, [...Array(6).fill("ack"), "error", "failed"]);
});

test("A client's DATA 1 is repeated as often as any packet: no forged request stands behind it", () => {
  const { trace, outbox } = recorder();
  const extent = { lastBlock: () => 9 };
  const sender = new Sender({
    ...{ granted: PLAIN, timing: TIMING, outbox, now: 0, extent },
    answered: true,
  });
  sender.start(0);
  expireAll(sender);
  assert.deepEqual(trace, [...Array(6).fill("blocks 1+1"), "error", "failed"]);
});

test("RFC 1123 §4.2.3.2: a block 1 that came unasked measures no round trip", () => {
  const { outbox } = recorder();
  const receiver = new Receiver({
    ...{ granted: PLAIN, timing: TIMING, outbox, now: 70, opening: null, dallyMs: 0 },
    answered: true,
  });
  receiver.start(70);
  receiver.receive({ op: "data", block: 1, payload: new Uint8Array(512) }, 70);
  assert.equal(receiver.roundTripMs, 1000);
  assert.equal(receiver.deadline, 1070);
});

test("RFC 1123 §4.2.3.2: the round trip of the request times the repetition of ACK 0", () => {
  const { trace, outbox } = recorder();
  const opening: Packet = { op: "ack", block: 0 };
  const receiver = new Receiver({
    ...{ granted: PLAIN, timing: TIMING, outbox, now: 70, opening, dallyMs: 0 },
    answered: true,
    roundTripMs: 40,
  });
  receiver.start(70);
  assert.equal(receiver.deadline, 70 + 40 + 4 * 20);
  receiver.timeout(receiver.deadline);
  assert.deepEqual(trace, ["ack", "ack"]);
});
