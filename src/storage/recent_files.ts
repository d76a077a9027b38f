// Files that are open, found again by their path: at a boot hundreds of machines ask for the same
// few files. Each use asks the disk once whether the path still leads to the same, untouched file.
import type { Look, Stamp } from "../sys/look.ts";
import type { OpenFile } from "./store.ts";

/** An open file is proved to lie in the tree when it is opened, and again after this. */
const PROOF_MS = 1_000;

/** A file just opened at a path where `stamp` was seen before. */
export interface Kept {
  readonly file: OpenFile;
  readonly stamp: Stamp;
  /** Whether the open file still lies in the tree. */
  readonly prove: () => boolean;
}

interface Entry extends Kept {
  readonly path: string;
  /** Until when the proof holds that the file lies in the tree. */
  until: number;
  /** Handles given out and not closed yet. */
  users: number;
}

export class RecentFiles {
  readonly #look: Look;
  readonly #now: () => number;
  /** By path; what nobody uses any more is closed and forgotten. */
  readonly #entries = new Map<string, Entry>();

  /** `now` is milliseconds of any clock. */
  constructor(look: Look, now: () => number) {
    this.#look = look;
    this.#now = now;
  }

  /** A handle on the open file that `path` still leads to; else what is there, null for nothing. */
  open(path: string): OpenFile | Stamp | null {
    const stamp = this.#look(path);
    const entry = this.#entries.get(path);
    if (entry === undefined || stamp === null || !same(stamp, entry.stamp)) return stamp;
    return this.#proves(entry) ? this.#handle(entry) : stamp;
  }

  /** Takes over a file; gives a handle on it. */
  keep(path: string, kept: Kept): OpenFile {
    const entry = { ...kept, path, until: this.#now() + PROOF_MS, users: 0 };
    this.#entries.set(path, entry);
    return this.#handle(entry);
  }

  #proves(entry: Entry): boolean {
    const now = this.#now();
    if (now < entry.until) return true;
    entry.until = now + PROOF_MS;
    return entry.prove();
  }

  /** A user's own view of the file, closed once by that user. */
  #handle(entry: Entry): OpenFile {
    const { file } = entry;
    let closed = false;
    entry.users++;
    return {
      kind: "file",
      size: file.size,
      mtimeMs: file.mtimeMs,
      key: file.key,
      path: file.path,
      fd: file.fd,
      read: (offset, into) => file.read(offset, into),
      close: () => {
        if (closed) return;
        closed = true;
        if (--entry.users === 0) this.#forget(entry);
      },
    };
  }

  #forget(entry: Entry) {
    if (this.#entries.get(entry.path) === entry) this.#entries.delete(entry.path);
    entry.file.close();
  }
}

function same(a: Stamp, b: Stamp): boolean {
  return a.inode === b.inode && a.mtimeNs === b.mtimeNs && a.size === b.size &&
    a.device === b.device && a.mode === b.mode;
}
