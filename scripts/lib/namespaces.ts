// Network namespaces of the tests and benchmarks: named after the process that made them, so that
// what a killed run has left behind is known and removed by the next one.
import { spawnSync } from "node:child_process";
import process from "node:process";

/** Before the number of the process and "-" in the name of every namespace. */
export const NAMESPACE_PREFIX = "bootsrv-";

/** Removes the namespaces of processes that are over. */
export function removeStale(): void {
  const list = spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout;
  for (const match of list.matchAll(new RegExp(`^(${NAMESPACE_PREFIX}(\\d+)-\\S+)`, "gm"))) {
    if (!isAlive(Number(match[2]))) spawnSync("ip", ["netns", "del", match[1]!]);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
