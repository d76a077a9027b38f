// Where a benchmark was run: system, processor, versions of all that took part.
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";
import process from "node:process";
import { run } from "../lib/command.ts";
import type { Circumstances } from "./report.ts";
import type { AbsentServer, ServerKind } from "./servers.ts";

/** Gathers them on this machine. */
export async function circumstancesOf(
  of: {
    readonly command: string;
    readonly servers: readonly ServerKind[];
    readonly absent: readonly AbsentServer[];
    readonly rounds: number;
  },
): Promise<Circumstances> {
  const versions: string[] = [];
  for (const { name, program, versionArgs, isOurs } of of.servers) {
    if (isOurs) continue;
    const { output } = await run(program, versionArgs, { timeoutMs: 10_000 });
    versions.push(`${name}: ${output.split("\n")[0]!.replace(/ {2,}.*|, with .*/, "")}`);
  }
  const memory = /^MemTotal:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  return {
    date: new Date().toISOString().slice(0, 10),
    command: of.command,
    facts: [
      `Linux ${release().split("-")[0]}, ${process.arch}, ${
        cpus()[0]?.model ?? "unknown processor"
      }, ` +
      `${availableParallelism()} cores, ${(Number(memory ?? 0) / 2 ** 20).toFixed(0)} GiB`,
      `Deno ${process.versions["deno"]}; the binary is built with Bun`,
      ...versions,
    ],
    rounds: of.rounds,
    absent: of.absent,
  };
}
