// The log's way out: an output that is slow, full, broken or mended again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LogQueue, type Outlet } from "../../../src/server/log/queue.ts";

const note = (lines: number) => `${lines} lost\n`;

/** An outlet that answers each call when the test says so. */
function openSlowOutlet() {
  const calls: {
    readonly text: string;
    take(bytes?: number): Promise<void>;
    fail(code: string): Promise<void>;
  }[] = [];
  const outlet: Outlet = (bytes) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    calls.push({
      text: new TextDecoder().decode(bytes),
      take: async (taken = bytes.length) => (resolve(taken), await settled()),
      fail: async (code) => (reject(Object.assign(new Error(code), { code })), await settled()),
    });
    return promise;
  };
  return { calls, outlet };
}

/** All that follows from a settled promise has happened after this. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function openQueue(waitingCharsMax = 100) {
  const { calls, outlet } = openSlowOutlet();
  const queue = new LogQueue({ outlet, waitingCharsMax, pause: () => Promise.resolve() });
  return { calls, push: (text: string) => queue.push(text, note), queue };
}

test("LogQueue writes one piece at a time, and all that waits in the next one", async () => {
  const { calls, push } = openQueue();
  push("a\n");
  push("b\n");
  push("c\n");
  assert.deepEqual(calls.map(({ text }) => text), ["a\n"]);
  await calls[0]!.take();
  assert.deepEqual(calls.map(({ text }) => text), ["a\n", "b\nc\n"]);
});

test("LogQueue goes on where the output took a part, or had no room", async () => {
  const { calls, push, queue } = openQueue();
  push("abcdef\n");
  await calls[0]!.take(2);
  await calls[1]!.fail("EAGAIN");
  await calls[2]!.take();
  assert.deepEqual(calls.map(({ text }) => text), ["abcdef\n", "cdef\n", "cdef\n"]);
  await queue.emptied();
});

test("LogQueue loses lines while nobody reads, and admits how many once somebody does", async () => {
  const { calls, push } = openQueue(4);
  push("a\n");
  push("b\nc\n");
  push("d\ne\n");
  push("f\n");
  await calls[0]!.take();
  assert.equal(calls[1]!.text, "b\nc\n");
  await calls[1]!.take();
  assert.equal(calls[2]!.text, "3 lost\n");
  push("g\n");
  await calls[2]!.take();
  assert.equal(calls[3]!.text, "g\n");
});

test("LogQueue survives a closed pipe, and says what is missing to its next reader", async () => {
  const { calls, push, queue } = openQueue();
  push("a\n");
  push("b\n");
  await calls[0]!.fail("EPIPE");
  await queue.emptied();
  assert.equal(calls.length, 1);
  push("c\n");
  assert.equal(calls[1]!.text, "2 lost\nc\n");
  await calls[1]!.fail("EPIPE");
  push("d\n");
  assert.equal(calls[2]!.text, "3 lost\nd\n");
  await calls[2]!.take();
  push("e\n");
  assert.equal(calls[3]!.text, "e\n");
});

test("LogQueue begins a line of its own after one that broke in its middle", async () => {
  const { calls, push } = openQueue();
  push("abcdef\n");
  await calls[0]!.take(2);
  await calls[1]!.fail("ENOSPC");
  push("g\n");
  assert.equal(calls[2]!.text, "\n1 lost\ng\n");
  await calls[2]!.fail("ENOSPC");
  push("h\n");
  assert.equal(calls[3]!.text, "\n2 lost\nh\n");
  await calls[3]!.take();
  push("i\n");
  assert.equal(calls[4]!.text, "i\n");
});
