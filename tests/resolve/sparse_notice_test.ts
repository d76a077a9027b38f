// What is told of notices that come in any number.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SparseNotice } from "../../src/resolve/sparse_notice.ts";

test("SparseNotice tells the first, then one a minute with the number left out", () => {
  const told: string[] = [];
  const notice = new SparseNotice((text) => told.push(text));
  for (const now of [5, 6, 59_999, 60_004, 60_005, 60_006, 120_005]) notice.add(`at ${now}`, now);
  assert.deepEqual(told, [
    "at 5",
    "at 60005 (3 more since the last one)",
    "at 120005 (1 more since the last one)",
  ]);
});
