// Labels and jumps of [[rewrite]] rules are found wanting when the file is read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, loadBad, loadGood } from "./loading.ts";

test("a jump to a label that no rule has is a fault, with the nearest label", async () => {
  const file = "[[rewrite]]\nmatch = 'a'\njump = 'biso'\n" +
    "[[rewrite]]\nmatch = 'a'\nlabel = 'bios'\nreplace = 'b'\n";
  const faults = await loadBad({ file });
  assert.deepEqual(brief(faults), [
    '3:8 [[rewrite]] 1 jumps to "biso", and no rule has that label',
  ]);
  assert.equal(faults[0]?.hint, 'Did you mean "bios"?');
});

test("a label that two rules have is a fault of the second", async () => {
  const row = "[[rewrite]]\nmatch = 'a'\nlabel = 'x'\nreplace = 'b'\n";
  assert.deepEqual(brief(await loadBad({ file: row + row })), [
    '7:9 [[rewrite]] 2 has the label "x", as [[rewrite]] 1 does',
  ]);
});

test("a jump that depends on the request is left for the request", async () => {
  const { rewrite } = await loadGood({ file: "[[rewrite]]\nmatch = '(a)'\njump = '$1'\n" });
  assert.equal(rewrite[0]?.jump, "$1");
});
