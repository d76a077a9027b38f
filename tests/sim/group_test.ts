// Groups of RFC 2090 in virtual time: every living member ends with the whole file, the blocks
// sent are bounded by what was lost, and nobody waits for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import { forEachSeed } from "../fuzz/seeds.ts";
import { type GroupPlan, type MemberPlan, runGroup } from "./group.ts";
import { assertGroupSound, runGroupSwarm } from "./group_swarm.ts";

const CALM: MemberPlan = {
  joinMs: 0,
  loss: 0,
  delayMs: 0.1,
  jitterMs: 0,
  deathMs: Infinity,
  leavesSilently: false,
  strict: false,
};

test("A group without loss is sent the file once, whatever its size", () => {
  for (const count of [1, 2, 20, 200]) {
    const outcome = runGroup(plan({ blocks: 500, members: members(count, {}) }));
    assertGroupSound(outcome, members(count, {}));
    assert.equal(outcome.blocksSent, 500, `${count} members`);
  }
});

for (const strict of [false, true]) {
  const kind = strict ? "in order only" : "in any order";
  const blocks = 2000;

  test(`Masters ${kind}: 1 % loss at each of 20 costs less than 1.4 times the file`, () => {
    const lossy = members(20, { loss: 0.01, jitterMs: 0.05, strict });
    const outcome = runGroup(plan({ blocks, members: lossy }));
    assertGroupSound(outcome, lossy);
    assert.ok(outcome.blocksSent <= 1.4 * blocks, `${outcome.blocksSent} blocks sent`);
  });

  test(`Masters ${kind}: 1 % loss takes less than three times as long as none`, () => {
    const calm = runGroup(plan({ blocks, members: members(20, { strict }) }));
    const lossy = runGroup(plan({ blocks, members: members(20, { strict, loss: 0.01 }) }));
    const times = lossy.deliveredMs / calm.deliveredMs;
    assert.ok(times <= 3, `${times.toFixed(1)} times as long`);
  });
}

test("The death of the master costs a few seconds and no member", () => {
  const all = members(10, {});
  all[0] = { ...CALM, deathMs: 20 };
  const outcome = runGroup(plan({ blocks: 1000, members: all }));
  assertGroupSound(outcome, all);
  assert.ok(outcome.deliveredMs < 5000, `${outcome.deliveredMs} ms`);
});

test("Members that join late get what they missed when their turn comes", () => {
  const all = [...members(3, {}), ...members(10, { joinMs: 20 })];
  const outcome = runGroup(plan({ blocks: 1000, members: all }));
  assertGroupSound(outcome, all);
  assert.ok(outcome.blocksSent < 2000, `${outcome.blocksSent} blocks sent`);
});

test("Twenty that start one after the other cost hardly more than the file, and no more time", () => {
  const all = members(20, {}).map((one, at) => ({ ...one, joinMs: 60 * at }));
  const outcome = runGroup(plan({ blocks: 20_000, members: all, gatherMs: 50 }));
  assertGroupSound(outcome, all);
  assert.ok(outcome.repeats <= 200, `${outcome.repeats} repeats`);
  const together = runGroup(plan({ blocks: 20_000, members: members(20, {}), gatherMs: 50 }));
  const lateMs = outcome.deliveredMs - together.deliveredMs - 60 * 19;
  assert.ok(lateMs <= 250, `${lateMs} ms after the last could have had it`);
});

test("A pause for those who come early loses none of the ACKs that come in it", () => {
  const all = [...members(2, {}), ...members(3, { joinMs: 55 }), ...members(3, { joinMs: 57 })];
  const outcome = runGroup(plan({ blocks: 2000, members: all, gatherMs: 50 }));
  assertGroupSound(outcome, all);
  // Nothing in flight is sent again: only what those who came missed.
  assert.ok(outcome.repeats <= 100, `${outcome.repeats} repeats`);
});

test("A hundred members that leave without a word do not hold up the one in need", () => {
  const all = [
    ...members(100, { leavesSilently: true }),
    { ...CALM, loss: 0.05 },
  ];
  const outcome = runGroup(plan({ blocks: 500, members: all }));
  assertGroupSound(outcome, all);
  assert.ok(outcome.deliveredMs < 20_000, `${outcome.deliveredMs} ms`);
});

test("Groups of 1 to 200 members with seeded loss, deaths and late joins", () => {
  forEachSeed(40, (seed) => void runGroupSwarm(seed));
});

function plan(some: Partial<GroupPlan> & Pick<GroupPlan, "blocks" | "members">): GroupPlan {
  return { aheadBlocksMax: 4, gatherMs: 0, seed: 1, endMs: 600_000, ...some };
}

function members(count: number, some: Partial<MemberPlan>): MemberPlan[] {
  return Array.from({ length: count }, () => ({ ...CALM, ...some }));
}
