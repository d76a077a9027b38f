// Random groups, all from one seed: 1 to 200 members, loss, deaths, late joins, silent leavers. Each
// run switches some of these off entirely.
import assert from "node:assert/strict";
import { type GroupOutcome, type GroupPlan, type MemberPlan, runGroup } from "./group.ts";
import { Random } from "./random.ts";

/** Runs the group that this seed stands for and asserts what must hold. */
export function runGroupSwarm(seed: number): GroupOutcome {
  const plan = groupSwarm(seed);
  const outcome = runGroup(plan);
  assertGroupSound(outcome, plan.members);
  return outcome;
}

/** The group that this seed stands for. */
export function groupSwarm(seed: number): GroupPlan {
  const random = new Random(seed);
  const chance = (value: number) => random.chance(0.5) ? value : 0;
  const loss = chance(random.next() * 0.05);
  const deaths = chance(0.2);
  const late = chance(0.4);
  const silent = chance(0.5);
  const strict = chance(0.5);
  const delayMs = random.pick([0.1, 1, 10]);
  const jitterMs = chance(delayMs);
  const count = random.pick([1, 2, 5, 20, 60, 200]);
  const blocks = random.integer(1, 300);
  const spanMs = blocks * 2 * delayMs;
  return {
    blocks,
    aheadBlocksMax: random.pick([1, 2, 4, 8]),
    gatherMs: random.pick([0, 50]),
    seed,
    endMs: 3_600_000,
    members: Array.from({ length: count }, () => ({
      joinMs: random.chance(late) ? random.next() * spanMs : 0,
      loss,
      delayMs,
      jitterMs,
      deathMs: random.chance(deaths) ? random.next() * spanMs * 1.2 : Infinity,
      leavesSilently: random.chance(silent),
      strict: random.chance(strict),
    })),
  };
}

/** What must hold whatever the network did. */
export function assertGroupSound(outcome: GroupOutcome, all: readonly MemberPlan[]) {
  all.forEach(({ deathMs }, id) => {
    if (deathMs < Infinity) return;
    assert.equal(outcome.ends[id]!.client?.kind, "done", `Member ${id} lives and has not all`);
  });
  assert.ok(outcome.finished, "The group waits for ever");
  const blocksMax = 2 * (outcome.lost + outcome.missedByJoining) + 100 * all.length + 400;
  assert.ok(
    outcome.blocksSent <= 300_000 && outcome.repeats <= blocksMax,
    `${outcome.repeats} repeats, ${outcome.lost} lost`,
  );
}
