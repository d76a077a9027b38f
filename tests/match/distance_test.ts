// Edit distance and the closest of several words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { closest, editDistance } from "../../src/match/distance.ts";

test("editDistance() counts insertions, deletions, replacements and swaps", () => {
  for (
    const [a, b, distance] of [
      ["", "", 0],
      ["", "ab", 2],
      ["boot", "boot", 0],
      ["boot", "bot", 1],
      ["boot", "boots", 1],
      ["boot", "boat", 1],
      ["boot", "obot", 1],
      ["kitten", "sitting", 3],
    ] as const
  ) {
    assert.equal(editDistance(a, b, 5), distance, `${a} ${b}`);
    assert.equal(editDistance(b, a, 5), distance, `${b} ${a}`);
  }
});

test("editDistance() stops at its bound", () => {
  assert.equal(editDistance("kitten", "sitting", 2), 3);
  assert.equal(editDistance("abcdefgh", "zzzzzzzz", 1), 2);
  assert.equal(editDistance("a", "a".repeat(100_000), 3), 4);
});

test("closest() takes the nearest word, the first one on a tie, none beyond the bound", () => {
  assert.equal(closest("prot", ["part", "port", "root"], 2), "port");
  assert.equal(closest("cat", ["bat", "hat"], 2), "bat");
  assert.equal(closest("windowsize", ["port"], 2), null);
  assert.equal(closest("x", [], 2), null);
});
