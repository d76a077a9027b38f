// What the endpoint knows of its peers: the transfers that run, and the TIDs of those that ended
// just now. A peer's record outlives its transfers, and lets go of each at its end. Maps of
// transfers would not: the tables that a map has grown out of keep what was in them, and then every
// collection of young objects copies transfers that are long over.
import type { Peer, UdpSocket } from "../net/driver.ts";
import type { Transfer } from "./transfer.ts";

/** How long late packets of an ended transfer are recognised, and its TID not given again. */
const CLOSED_MS = 2_000;
const CLOSED_MAX = 20_000;
const COMPACT_ENTRIES_MIN = 1024;

interface Acquaintance {
  /** One for each listener at most. */
  readonly transfers: Transfer[];
  /** The latest entry for each TID it had, in order. */
  readonly closed: Entry[];
}

interface Entry {
  readonly socket: UdpSocket;
  readonly peer: Peer;
  readonly until: number;
}

/** All peers that have, or just had, a transfer. */
export class Acquaintances {
  readonly #byPeer = new Map<Peer, Acquaintance>();
  /** (our port, peer) of transfers that ended, oldest first, from `#head` on. */
  #entries: Entry[] = [];
  #head = 0;

  /** When `sweep` has something to do; Infinity for never. */
  get next(): number {
    return this.#head < this.#entries.length ? this.#entries[this.#head]!.until : Infinity;
  }

  knows(peer: Peer): boolean {
    return this.#byPeer.has(peer);
  }

  /** All transfers that run. */
  *transfers(): Generator<Transfer> {
    for (const { transfers } of this.#byPeer.values()) yield* transfers;
  }

  /** The transfer of this peer whose TID is this port, or null. */
  transferAt(socket: UdpSocket, peer: Peer): Transfer | null {
    const own = this.#byPeer.get(peer);
    if (own === undefined) return null;
    for (const transfer of own.transfers) if (transfer.route.socket === socket) return transfer;
    return null;
  }

  /** The transfer that this peer asked for at this listener, or null. */
  askedAt(listener: UdpSocket, peer: Peer): Transfer | null {
    const own = this.#byPeer.get(peer);
    return own?.transfers.find(({ route }) => route.listener === listener) ?? null;
  }

  started(transfer: Transfer) {
    const { peer } = transfer.route;
    const own = this.#byPeer.get(peer);
    if (own === undefined) this.#byPeer.set(peer, { transfers: [transfer], closed: [] });
    else own.transfers.push(transfer);
  }

  ended(transfer: Transfer, now: number) {
    const { peer, socket } = transfer.route;
    const own = this.#byPeer.get(peer)!;
    own.transfers.splice(own.transfers.indexOf(transfer), 1);
    const entry = { socket, peer, until: now + CLOSED_MS };
    this.#entries.push(entry);
    const former = own.closed.findIndex((each) => each.socket === socket);
    if (former >= 0) own.closed.splice(former, 1);
    own.closed.push(entry);
    // Only now: the oldest entry may be the last that the same peer had.
    if (this.#entries.length - this.#head > CLOSED_MAX) this.#dropOldest();
  }

  /** Whether a transfer of this peer with this TID ended just now. */
  hadJustNow(socket: UdpSocket, peer: Peer): boolean {
    return this.#byPeer.get(peer)?.closed.some((entry) => entry.socket === socket) ?? false;
  }

  /** The TID of the transfer of this peer that ended last; null if that is long ago. */
  lastTid(peer: Peer): UdpSocket | null {
    return this.#byPeer.get(peer)?.closed.at(-1)?.socket ?? null;
  }

  sweep(now: number) {
    while (this.next <= now) this.#dropOldest();
    if (this.#head < COMPACT_ENTRIES_MIN || this.#head * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }

  #dropOldest() {
    const entry = this.#entries[this.#head++]!;
    const { transfers, closed } = this.#byPeer.get(entry.peer) ?? NOBODY;
    const at = closed.indexOf(entry);
    // Not there where the peer has had the same TID once more.
    if (at < 0) return;
    closed.splice(at, 1);
    if (closed.length === 0 && transfers.length === 0) this.#byPeer.delete(entry.peer);
  }
}

const NOBODY: Acquaintance = { transfers: [], closed: [] };
