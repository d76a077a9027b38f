// One direction of a network path: delay, bandwidth with a queue, and faults as rules. A rule
// sees a datagram and gives a verdict; the first that is not "pass" wins.
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

export type Verdict =
  | { readonly kind: "pass" }
  | { readonly kind: "drop" }
  /** Delivered this much later than usual: later ones may overtake it. */
  | { readonly kind: "after"; readonly delayMs: number }
  /** Delivered, and once more this much later. */
  | { readonly kind: "twice"; readonly delayMs: number };

/** `ordinal` counts the datagrams of this link from 1. */
export type Rule = (bytes: Uint8Array, ordinal: number) => Verdict;

export const PASS: Verdict = { kind: "pass" };
export const DROP: Verdict = { kind: "drop" };

export interface Path {
  /** One way. */
  readonly delayMs: number;
  /** Octets of datagram a millisecond; Infinity for a wire that is never full. */
  readonly bytesPerMs: number;
  /** What does not fit the queue is lost. */
  readonly queueBytes: number;
  /** Each datagram is held up by as much as this, without overtaking another. */
  readonly jitterMsMax: number;
  readonly random: Random;
  readonly rules: readonly Rule[];
}

/** Octets of IPv4 and UDP header that each datagram costs on the wire. */
const OVERHEAD_BYTES = 28;

export class Link {
  /** Datagrams given to this link. */
  sent = 0;
  /** Datagrams that arrived, doubles included. */
  delivered = 0;
  /** Datagrams that were lost, late or doubled, by a rule or for want of room in the queue. */
  faults = 0;
  readonly #world: World;
  readonly #path: Path;
  /** When the last octet of what is queued will have left. */
  #freeAt = 0;
  #lastArrivalAt = 0;

  constructor(world: World, path: Path) {
    this.#world = world;
    this.#path = path;
  }

  /** Carries a datagram, whose bytes must not change afterwards. */
  send(bytes: Uint8Array, deliver: (bytes: Uint8Array) => void) {
    const verdict = this.#judge(bytes, ++this.sent);
    if (verdict.kind !== "pass") this.faults++;
    if (verdict.kind === "drop") return;
    const size = bytes.length + OVERHEAD_BYTES;
    const startAt = Math.max(this.#freeAt, this.#world.now);
    const { bytesPerMs, delayMs } = this.#path;
    if (bytesPerMs !== Infinity) {
      if ((startAt - this.#world.now) * bytesPerMs + size > this.#path.queueBytes) {
        this.faults++;
        return;
      }
      this.#freeAt = startAt + size / bytesPerMs;
    }
    const heldMs = this.#path.random.next() * this.#path.jitterMsMax;
    const leaveAt = bytesPerMs === Infinity ? startAt : this.#freeAt;
    const arriveAt = Math.max(leaveAt + delayMs + heldMs, this.#lastArrivalAt);
    this.#lastArrivalAt = arriveAt;
    const late = verdict.kind === "after" ? verdict.delayMs : 0;
    this.#deliverAt(arriveAt + late, bytes, deliver);
    if (verdict.kind === "twice") this.#deliverAt(arriveAt + verdict.delayMs, bytes, deliver);
  }

  #judge(bytes: Uint8Array, ordinal: number): Verdict {
    for (const rule of this.#path.rules) {
      const verdict = rule(bytes, ordinal);
      if (verdict.kind !== "pass") return verdict;
    }
    return PASS;
  }

  #deliverAt(at: number, bytes: Uint8Array, deliver: (bytes: Uint8Array) => void) {
    this.#world.schedule(at, () => {
      this.delivered++;
      deliver(bytes);
    });
  }
}

/** Random faults of one direction; a probability of 0 switches a fault off. */
export interface Faults {
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
  /** How late a reordered or doubled datagram may be. */
  readonly lateMsMax: number;
}

export const NO_FAULTS: Faults = {
  loss: 0,
  duplication: 0,
  reordering: 0,
  lateMsMax: 0,
};

/** The rules that make these faults. */
export function faultRules(faults: Faults, random: Random): Rule[] {
  const rules: Rule[] = [];
  if (faults.loss > 0) rules.push(() => random.chance(faults.loss) ? DROP : PASS);
  if (faults.duplication > 0) {
    rules.push(() =>
      random.chance(faults.duplication)
        ? { kind: "twice", delayMs: random.next() * faults.lateMsMax }
        : PASS
    );
  }
  if (faults.reordering > 0) {
    rules.push(() =>
      random.chance(faults.reordering)
        ? { kind: "after", delayMs: random.next() * faults.lateMsMax }
        : PASS
    );
  }
  return rules;
}

/** Drops the datagrams with these ordinals. */
export function dropping(...ordinals: number[]): Rule {
  return (_bytes, ordinal) => ordinals.includes(ordinal) ? DROP : PASS;
}
