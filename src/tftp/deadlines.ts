// The wake-ups of many transfers in one heap. An answer usually moves a deadline back, and that
// costs nothing here: an entry keeps the time it was last looked at and is put back when it comes
// up too early. Only a deadline that moves forward touches the heap.

/** Anything with a deadline in the host's milliseconds; Infinity for none. */
export interface Timed {
  readonly deadline: number;
  /** Where the heap keeps this entry; -1 while it is not in the heap. Owned by the heap. */
  heapIndex: number;
  /** When the heap looks at this entry next, at or before its deadline. Owned by the heap. */
  checkAt: number;
}

export class Deadlines<T extends Timed> {
  readonly #heap: T[] = [];

  /** When `due` has something to look at; Infinity for never. */
  get next(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.checkAt;
  }

  /** Adds an entry, or follows its deadline if that has moved forward. */
  watch(entry: T) {
    if (entry.heapIndex < 0) {
      entry.heapIndex = this.#heap.length;
      entry.checkAt = entry.deadline;
      this.#heap.push(entry);
      this.#up(entry);
    } else if (entry.deadline < entry.checkAt) {
      entry.checkAt = entry.deadline;
      this.#up(entry);
    }
  }

  remove(entry: T) {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    const last = this.#heap.pop()!;
    if (last === entry) return;
    last.heapIndex = index;
    this.#heap[index] = last;
    this.#up(last);
    this.#down(last);
  }

  /** The next entry whose deadline has come, or null. It stays in the heap. */
  due(now: number): T | null {
    while (this.#heap.length > 0) {
      const first = this.#heap[0]!;
      if (first.checkAt > now) return null;
      if (first.deadline <= now) return first;
      first.checkAt = first.deadline;
      this.#down(first);
    }
    return null;
  }

  /** `entry` was handled: look at it again at its new deadline. */
  settle(entry: T) {
    if (entry.heapIndex < 0) return;
    entry.checkAt = entry.deadline;
    this.#up(entry);
    this.#down(entry);
  }

  #up(entry: T) {
    let index = entry.heapIndex;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#heap[parent]!;
      if (above.checkAt <= entry.checkAt) break;
      this.#place(above, index);
      index = parent;
    }
    this.#place(entry, index);
  }

  #down(entry: T) {
    let index = entry.heapIndex;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#heap.length) break;
      const right = child + 1;
      if (right < this.#heap.length && this.#heap[right]!.checkAt < this.#heap[child]!.checkAt) {
        child = right;
      }
      const below = this.#heap[child]!;
      if (entry.checkAt <= below.checkAt) break;
      this.#place(below, index);
      index = child;
    }
    this.#place(entry, index);
  }

  #place(entry: T, index: number) {
    this.#heap[index] = entry;
    entry.heapIndex = index;
  }
}
