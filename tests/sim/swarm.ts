// Random transfers over random paths, all from one seed. Each run switches some of the faults off
// entirely: a bug that only shows without a certain fault would stay hidden otherwise.
import assert from "node:assert/strict";
import type { Granted, Rollover } from "../../src/proto/machine.ts";
import { faultRules, type Path } from "./link.ts";
import { type PairOptions, type PairOutcome, runPair } from "./pair.ts";
import { Random } from "./random.ts";

/** The transfer that this seed stands for. */
export function swarmOptions(seed: number): PairOptions {
  const random = new Random(seed);
  const blockBytes = random.pick([8, 64, 512, 1428]);
  const blocks = random.integer(0, 400);
  const isMultiple = random.chance(0.2);
  const sizeBytes = blocks * blockBytes + (isMultiple ? 0 : random.integer(0, blockBytes - 1));
  return {
    operation: random.pick(["read", "write"]),
    sizeBytes,
    granted: granted({
      blockBytes,
      windowBlocks: random.pick([1, 1, 2, 4, 16, 64]),
      rollover: random.pick([0, 1]),
    }, random.chance(0.8)),
    timeoutMs: random.pick([250, 1000, 5000]),
    retries: 8,
    ...swarmPaths(random),
    commitMs: random.pick([0, 0, 30, 3000]),
  };
}

/** Asserts what must hold whatever the path did. */
export function assertSound(options: PairOptions, outcome: PairOutcome) {
  const ends = [outcome.server.kind, outcome.client.kind];
  const [sender, receiver] = options.operation === "read" ? ends : [ends[1]!, ends[0]!];
  assert.equal(receiver, "done");
  assert.ok(sender === "done" || sender === "done-unacknowledged", `Sender: ${sender}`);
  assert.ok(outcome.deliveredMs >= 0, "Never delivered");
  // A fault costs no more than two windows, and the first windows may be sent too soon again.
  const { windowBlocks } = options.granted;
  const dataMax = outcome.blocks + 2 * windowBlocks * (outcome.faults + 5);
  assert.ok(outcome.dataSent <= dataMax, `${outcome.dataSent} DATA for ${outcome.blocks} blocks`);
}

/** Runs the transfer of this seed. */
export function runSwarm(seed: number): PairOutcome {
  const options = swarmOptions(seed);
  const outcome = runPair(options);
  assertSound(options, outcome);
  return outcome;
}

/** What was negotiated; without options there is no OACK, and block size and window are default. */
export function granted(
  what: { blockBytes: number; windowBlocks: number; rollover: Rollover },
  negotiated = true,
): Granted {
  if (!negotiated) {
    const { rollover } = what;
    return { blockBytes: 512, windowBlocks: 1, rollover, timeoutMs: null, options: [] };
  }
  const options = [
    { name: "blksize", value: String(what.blockBytes) },
    { name: "windowsize", value: String(what.windowBlocks) },
  ];
  return { ...what, timeoutMs: null, options };
}

function swarmPaths(random: Random): { toServer: Path; toClient: Path } {
  const chance = (value: number) => random.chance(0.5) ? value : 0;
  const delayMs = random.pick([0.1, 1, 10, 80]);
  const faults = {
    loss: chance(random.next() * 0.08),
    duplication: chance(random.next() * 0.2),
    reordering: chance(random.next() * 0.1),
    lateMsMax: random.pick([1, 10, 100]),
  };
  const jitterMsMax = chance(delayMs);
  const bytesPerMs = random.chance(0.5) ? Infinity : random.pick([125, 1250, 12500]);
  const queueBytes = random.chance(0.5) ? Infinity : 48_000;
  const path = (): Path => ({
    delayMs,
    bytesPerMs,
    queueBytes,
    jitterMsMax,
    random: random.fork(),
    rules: faultRules(faults, random.fork()),
  });
  return { toServer: path(), toClient: path() };
}
