// Runs the simulator with fresh seeds: pairs of machines, multicast groups, and crowds of clients
// against the whole endpoint. `sim [--seconds 30] [--seed N]`; with a seed it runs that one only. A
// failing seed is printed as BOOTSRV_SEED=…, which replays it here and in the tests.
import { parseArgs } from "node:util";
import { runCrowd } from "../tests/sim/crowd.ts";
import { runGroupSwarm } from "../tests/sim/group_swarm.ts";
import { runSwarm } from "../tests/sim/swarm.ts";

interface Kind {
  readonly name: string;
  /** One seed in so many is run, as one of these takes about as long as so many pairs. */
  readonly oneIn: number;
  readonly run: (seed: number) => unknown;
}

const CROWD_CLIENTS = 20;
const KINDS: readonly Kind[] = [
  { name: "pairs", oneIn: 1, run: runSwarm },
  { name: "groups", oneIn: 10, run: runGroupSwarm },
  { name: "crowds", oneIn: 10, run: (seed) => runCrowd(seed, CROWD_CLIENTS) },
];
const FAILURES_MAX = 10;
const SEED_MAX = 2 ** 31;

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "30" }, seed: { type: "string" } },
});
const chosen = values.seed ?? process.env["BOOTSRV_SEED"];
const counts = new Map(KINDS.map((kind) => [kind, 0]));
let failures = 0;

if (chosen) {
  for (const kind of KINDS) await runSeed(kind, Number(chosen));
} else {
  const endAt = Date.now() + Number(values.seconds) * 1000;
  const first = Math.floor(Math.random() * SEED_MAX);
  for (let i = 0; Date.now() < endAt && failures < FAILURES_MAX; i++) {
    for (const kind of KINDS) {
      if (i % kind.oneIn === 0) await runSeed(kind, (first + i) % SEED_MAX);
    }
  }
}
const simulated = [...counts].map(([{ name }, count]) => `${count} ${name}`).join(", ");
console.log(`${simulated} simulated, ${failures} failed`);
process.exitCode = failures > 0 ? 1 : 0;

async function runSeed(kind: Kind, seed: number) {
  counts.set(kind, counts.get(kind)! + 1);
  try {
    await kind.run(seed);
  } catch (error) {
    failures++;
    const why = error instanceof Error ? error.stack : error;
    console.error(`BOOTSRV_SEED=${seed} fails (${kind.name}): ${why}`);
  }
}
