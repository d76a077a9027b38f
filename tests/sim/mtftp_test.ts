// PXE MTFTP in virtual time: every living client ends with the whole file, one pass serves all who
// listen, and later ones carry little more than what was missed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type MtftpClientPlan, type MtftpOutcome, type MtftpPlan, runMtftp } from "./mtftp.ts";
import { Random } from "./random.ts";

const CALM: MtftpClientPlan = {
  joinMs: 0,
  loss: 0,
  deaf: false,
  delayMs: 0.1,
  deathMs: Infinity,
};
const RUNS = 150;

test("Clients that begin together are served by one pass, whatever their number", () => {
  for (const count of [1, 2, 20, 200]) {
    const outcome = run({ blocks: 300, clients: clients(count, {}) });
    assertSound(outcome, clients(count, {}));
    assert.equal(outcome.blocksSent, 300, `${count} clients`);
    assert.equal(outcome.passesOpened.reduce((sum, opened) => sum + opened), 1);
  }
});

test("Files of one block, and of as many as there are numbers", () => {
  for (const blocks of [1, 2, 65535]) {
    const outcome = run({ blocks, clients: clients(2, {}) });
    assertSound(outcome, clients(2, {}));
    assert.equal(outcome.blocksSent, blocks);
  }
});

test("A client that listens from the middle on opens a pass for the first part only", () => {
  const all = [CALM, { ...CALM, joinMs: 2100 }];
  const outcome = run({ blocks: 2000, clients: all });
  assertSound(outcome, all);
  assert.ok(outcome.passesOpened[1] === 1 && outcome.passesOpened[0] === 1);
  assert.ok(outcome.blocksSent < 3000, `${outcome.blocksSent} blocks sent`);
});

test("1 % loss at each of 20 costs less than 1.6 times the file", () => {
  const all = clients(20, { loss: 0.01 });
  const outcome = run({ blocks: 5000, clients: all });
  assertSound(outcome, all);
  assert.ok(outcome.blocksSent <= 8000, `${outcome.blocksSent} blocks sent`);
});

test("A server that takes no early ACK sends whole passes and ends all the same", () => {
  const all = clients(5, { loss: 0.01 });
  const outcome = run({ blocks: 500, clients: all, strictServer: true });
  assertSound(outcome, all);
});

test("The death of the client that opened the pass costs seconds and nobody else", () => {
  const all = clients(10, {});
  const outcome = run({ blocks: 5000, clients: [{ ...CALM, deathMs: 2100 }, ...all] });
  assertSound({ ...outcome, results: outcome.results.slice(1) }, all);
  assert.ok(outcome.deliveredMs < 10_000, `${outcome.deliveredMs} ms`);
});

test("A client whom the group does not reach learns just that, and nobody answers its blocks", () => {
  const outcome = run({ blocks: 100, clients: [{ ...CALM, deaf: true }] });
  const [result] = outcome.results;
  assert.ok(result?.kind === "failed" && result.failure.kind === "timeout");
  assert.match(result.failure.text, /nothing came to the group/);
});

test(`${RUNS} rounds of 1 to 60 clients with seeded loss, deaths and late joins`, () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const plan = swarm(seed);
    try {
      assertSound(runMtftp(plan), plan.clients);
    } catch (error) {
      throw new Error(`Seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
});

function run(some: Partial<MtftpPlan> & Pick<MtftpPlan, "blocks" | "clients">): MtftpOutcome {
  return runMtftp({ seed: 1, strictServer: false, endMs: 3_600_000, ...some });
}

function clients(count: number, some: Partial<MtftpClientPlan>): MtftpClientPlan[] {
  return Array.from({ length: count }, () => ({ ...CALM, ...some }));
}

function swarm(seed: number): MtftpPlan {
  const random = new Random(seed);
  const chance = (value: number) => random.chance(0.5) ? value : 0;
  const loss = chance(random.next() * 0.05);
  const deaths = chance(0.2);
  const late = chance(0.4);
  const delayMs = random.pick([0.1, 1, 10]);
  const blocks = random.integer(1, 300);
  const spanMs = 2000 + blocks * 2 * delayMs;
  return {
    blocks,
    seed,
    strictServer: random.chance(0.2),
    endMs: 36_000_000,
    clients: Array.from({ length: random.pick([1, 2, 5, 20, 60]) }, () => ({
      ...CALM,
      joinMs: random.chance(late) ? random.next() * spanMs : 0,
      loss,
      delayMs,
      deathMs: random.chance(deaths) ? random.next() * spanMs * 1.2 : Infinity,
    })),
  };
}

/** What must hold whatever the network did. */
function assertSound(outcome: MtftpOutcome, all: readonly MtftpClientPlan[]) {
  all.forEach(({ deathMs }, id) => {
    if (deathMs < Infinity) return;
    const result = outcome.results[id];
    assert.equal(
      result?.kind,
      "done",
      `Client ${id} lives and has not all: ${JSON.stringify(result)}`,
    );
  });
}
