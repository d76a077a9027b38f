// Measures one row: all its servers up, then round by round one after the other.
import process from "node:process";
import { run } from "../lib/command.ts";
import { type Figures, figuresOf } from "./figures.ts";
import type { LoadOrder, LoadResult, Target } from "./order.ts";
import type { StartFigures } from "./report.ts";
import type { Row } from "./rows.ts";
import { type Cores, onCore, type RunningServer, startServer } from "./running.ts";
import type { ServerKind } from "./servers.ts";

/** What came of a row. */
export interface MeasuredServers {
  readonly figures: readonly Figures[];
  readonly starts: readonly StartFigures[];
  /** Servers that did not survive the row, and their last words. */
  readonly ended: readonly string[];
}

export interface MeasureOptions {
  readonly servers: readonly ServerKind[];
  readonly rounds: number;
  /** For logs and configurations. */
  readonly folder: string;
  readonly cores: Cores;
}

/** Starts the servers of a row afresh, measures them, ends them. */
export async function measureRow(row: Row, options: MeasureOptions): Promise<MeasuredServers> {
  const { peers } = row;
  const kinds = options.servers.filter((kind) =>
    kind.isOurs || peers === undefined || peers.includes(kind.name)
  );
  const running: RunningServer[] = [];
  try {
    for (const kind of kinds) {
      const server = await unlessFaulty(
        startServer(kind, { ...options, core: options.cores.server }),
      );
      if (server !== null) running.push(server);
    }
    const results = running.map((): LoadResult[] => []);
    for (let round = 0; round < options.rounds; round++) {
      for (const [index, server] of running.entries()) {
        const result = await unlessFaulty(measure(row, server.target, options.cores.load));
        if (result !== null) results[index]!.push(result);
      }
    }
    reportFailures(running, results);
    return {
      figures: running.flatMap(({ kind }, index) =>
        results[index]!.length > 0 ? [figuresOf(kind, row, results[index]!)] : []
      ),
      starts: running.map(({ kind, startMs, idleBytes }) => ({
        server: kind.name,
        isOurs: kind.isOurs,
        startMs,
        idleBytes,
      })),
      ended: running.flatMap((server) => {
        const words = server.lastWords();
        return words === null ? [] : [`${server.kind.name} ended itself: ${words}`];
      }),
    };
  } finally {
    await Promise.all(running.map((server) => server.stop()));
  }
}

const LOAD_MS_MAX = 120_000;

/** One server that fails must not cost the figures of the others. */
async function unlessFaulty<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
    return null;
  }
}

async function measure(row: Row, target: Target, core: number | null): Promise<LoadResult> {
  const order: LoadOrder = { ...row.shape, target };
  const script = new URL("./load.ts", import.meta.url).pathname;
  const command = [process.execPath, "run", "-A", "--no-check", script, JSON.stringify(order)];
  const [program, ...args] = [...onCore(core), ...command];
  const result = await run(program!, args, { timeoutMs: LOAD_MS_MAX });
  if (result.code !== 0) throw new Error(`Cannot measure "${row.id}":\n${result.output}`);
  return JSON.parse(result.output.trim().split("\n").at(-1)!);
}

function reportFailures(
  servers: readonly RunningServer[],
  results: readonly (readonly LoadResult[])[],
): void {
  for (const [index, { kind }] of servers.entries()) {
    const why = results[index]!.find(({ firstFailure }) => firstFailure !== null)?.firstFailure;
    if (why !== undefined) console.log(`${kind.name}: a transfer failed: ${why}`);
  }
}
