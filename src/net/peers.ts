// The bounded cache behind `Peer ===`: drivers look a peer up by a key of their own and get the
// same object as long as the host holds it, whatever a flood of forged addresses does meanwhile.
import type { Peer } from "./driver.ts";

/**
 * Peers by key, in two generations of `peersMax` each: when the young one is full it becomes the
 * old one. Of the old one before, those asked for since have moved up, those that `holds` says the
 * host refers to stay, and the others are forgotten. What the host holds is bounded by its own
 * limit on transfers.
 */
export class PeerCache<Key, P extends Peer> {
  readonly #peersMax: number;
  readonly #holds: (peer: Peer) => boolean;
  #young = new Map<Key, P>();
  #old = new Map<Key, P>();

  constructor(peersMax: number, holds: (peer: Peer) => boolean) {
    this.#peersMax = peersMax;
    this.#holds = holds;
  }

  /** The peer of this key, or undefined: make one and `add` it. */
  get(key: Key): P | undefined {
    return this.#young.get(key) ?? this.#moveUp(key);
  }

  /** Keeps a peer that `get` did not know. */
  add(key: Key, peer: P): void {
    if (this.#young.size >= this.#peersMax) this.#age();
    this.#young.set(key, peer);
  }

  /** Peers in both generations. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #moveUp(key: Key): P | undefined {
    const peer = this.#old.get(key);
    if (peer === undefined) return undefined;
    this.#old.delete(key);
    this.add(key, peer);
    return peer;
  }

  /** Held peers stay in the old generation, so they are asked for once each time it is full. */
  #age(): void {
    const former = this.#old;
    this.#old = this.#young;
    this.#young = new Map();
    for (const [key, peer] of former) if (this.#holds(peer)) this.#old.set(key, peer);
  }
}
