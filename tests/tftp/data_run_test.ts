// Blocks as runs for the driver: which octets, under which numbers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { OctetContent } from "../../src/tftp/content.ts";
import { DataRun } from "../../src/tftp/data_run.ts";
import { type BlockNumber, lastBlockOf } from "../../src/wire/block.ts";
import { blockOf } from "../../src/wire/packet.ts";

function runOf({ size, rollover = 0 }: { readonly size: number; readonly rollover?: 0 | 1 }) {
  const source = { size, fd: null, read: () => 0 };
  return new DataRun(new OctetContent(source, 512), { blockBytes: 512, rollover });
}

function numbers({ headers, headerBytes, count }: DataRun): readonly BlockNumber[] {
  return Array.from({ length: count }, (_, i) => blockOf(headers.subarray(i * headerBytes)));
}

test("take() gives the octets of the blocks, fewer in the last one", () => {
  const run = runOf({ size: 1000 });
  assert.equal(run.take(1, 2), 2);
  assert.deepEqual(numbers(run), [1, 2]);
  assert.deepEqual([run.offset, run.totalBytes], [0, 1000]);
});

test("take() gives an empty last block where the size is a multiple of the blocks", () => {
  const run = runOf({ size: 1024 });
  assert.equal(run.take(lastBlockOf(1024, 512), 1), 1);
  assert.deepEqual([run.offset, run.totalBytes], [1024, 0]);
});

test("take() takes no more than a run holds, and says how many", () => {
  const run = runOf({ size: 512_000 });
  assert.equal(run.take(11, 100), 64);
  assert.deepEqual([run.offset, run.totalBytes], [5120, 64 * 512]);
  assert.equal(run.take(75, 36), 36);
  assert.equal(numbers(run)[0], 75);
});

test("take() numbers the blocks past 65535 as was agreed", () => {
  const [toZero, toOne] = [runOf({ size: 2 ** 30 }), runOf({ size: 2 ** 30, rollover: 1 })];
  toZero.take(65535, 3);
  assert.deepEqual(numbers(toZero), [65535, 0, 1]);
  toOne.take(65535, 3);
  assert.deepEqual(numbers(toOne), [65535, 1, 2]);
});
