// The sender as traces: the server's side of a read, the client's side of a write.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expire, granting, OACK, sending, TIMING } from "./trace.ts";

const WINDOW_4 = granting({ windowBlocks: 4, options: OACK });

test("T1: blocks count from 1, one for each ACK, and the last ACK ends the transfer", () => {
  const { trace, ack } = sending(3);
  assert.deepEqual(trace.take(), ["DATA 1"]);
  assert.deepEqual(ack(1, 20), ["DATA 2"]);
  assert.deepEqual(ack(2, 40), ["DATA 3"]);
  assert.deepEqual(ack(3, 60), ["finish done"]);
});

test("T1: an empty file is one empty block", () => {
  const { trace, ack } = sending(1);
  assert.deepEqual(trace.take(), ["DATA 1"]);
  assert.deepEqual(ack(1, 20), ["finish done"]);
});

test("T5: the last DATA is sent again until patience ends, and that is no failure", () => {
  const { sender, trace, ack } = sending(2);
  trace.take();
  assert.deepEqual(ack(1, 20), ["DATA 2"]);
  const lines = [];
  while (sender.deadline < Infinity) lines.push(...expire(sender, trace).lines);
  assert.equal(lines.pop(), "finish done-unacknowledged");
  assert.ok(lines.length >= 3);
  assert.deepEqual(new Set(lines), new Set(["DATA 2"]));
});

test("T5: patience that ends before the last DATA is a failure, and the peer is told", () => {
  const { sender, trace, ack } = sending(3);
  ack(1, 20);
  const lines = [];
  while (sender.deadline < Infinity) lines.push(...expire(sender, trace).lines);
  assert.deepEqual(lines.slice(-2), [
    "ERROR 0 Timed out waiting for ACK",
    "finish failed: timeout Timed out waiting for ACK",
  ]);
});

test("T7: the peer's ERROR ends the transfer and is not answered", () => {
  const { sender, trace } = sending(3);
  trace.take();
  sender.receive({ op: "error", code: 3, message: "Disk full" }, 20);
  assert.deepEqual(trace.take(), ["finish failed: peer Disk full"]);
  assert.equal(sender.deadline, Infinity);
});

test("T7: our ERROR is sent once and never repeated", () => {
  const { sender, trace } = sending(3);
  trace.take();
  const failure = { kind: "aborted", code: 0, text: "Server stops" } as const;
  sender.abort(failure);
  sender.abort(failure);
  assert.deepEqual(trace.take(), ["ERROR 0 Server stops", "finish failed: aborted Server stops"]);
});

test("U1 (RFC 1123 §4.2.3.1): a repeated ACK in lock-step sends nothing", () => {
  const { sender, ack } = sending(9);
  ack(1, 20);
  const { deadline } = sender;
  for (let now = 21; now < 60; now += 10) assert.deepEqual(ack(1, now), []);
  assert.equal(sender.deadline, deadline);
});

test("U1: a doubled ACK in a window sends nothing, whether early or echoed", () => {
  const { trace, ack } = sending(99, { granted: WINDOW_4 });
  trace.take();
  assert.deepEqual(ack(0, 20), ["DATA 1-4"]);
  assert.deepEqual(ack(0, 22), []);
  assert.deepEqual(ack(4, 40), ["DATA 5-8"]);
  assert.deepEqual(ack(4, 43), []);
});

test("U1: a gap reported twice within a round trip restarts the window once", () => {
  const { ack } = sending(99, { granted: WINDOW_4 });
  ack(0, 20);
  assert.deepEqual(ack(2, 40), ["DATA 3-6"]);
  assert.deepEqual(ack(2, 42), []);
});

test("U1: an ACK that repeats after a window was sent twice is its echo", () => {
  const { sender, trace, ack } = sending(99, { granted: WINDOW_4 });
  ack(0, 20);
  ack(4, 40);
  assert.deepEqual(expire(sender, trace).lines, ["DATA 5-8"]);
  const answeredAt = sender.deadline - 1;
  assert.deepEqual(ack(8, answeredAt), ["DATA 9-12"]);
  assert.deepEqual(ack(8, answeredAt + 60), []);
});

test("U2 (RFC 1123 §4.2.3.2): the timeout doubles while the peer is silent", () => {
  const { sender, trace, ack } = sending(9, { timing: { timeoutMs: 1000, retries: 6 } });
  ack(1, 800);
  const waits = [];
  for (let before = 800, i = 0; i < 4; i++) {
    const { at, lines } = expire(sender, trace);
    assert.deepEqual(lines, ["DATA 2"]);
    waits.push(at - before);
    before = at;
  }
  assert.deepEqual(waits, [2400, 4800, 8000, 8000]);
});

test("U2: the timeout adapts to the measured round trip", () => {
  const { sender, ack } = sending(99);
  for (let block = 1; block <= 20; block++) ack(block, block * 10);
  assert.equal(sender.deadline - 200, 50);
  assert.ok(Math.abs(sender.roundTripMs - 10) < 1);
});

test("U2: noise moves no deadline and clears no strike", () => {
  const { sender, trace, ack } = sending(9);
  ack(1, 20);
  const { deadline } = sender;
  sender.receive({ op: "data", block: 1, payload: new Uint8Array(0) }, 25);
  sender.receive({ op: "oack", options: [] }, 25);
  sender.timeout(26);
  assert.deepEqual([...ack(0, 27), ...ack(7, 27), ...ack(65535, 28), ...trace.take()], []);
  assert.equal(sender.deadline, deadline);
});

test("O6: the OACK is block 0: repeated by the timer, answered by ACK 0, then DATA 1", () => {
  const { sender, trace, ack } = sending(9, { granted: granting({ options: OACK }) });
  assert.deepEqual(trace.take(), ["OACK blksize=512"]);
  assert.deepEqual(expire(sender, trace), { at: 1000, lines: ["OACK blksize=512"] });
  assert.deepEqual(expire(sender, trace), { at: 3000, lines: ["OACK blksize=512"] });
  assert.deepEqual(ack(0, 3100), ["DATA 1"]);
  assert.deepEqual(ack(0, 3200), []);
});

test("O6: a repeated request has its answer repeated, until the peer has answered", () => {
  const { sender, trace, ack } = sending(9, { granted: granting({ options: OACK }) });
  trace.take();
  sender.requestedAgain(500);
  assert.deepEqual(trace.take(), ["OACK blksize=512"]);
  ack(0, 520);
  sender.requestedAgain(530);
  assert.deepEqual(trace.take(), []);
});

test("O8: ERROR after the OACK is a probe, not a failure", () => {
  const { sender, trace } = sending(9, { granted: granting({ options: OACK }) });
  trace.take();
  sender.receive({ op: "error", code: 8, message: "User aborted the transfer" }, 20);
  assert.deepEqual(trace.take(), ["finish probe: User aborted the transfer"]);
});

test("an unanswered request is repeated three times at most: it may be forged", () => {
  const { sender, trace } = sending(9, { timing: { timeoutMs: 1000, retries: 9 } });
  const lines = trace.take();
  while (sender.deadline < Infinity) lines.push(...expire(sender, trace).lines);
  assert.deepEqual(lines, [
    ...["DATA 1", "DATA 1", "DATA 1", "DATA 1"],
    "finish failed: timeout Timed out waiting for ACK",
  ]);
});

test("Z1: the negotiated timeout is that of the first retransmission", () => {
  const { sender } = sending(9, { timing: { ...TIMING, timeoutMs: 5000 } });
  assert.equal(sender.deadline, 5000);
});

test("W3 (RFC 7440): a window is sent at once, the next after the ACK of its last block", () => {
  const { trace, ack } = sending(10, { granted: WINDOW_4 });
  assert.deepEqual(trace.take(), ["OACK blksize=512"]);
  assert.deepEqual(ack(0, 20), ["DATA 1-4"]);
  assert.deepEqual(ack(4, 40), ["DATA 5-8"]);
  assert.deepEqual(ack(8, 60), ["DATA 9-10"]);
  assert.deepEqual(ack(10, 80), ["finish done"]);
});

test("W3: an ACK inside the window starts the next one right after it, without a timer", () => {
  const { ack } = sending(99, { granted: WINDOW_4 });
  ack(0, 20);
  assert.deepEqual(ack(2, 40), ["DATA 3-6"]);
});

test("W3: progress that comes too early to answer the repeated window only extends it", () => {
  const { ack } = sending(99, { granted: WINDOW_4 });
  ack(0, 20);
  assert.deepEqual(ack(2, 40), ["DATA 3-6"]);
  assert.deepEqual(ack(3, 41), ["DATA 7"]);
});

test("W3: an ACK repeated a round trip after the window says that its first block was lost", () => {
  const { ack } = sending(99, { granted: WINDOW_4 });
  ack(0, 20);
  ack(4, 40);
  assert.deepEqual(ack(4, 60), ["DATA 5-8"]);
});

test("W4: the timer sends again from the last ACK on", () => {
  const { sender, trace, ack } = sending(99, { granted: WINDOW_4 });
  ack(0, 20);
  ack(3, 40);
  assert.deepEqual(expire(sender, trace).lines, ["DATA 4-7"]);
});

test("W5: patience without progress ends the transfer, however much was sent", () => {
  const { sender, trace, ack } = sending(99, { granted: WINDOW_4 });
  ack(0, 20);
  const lines = [];
  while (sender.deadline < Infinity) lines.push(...expire(sender, trace).lines);
  assert.equal(lines.at(-1), "finish failed: timeout Timed out waiting for ACK");
});

test("W7: a window whose second copy is lost too goes out in portions over a round trip", () => {
  const { sender, trace, ack } = sending(99, { granted: WINDOW_4 });
  ack(0, 20);
  ack(4, 40);
  assert.deepEqual(expire(sender, trace).lines, ["DATA 5-8"]);
  assert.deepEqual(expire(sender, trace).lines, ["DATA 5-6"]);
  assert.deepEqual(expire(sender, trace).lines, ["DATA 7-8"]);
});

test("W7: portions grow again when windows come through", () => {
  const { sender, trace, ack } = sending(99, { granted: WINDOW_4 });
  ack(0, 20);
  ack(4, 40);
  for (let i = 0; i < 3; i++) expire(sender, trace);
  let now = sender.deadline - 1;
  assert.deepEqual(ack(8, now), ["DATA 9-10"]);
  assert.deepEqual(expire(sender, trace).lines, ["DATA 11-12"]);
  assert.deepEqual(ack(12, now += 40), ["DATA 13-15"]);
});

test("W8: a window straddles the rollover", () => {
  const { sender, trace } = sending(70_000, { granted: WINDOW_4 });
  for (let block = 0, now = 20; block <= 65536; block += 4, now += 20) {
    trace.take();
    sender.receive({ op: "ack", block: block & 0xffff }, now);
  }
  assert.deepEqual(trace.take(), ["DATA 65537-65540"]);
  assert.equal(sender.ackedBlocks, 65536);
});
