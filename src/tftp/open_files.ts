// One descriptor (and one mapping in the driver) for all transfers of the same file. A file that
// nobody reads any more stays open for a moment: the next client usually wants it, too.
import type { OpenFile } from "../storage/store.ts";

/** How long an idle file stays open, and how many of them. */
const IDLE_MS = 2_000;
const IDLE_FILES_MAX = 64;

interface Shared {
  readonly file: OpenFile;
  users: number;
  idleSince: number;
}

/** Counts the users of open files by their content key. */
export class OpenFiles {
  readonly #shared = new Map<string, Shared>();
  /** Those without users, the longest idle first. */
  readonly #idle = new Set<Shared>();
  readonly #released: (file: OpenFile) => void;

  /** `released` is called when a file is no longer wanted, before it is closed. */
  constructor(released: (file: OpenFile) => void) {
    this.#released = released;
  }

  /** When `sweep` has something to close; Infinity for never. */
  get next(): number {
    const first = this.#longestIdle();
    return first === undefined ? Infinity : first.idleSince + IDLE_MS;
  }

  /** Takes over `file`; gives an open file with the same content, to be given back once. */
  share(file: OpenFile): OpenFile {
    const shared = this.#shared.get(file.key);
    if (shared === undefined) {
      this.#shared.set(file.key, { file, users: 1, idleSince: 0 });
      return file;
    }
    shared.users++;
    this.#idle.delete(shared);
    if (shared.file !== file) file.close();
    return shared.file;
  }

  giveBack(file: OpenFile, now: number) {
    const shared = this.#shared.get(file.key);
    if (shared === undefined || --shared.users > 0) return;
    shared.idleSince = now;
    this.#idle.add(shared);
    if (this.#idle.size > IDLE_FILES_MAX) this.#close(this.#longestIdle()!);
  }

  sweep(now: number) {
    for (const shared of this.#idle) {
      if (shared.idleSince + IDLE_MS > now) return;
      this.#close(shared);
    }
  }

  /** Closes what is idle, at once. False where nothing is. */
  closeIdle(): boolean {
    const any = this.#idle.size > 0;
    for (const shared of this.#idle) this.#close(shared);
    return any;
  }

  #longestIdle(): Shared | undefined {
    return this.#idle.values().next().value;
  }

  #close(shared: Shared) {
    this.#idle.delete(shared);
    this.#shared.delete(shared.file.key);
    this.#released(shared.file);
    shared.file.close();
  }
}
