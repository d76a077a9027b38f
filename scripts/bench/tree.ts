// The tree that all servers of the benchmark serve.
import { chmodSync, closeSync, mkdirSync, openSync, truncateSync, writeSync } from "node:fs";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { patternWord } from "./order.ts";

/** A file of the tree; `bytes` is null for the one that is not there. */
export interface ServedFile {
  readonly name: string;
  readonly bytes: number | null;
  readonly patterned: boolean;
}

/** What is asked for. The big file takes any server longer than a measurement lasts. */
export const FILES = {
  big: { name: "big.img", bytes: 256 * 1024 * 1024, patterned: true },
  hollow: { name: "hollow.img", bytes: 1024 * 1024 * 1024, patterned: false },
  small: { name: "small.txt", bytes: 10, patterned: false },
  missing: { name: "pxelinux.cfg/01-02-00-5e-10-00-01", bytes: null, patterned: false },
} as const satisfies Record<string, ServedFile>;

/** Writes the tree below `root`, readable for everyone. */
export function writeTree(root: string): void {
  mkdirSync(root, { recursive: true });
  writePatterned(join(root, FILES.big.name), FILES.big.bytes);
  writeFileSync(join(root, FILES.hollow.name), "");
  truncateSync(join(root, FILES.hollow.name), FILES.hollow.bytes);
  writeFileSync(join(root, FILES.small.name), "0123456789");
  chmodSync(root, 0o755);
}

const CHUNK_WORDS = 1024 * 1024;

function writePatterned(path: string, size: number): void {
  const file = openSync(path, "w");
  const words = new Uint32Array(CHUNK_WORDS);
  for (let first = 0; first < size / 4; first += CHUNK_WORDS) {
    for (let i = 0; i < CHUNK_WORDS; i++) words[i] = patternWord(first + i);
    writeSync(file, words);
  }
  closeSync(file);
}
