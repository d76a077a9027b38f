// Runs the simulator with fresh seeds: pairs of machines, and crowds of clients against the whole
// endpoint. `sim [--seconds 30] [--seed N]`; with a seed it runs that one only. A failing seed is
// printed as BOOTSRV_SEED=…, which replays it here and in the tests.
import { parseArgs } from "node:util";
import { runCrowd } from "../tests/sim/crowd.ts";
import { runSwarm } from "../tests/sim/swarm.ts";

/** One crowd takes about as long as this many pairs. */
const PAIRS_PER_CROWD = 10;
const CROWD_CLIENTS = 20;
const FAILURES_MAX = 10;
const SEED_MAX = 2 ** 31;

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "30" }, seed: { type: "string" } },
});
const chosen = values.seed ?? process.env["BOOTSRV_SEED"];
const counts = { pairs: 0, crowds: 0, failures: 0 };

if (chosen) {
  await runSeed(Number(chosen), true);
} else {
  const endAt = Date.now() + Number(values.seconds) * 1000;
  const first = Math.floor(Math.random() * SEED_MAX);
  for (let i = 0; Date.now() < endAt && counts.failures < FAILURES_MAX; i++) {
    await runSeed((first + i) % SEED_MAX, i % PAIRS_PER_CROWD === 0);
  }
}
const { pairs, crowds, failures } = counts;
console.log(`${pairs} pairs and ${crowds} crowds simulated, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;

async function runSeed(seed: number, withCrowd: boolean) {
  counts.pairs++;
  try {
    runSwarm(seed);
    if (!withCrowd) return;
    counts.crowds++;
    await runCrowd(seed, CROWD_CLIENTS);
  } catch (error) {
    counts.failures++;
    console.error(`BOOTSRV_SEED=${seed} fails: ${error instanceof Error ? error.stack : error}`);
  }
}
