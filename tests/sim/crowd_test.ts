// The whole endpoint with many clients at once, under one seed each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seeds } from "../fuzz/seeds.ts";
import { runCrowd } from "./crowd.ts";

test("200 clients at once, on bad paths, each get or store their file whole", async () => {
  const [seed = 1] = seeds(0);
  const { done, silenced } = await runCrowd(seed, 200);
  assert.equal(done + silenced, 200);
  assert.ok(silenced > 0, "Nobody was switched off: the test lost its point");
});

test("20 clients at once, under many seeds", async () => {
  for (const seed of seeds(15)) {
    await runCrowd(seed, 20).catch((cause) => {
      throw new Error(`BOOTSRV_SEED=${seed} replays this failure: ${cause.message}`, { cause });
    });
  }
});

test("one seed is one run, to the last datagram", async () => {
  assert.deepEqual(await runCrowd(7, 20), await runCrowd(7, 20));
});
