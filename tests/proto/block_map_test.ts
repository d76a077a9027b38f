// What a member of a group knows of the blocks that have come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockMap } from "../../src/proto/block_map.ts";

/** A map after these blocks; the last of the file is the one at `last`. */
function mapOf(blocks: readonly number[], last: number): BlockMap {
  const map = new BlockMap();
  for (const index of blocks) map.add(index, { isLast: index === last });
  return map;
}

test("a file is whole when its last block and all before it have come, in any order", () => {
  for (const blocks of [[1, 2, 3], [3, 1, 2], [2, 2, 3, 1, 1]]) {
    assert.equal(mapOf(blocks, 3).isWhole, true, blocks.join());
  }
  for (const blocks of [[], [1, 2], [3], [1, 3]]) {
    assert.equal(mapOf(blocks, 3).isWhole, false, blocks.join());
  }
});

test("a block past the end makes up for none that is missing", () => {
  assert.equal(mapOf([7, 1, 3], 3).isWhole, false);
  assert.equal(mapOf([7, 1, 2, 3], 3).isWhole, false);
});

test("missed are the blocks that a later one overtook", () => {
  const map = mapOf([3, 4, 1, 6], 6);
  assert.deepEqual([map.missed, map.received, map.firstMissing], [3, 4, 2]);
  assert.deepEqual([map.missingAfter(2), map.missingAfter(3)], [5, 5]);
});
