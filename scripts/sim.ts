// Runs the simulator with fresh seeds: pairs of machines, multicast groups, and crowds of clients
// against the whole endpoint: `deno task sim`. With a seed it runs that one only. A failing seed is
// printed as BOOTSRV_SEED=…, which replays it here and in the tests.
import process from "node:process";
import { runCrowd } from "../tests/sim/crowd.ts";
import { runGroupSwarm } from "../tests/sim/group_swarm.ts";
import { runSwarm } from "../tests/sim/swarm.ts";
import { commandLine, numberOf } from "./lib/command_line.ts";

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

const USAGE = `Usage: deno task sim [--seconds 30] [--seed N]

Simulates transfers, groups and crowds of clients in virtual time, each with a fresh seed.

  --seconds N   for how long
  --seed N      this seed only, as BOOTSRV_SEED=N does: replays what has failed`;

const { seconds, seed } = commandLine(USAGE, {
  options: { seconds: { type: "string", default: "30" }, seed: { type: "string" } },
  read: ({ seconds, seed = process.env["BOOTSRV_SEED"] || undefined }) => ({
    seconds: numberOf(seconds, { name: "seconds", least: 0, whole: false }),
    seed: seed === undefined ? null : numberOf(seed, { name: "seed", least: 0 }),
  }),
});
const counts = new Map(KINDS.map((kind) => [kind, 0]));
let failures = 0;

if (seed !== null) {
  for (const kind of KINDS) await runSeed(kind, seed);
} else {
  const endAt = Date.now() + seconds * 1000;
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
