// A stage that failed runs once more while the allowance lasts; a broken one fails all the same.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Allowance, runWithSecondChance, type Stage } from "../../scripts/lib/stage.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";

const stage = (script: string): Stage => ({
  name: "sample",
  command: ["sh", "-c", script],
  timeoutMs: 20_000,
});
const allowanceOf = (left: number): Allowance => ({ left, unsteady: [] });

test("a stage that passes the second time counts as passed and is named", async () => {
  const folder = temporaryFolder("chance");
  try {
    const mark = join(folder.path, "ran");
    const allowance = allowanceOf(1);
    const counts = await runWithSecondChance(
      stage(`test -e ${mark} || { touch ${mark}; exit 1; }`),
      allowance,
    );
    assert.ok(existsSync(mark));
    assert.deepEqual(counts, { passed: 1, failed: 0, skipped: 0 });
    assert.deepEqual(allowance, { left: 0, unsteady: ["sample"] });
  } finally {
    folder.remove();
  }
});

test("a stage that fails twice has failed", async () => {
  const allowance = allowanceOf(3);
  const counts = await runWithSecondChance(stage("exit 1"), allowance);
  assert.equal(counts.failed, 1);
  assert.deepEqual(allowance, { left: 2, unsteady: [] });
});

test("with no allowance left the first failure stands", async () => {
  const allowance = allowanceOf(0);
  assert.equal((await runWithSecondChance(stage("exit 1"), allowance)).failed, 1);
});
