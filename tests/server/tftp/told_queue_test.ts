// What a worker tells the log: in order, the first at once, and not one message for each line.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Told } from "../../../src/server/log/told.ts";
import { ToldQueue } from "../../../src/server/tftp/told_queue.ts";

function start() {
  const posted: string[] = [];
  const textOf = (told: Told) => "text" in told ? told.text : "";
  const queue = new ToldQueue((told) => void posted.push(told.map(textOf).join(" ")));
  /** As the worker does in each turn. */
  const turn = (now: number) => {
    if (now >= queue.dueAt) queue.post(now);
    return queue.dueAt;
  };
  const tell = (...texts: string[]) => {
    for (const text of texts) queue.add({ atMs: 0, text });
  };
  return { posted, queue, turn, tell };
}

test("ToldQueue is never due while nothing waits", () => {
  const { posted, queue, turn } = start();
  assert.equal(turn(1000), Infinity);
  queue.post(1000);
  assert.deepEqual(posted, []);
});

test("ToldQueue posts the first at once, what follows soon after together and in order", () => {
  const { posted, turn, tell } = start();
  tell("a");
  assert.equal(turn(1000), Infinity);
  assert.deepEqual(posted, ["a"]);
  tell("b");
  assert.equal(turn(1001), 1010);
  tell("c");
  assert.equal(turn(1009), 1010);
  assert.deepEqual(posted, ["a"]);
  assert.equal(turn(1010), Infinity);
  assert.deepEqual(posted, ["a", "b c"]);
});

test("ToldQueue posts at once again after a pause", () => {
  const { posted, turn, tell } = start();
  tell("a");
  turn(1000);
  tell("b");
  turn(1011);
  assert.deepEqual(posted, ["a", "b"]);
});

test("ToldQueue does not let much wait", () => {
  const { posted, turn, tell } = start();
  tell("a");
  turn(1000);
  tell(...Array.from({ length: 256 }, (_, at) => `${at}`));
  assert.equal(turn(1001), Infinity);
  assert.equal(posted.length, 2);
});

test("ToldQueue posts what waits when it is told to, and is patient again afterwards", () => {
  const { posted, queue, turn, tell } = start();
  tell("a");
  turn(1000);
  tell("b", "notice");
  queue.post(1004);
  assert.deepEqual(posted, ["a", "b notice"]);
  tell("c");
  assert.equal(turn(1012), 1014);
});
