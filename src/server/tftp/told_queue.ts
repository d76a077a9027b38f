// What a worker tells the log, on its way to the main thread, in the order in which it happened. The
// first goes at once, so that it stands before what happens later over HTTP; who boots many machines
// pays for few messages all the same.
import type { Told } from "../log/told.ts";

/** Least time between two messages, as long as not too much waits. */
const PAUSE_MS = 10;
const TOLD_MAX = 256;

export class ToldQueue {
  readonly #post: (told: readonly Told[]) => void;
  #waiting: Told[] = [];
  #postAt = -Infinity;

  constructor(post: (told: readonly Told[]) => void) {
    this.#post = post;
  }

  /** To be posted when `dueAt` has come. */
  add(told: Told) {
    this.#waiting.push(told);
  }

  /** When `post` is wanted; Infinity while nothing waits. */
  get dueAt(): number {
    if (this.#waiting.length === 0) return Infinity;
    return this.#waiting.length < TOLD_MAX ? this.#postAt : -Infinity;
  }

  /** Posts all that waits, due or not. */
  post(now: number) {
    if (this.#waiting.length === 0) return;
    this.#post(this.#waiting);
    this.#waiting = [];
    this.#postAt = now + PAUSE_MS;
  }
}
