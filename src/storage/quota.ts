// How many octets uploads may fill altogether. What is there is counted by walking the tree, at
// most every few seconds; what is under way is held beforehand, so that two uploads that fit one
// by one cannot overrun the limit together.
import { readdir, stat } from "node:fs/promises";
import { joined } from "./any_case.ts";
import { isPartName } from "./part_names.ts";
import { UploadFault } from "./upload_fault.ts";

/** What counts. */
export interface QuotaOptions {
  readonly bytesMax: number;
  /** Folders to look into, and the name each has in the tree: "" for the root. */
  readonly areas: readonly { readonly path: string; readonly at: string }[];
  /** Whether a file counts, by its name in the tree. */
  counts(name: string): boolean;
  /** Milliseconds of any clock. */
  now(): number;
}

/** Room for one upload. Whoever took it gives it back, once. */
export interface Hold {
  /** There will be this many octets; false if they do not fit, and then nothing has changed. */
  grow(bytes: number): boolean;
  /** The upload has become a file. */
  settle(): void;
  /** The upload has ended, whatever became of it. */
  release(): void;
}

/** How long a count is good for. */
const COUNT_MS = 10_000;
/** Directory entries looked at; a larger tree is counted as far as that. */
const ENTRIES_MAX = 200_000;

// Octets held by uploads under way: one figure for the process, as uploads that began before a
// reload of the config go on beside later ones.
let heldBytes = 0;

/** The quota of one configuration. */
export class Quota {
  readonly #options: QuotaOptions;
  #usedBytes = 0;
  #countedAt = -Infinity;
  #counting: Promise<void> | null = null;
  /** What has been settled since the walk began and may have been passed by. */
  #settledBytes = 0;

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /**
   * Holds room for an upload of `bytes` octets that takes the place of `replacedBytes`. Rejects
   * with an UploadFault when there is none.
   */
  async hold(
    { bytes, replacedBytes }: { readonly bytes: number; readonly replacedBytes: number },
  ): Promise<Hold> {
    await this.#count();
    let heldHere = 0;
    const grow = (grown: number) => {
      const more = Math.max(grown - replacedBytes, 0) - heldHere;
      if (more <= 0) return true;
      if (this.#usedBytes + heldBytes + more > this.#options.bytesMax) return false;
      heldHere += more;
      heldBytes += more;
      return true;
    };
    const release = () => {
      heldBytes -= heldHere;
      heldHere = 0;
    };
    if (!grow(bytes)) throw this.fault();
    const settle = () => {
      this.#usedBytes += heldHere;
      this.#settledBytes += heldHere;
      release();
    };
    return { grow, settle, release };
  }

  /** What to say to an upload that does not fit. */
  fault(): UploadFault {
    const used = this.#usedBytes + heldBytes;
    const detail = `Quota: ${used} of ${this.#options.bytesMax} octets are used (upload.quota)`;
    return new UploadFault("no-space", detail);
  }

  #count(): Promise<void> {
    if (this.#options.now() - this.#countedAt < COUNT_MS) return Promise.resolve();
    this.#counting ??= this.#walk().finally(() => this.#counting = null);
    return this.#counting;
  }

  async #walk(): Promise<void> {
    this.#settledBytes = 0;
    let bytes = 0;
    let entriesLeft = ENTRIES_MAX;
    for (const { path, at } of this.#options.areas) {
      const directories = [{ path, name: at }];
      for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
        const entries = await readdir(next.path, { withFileTypes: true }).catch(() => []);
        entriesLeft -= entries.length;
        if (entriesLeft < 0) break;
        for (const entry of entries) {
          const inner = { path: `${next.path}/${entry.name}`, name: joined(next.name, entry.name) };
          if (entry.isDirectory()) directories.push(inner);
          else if (entry.isFile()) bytes += await this.#bytesOf(inner);
        }
      }
    }
    this.#usedBytes = bytes + this.#settledBytes;
    this.#countedAt = this.#options.now();
  }

  async #bytesOf({ path, name }: { readonly path: string; readonly name: string }) {
    if (isPartName(name) || !this.#options.counts(name)) return 0;
    const found = await stat(path).catch(() => null); // Null where it is gone meanwhile.
    return found?.size ?? 0;
  }
}
