// Which seeds a random test runs: the one in BOOTSRV_SEED alone, else those that failed once
// (seeds.txt) and then the first few numbers.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Seeds to run. `count` is how many numbers from 1 on come after the remembered ones. */
export function seeds(count: number): readonly number[] {
  const chosen = process.env["BOOTSRV_SEED"];
  if (chosen !== undefined && chosen !== "") return [Number(chosen)];
  return [...new Set([...remembered(), ...Array.from({ length: count }, (_, i) => i + 1)])];
}

/** Runs `body` for each seed; a failure says which seed replays it. */
export function forEachSeed(count: number, body: (seed: number) => void) {
  for (const seed of seeds(count)) {
    try {
      body(seed);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`BOOTSRV_SEED=${seed} replays this failure: ${reason}`, { cause });
    }
  }
}

function remembered(): number[] {
  const text = readFileSync(fileURLToPath(new URL("seeds.txt", import.meta.url).href), "utf8");
  return text.split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "")
    .map(Number);
}
