// Block numbers: both rollovers, and the way back from number to index.
import assert from "node:assert/strict";
import { test } from "node:test";
import { blockIndex, blockNumber } from "../../src/wire/block.ts";
import { fc } from "../fuzz/properties.ts";

const TABLE: readonly [index: number, toZero: number, toOne: number][] = [
  [1, 1, 1],
  [65534, 65534, 65534],
  [65535, 65535, 65535],
  [65536, 0, 1],
  [65537, 1, 2],
  [131070, 65534, 65535],
  [131071, 65535, 1],
  [131072, 0, 2],
  [4_000_000_000, 4_000_000_000 % 65536, ((4_000_000_000 - 1) % 65535) + 1],
];

for (const [index, toZero, toOne] of TABLE) {
  test(`W8: block ${index} is ${toZero} on the wire, or ${toOne} with rollover 1`, () => {
    assert.equal(blockNumber(index, 0), toZero);
    assert.equal(blockNumber(index, 1), toOne);
  });
}

for (const rollover of [0, 1] as const) {
  test(`W8: a block number leads back to its index, rollover ${rollover}`, () => {
    const indices = fc.tuple(fc.nat(300_000), fc.integer({ min: -31_999, max: 31_999 }));
    fc.assert(fc.property(indices, ([near, distance]) => {
      const index = near + distance;
      fc.pre(index >= 1);
      assert.equal(blockIndex(blockNumber(index, rollover), near, rollover), index);
    }));
  });

  test(`W8: the opening is block 0 and no block of a file is, rollover ${rollover}`, () => {
    assert.equal(blockIndex(0, 0, rollover), 0);
    assert.equal(blockIndex(0, -1, rollover), 0);
    assert.equal(blockIndex(65535, 0, rollover), 65535);
    assert.equal(blockIndex(65535, -1, rollover), 65535);
  });
}

test("W8: with rollover 1 the number 0 names no block once numbers have wrapped", () => {
  assert.equal(blockIndex(0, 65536, 1), -1);
  assert.equal(blockIndex(0, 65536, 0), 65536);
});

test("a block number gives an index of at least 0, or -1, whatever is near", () => {
  fc.assert(
    fc.property(
      fc.nat(65535),
      fc.integer({ min: -1, max: 10_000_000 }),
      fc.constantFrom<0 | 1>(0, 1),
      (number, near, rollover) => {
        const index = blockIndex(number, near, rollover);
        if (index === -1) return assert.deepEqual([rollover, number], [1, 0]);
        assert.ok(index >= 0);
        assert.equal(blockNumber(index, rollover), number);
      },
    ),
  );
});
