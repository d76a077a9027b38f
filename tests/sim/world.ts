// Virtual time: events in the order (time, sequence). Nothing here waits.

interface Event {
  readonly at: number;
  readonly sequence: number;
  readonly act: () => void;
}

export class World {
  /** Virtual milliseconds since the start. */
  now = 0;
  #sequence = 0;
  /** A binary heap, the earliest event first. */
  readonly #heap: Event[] = [];

  /** Has `act` done at time `at`, which is not in the past; ties go by the order of the calls. */
  schedule(at: number, act: () => void) {
    if (!(at >= this.now)) throw new Error(`Cannot schedule at ${at}: it is ${this.now} already`);
    this.#push({ at, sequence: this.#sequence++, act });
  }

  /** Does the next event; false if there is none. */
  step(): boolean {
    const event = this.#pop();
    if (event === null) return false;
    this.now = event.at;
    event.act();
    return true;
  }

  /** Runs until nothing is left to do, or `untilMs`. */
  run(untilMs = Infinity) {
    while (this.#heap.length > 0 && this.#heap[0]!.at <= untilMs) this.step();
  }

  #push(event: Event) {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}

/** Keeps one wake-up of the world in step with a machine's deadline. */
export class Alarm {
  readonly #world: World;
  readonly #ring: () => void;
  #dueAt = Infinity;
  #generation = 0;

  constructor(world: World, ring: () => void) {
    this.#world = world;
    this.#ring = ring;
  }

  set(deadline: number) {
    if (deadline === this.#dueAt) return;
    this.#dueAt = deadline;
    const generation = ++this.#generation;
    if (deadline === Infinity) return;
    this.#world.schedule(deadline, () => {
      if (generation !== this.#generation) return;
      this.#dueAt = Infinity;
      this.#ring();
    });
  }
}
