// The receiver as traces: the server's side of a write, the client's side of a read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expire, granting, OACK, receiving } from "./trace.ts";

const WINDOW_4 = granting({ blockBytes: 4, windowBlocks: 4 });

test("T2: a write is answered by ACK 0, each DATA by its ACK, the last when the file is safe", () => {
  const { receiver, trace, data } = receiving();
  assert.deepEqual(trace.take(), ["ACK 0"]);
  assert.deepEqual(data(1, 20), ["write 1 (4)", "ACK 1"]);
  assert.deepEqual(data(2, 40, 3), ["write 2 (3)", "commit"]);
  assert.deepEqual(data(2, 60, 3), []);
  receiver.committed(80);
  assert.deepEqual(trace.take(), ["ACK 2"]);
});

test("B5: a file that is a multiple of the block size ends with an empty block", () => {
  const { data } = receiving();
  assert.deepEqual(data(1, 20), ["write 1 (4)", "ACK 1"]);
  assert.deepEqual(data(2, 40, 0), ["write 2 (0)", "commit"]);
});

test("T6 (RFC 1350 §6): the receiver stays to repeat its last ACK, then it is done", () => {
  const { receiver, trace, data } = receiving();
  data(1, 20, 0);
  receiver.committed(30);
  trace.take();
  assert.deepEqual(data(1, 1030, 0), ["ACK 1"]);
  assert.equal(receiver.deadline, 5030);
  assert.deepEqual(expire(receiver, trace), { at: 5030, lines: ["finish done"] });
});

test("T6: a receiver that need not stay is done with its last ACK", () => {
  const { receiver, trace, data } = receiving({ dallyMs: 0 });
  data(1, 20, 0);
  receiver.committed(30);
  assert.deepEqual(trace.take(), ["ACK 1", "finish done"]);
});

test("T7: the peer's ERROR ends the transfer and is not answered", () => {
  const { receiver, trace } = receiving();
  trace.take();
  receiver.receive({ op: "error", code: 0, message: "Aborted" }, 20);
  assert.deepEqual(trace.take(), ["finish failed: peer Aborted"]);
});

test("T7: an ERROR while the last ACK may still be repeated does no harm", () => {
  const { receiver, trace, data } = receiving();
  data(1, 20, 0);
  receiver.committed(30);
  trace.take();
  receiver.receive({ op: "error", code: 0, message: "Closed" }, 40);
  assert.deepEqual(trace.take(), ["finish done"]);
});

test("U1: DATA that was doubled on the way is not acknowledged twice", () => {
  const { data } = receiving();
  assert.deepEqual(data(1, 20), ["write 1 (4)", "ACK 1"]);
  assert.deepEqual(data(1, 21), []);
});

test("U1: DATA that comes again after a round trip is: our ACK was lost", () => {
  const { data } = receiving();
  data(1, 20);
  assert.deepEqual(data(1, 1020), ["ACK 1"]);
  assert.deepEqual(data(1, 1021), []);
});

test("U2: a silent sender has the last ACK repeated at doubling intervals, then an ERROR", () => {
  const { receiver, trace, data } = receiving();
  data(1, 600);
  const lines = [];
  while (receiver.deadline < Infinity) lines.push(expire(receiver, trace));
  assert.deepEqual(lines.at(-1)!.lines, [
    "ERROR 0 Timed out waiting for DATA",
    "finish failed: timeout Timed out waiting for DATA",
  ]);
  assert.deepEqual(lines[0], { at: 600 + 1800, lines: ["ACK 1"] });
  assert.deepEqual(lines[1], { at: 2400 + 3600, lines: ["ACK 1"] });
});

test("O7: the OACK replaces ACK 0 and is repeated when the WRQ is", () => {
  const opening = { op: "oack", options: OACK } as const;
  const { receiver, trace, data } = receiving({ opening });
  assert.deepEqual(trace.take(), ["OACK blksize=512"]);
  receiver.requestedAgain(5);
  assert.deepEqual(trace.take(), []);
  receiver.requestedAgain(1000);
  assert.deepEqual(trace.take(), ["OACK blksize=512"]);
  assert.deepEqual(data(1, 1020), ["write 1 (4)", "ACK 1"]);
  receiver.requestedAgain(2100);
  assert.deepEqual(trace.take(), []);
});

test("O7: who goes on without its first block has our OACK, and is called back by ACK 0", () => {
  const opening = { op: "oack", options: OACK } as const;
  for (const granted of [granting({ blockBytes: 4 }), WINDOW_4]) {
    const { receiver, trace, data } = receiving({ opening, granted });
    assert.deepEqual(trace.take(), ["OACK blksize=512"]);
    assert.deepEqual(data(2, 5000), ["ACK 0"]);
    assert.deepEqual(data(3, 5001), []);
    assert.deepEqual(expire(receiver, trace).lines, ["ACK 0"]);
    assert.deepEqual(data(1, 10_000).at(0), "write 1 (4)");
  }
});

test("O6: a client answers a repeated OACK with ACK 0 again", () => {
  const { receiver, trace } = receiving({ answered: true });
  assert.deepEqual(trace.take(), ["ACK 0"]);
  receiver.receive({ op: "oack", options: OACK }, 1000);
  assert.deepEqual(trace.take(), ["ACK 0"]);
});

test("W6 (RFC 7440): one ACK for each window, and one for the short block at the end", () => {
  const { data } = receiving({ granted: WINDOW_4 });
  assert.deepEqual([1, 2, 3].flatMap((block) => data(block, 20)), [
    "write 1 (4)",
    "write 2 (4)",
    "write 3 (4)",
  ]);
  assert.deepEqual(data(4, 20), ["write 4 (4)", "ACK 4"]);
  assert.deepEqual(data(5, 40, 1), ["write 5 (1)", "commit"]);
});

test("W6: a gap is acknowledged once, with the last block in order", () => {
  const { data } = receiving({ granted: WINDOW_4 });
  data(1, 20);
  assert.deepEqual(data(3, 20), ["ACK 1"]);
  assert.deepEqual(data(4, 20), []);
  assert.deepEqual([2, 3, 4, 5].flatMap((block) => data(block, 40)), [
    "write 2 (4)",
    "write 3 (4)",
    "write 4 (4)",
    "write 5 (4)",
    "ACK 5",
  ]);
});

test("W6: the gap is acknowledged again when the sender has gone back and lost it again", () => {
  const { data } = receiving({ granted: WINDOW_4 });
  data(1, 20);
  data(3, 20);
  data(4, 20);
  assert.deepEqual(data(3, 45), ["ACK 1"]);
});

test("W6: a window that comes again has its ACK repeated at its last block", () => {
  const { trace, data } = receiving({ granted: WINDOW_4 });
  for (let block = 1; block <= 4; block++) data(block, 20);
  trace.take();
  assert.deepEqual([1, 2, 3].flatMap((block) => data(block, 1020)), []);
  assert.deepEqual(data(4, 1020), ["ACK 4"]);
});

test("W6: in the middle of a window the timer acknowledges what is there", () => {
  const { receiver, trace, data } = receiving({ granted: WINDOW_4 });
  data(1, 20);
  data(2, 20);
  assert.deepEqual(expire(receiver, trace), { at: 80, lines: ["ACK 2"] });
});

test("DATA longer than the block size is a fault of the peer, answered ERROR 4", () => {
  const { data } = receiving();
  assert.deepEqual(data(1, 20, 5), [
    "ERROR 4 DATA longer than the block size",
    "finish failed: protocol DATA longer than the block size",
  ]);
});

test("U2: DATA 0, DATA far ahead and repeats move no deadline and store nothing", () => {
  const { receiver, trace, data } = receiving();
  data(1, 20);
  const { deadline } = receiver;
  assert.deepEqual([...data(0, 25), ...data(3, 25), ...data(40_000, 25), ...data(1, 26)], []);
  receiver.receive({ op: "ack", block: 1 }, 27);
  receiver.timeout(28);
  assert.deepEqual(trace.take(), []);
  assert.equal(receiver.deadline, deadline);
});
