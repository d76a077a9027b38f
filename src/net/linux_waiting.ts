// Runs whose octets are not in memory yet. They wait here while others are sent; in order for each
// peer, each at most once, and never longer than the host wants them.
import type { Local, Run } from "./driver.ts";
import type { LinuxPeer } from "./linux_peer.ts";
import type { LinuxSocket } from "./linux_socket.ts";
import type { Mapped } from "./linux_sources.ts";

/** Runs that may wait. Above it they are lost, which the host's timers repair. */
const WAITING_MAX = 4096;
/** Pauses between looks: the first is the shortest, the others double. */
const PAUSE_MS_MIN = 1;
const PAUSE_MS_MAX = 10;

/** A run that waits, with everything it takes to send it. */
export interface WaitingRun {
  readonly socket: LinuxSocket;
  readonly peer: LinuxPeer;
  readonly local: Local | null;
  readonly mapped: Mapped;
  readonly run: Run;
}

/** All waiting runs of one driver, the longest waiting first. */
export class WaitingRuns {
  readonly #runs = new Set<WaitingRun>();
  /** The same by peer, in order; no list is empty. */
  readonly #ofPeer = new Map<LinuxPeer, readonly WaitingRun[]>();
  #pauseMs = PAUSE_MS_MIN;
  #nextAt = Infinity;

  /** When to `retry`, in milliseconds of the driver's clock; Infinity while nothing waits. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** Whether a run to this peer waits. Asked for each datagram, so nothing is looked up in vain. */
  holds(peer: LinuxPeer): boolean {
    return this.#runs.size > 0 && this.#ofPeer.has(peer);
  }

  /** Keeps a run, its headers copied. */
  add(waiting: WaitingRun, now: number): void {
    if (this.#runs.size >= WAITING_MAX) return;
    const { run, peer } = waiting;
    const headers = run.headers.slice(0, run.count * run.headerBytes);
    const own = { ...waiting, run: { ...run, headers } };
    if (this.#runs.size === 0) this.#pause(now, PAUSE_MS_MIN);
    this.#runs.add(own);
    this.#ofPeer.set(peer, [...this.#of(peer), own]);
  }

  /**
   * Drops what a run to the same peer makes pointless: the host has gone back to its offset, or
   * goes on with another source.
   */
  supersede({ socket, peer, mapped, run }: Omit<WaitingRun, "local">): void {
    for (const its of this.#of(peer)) {
      const { offset, totalBytes } = its.run;
      const isBefore = offset < run.offset && offset + totalBytes <= run.offset;
      if (its.socket === socket && (its.mapped !== mapped || !isBefore)) this.#remove(its);
    }
  }

  /** Drops what waits for this peer: the host has changed the subject. */
  dropPeer(socket: LinuxSocket, peer: LinuxPeer): void {
    for (const its of this.#of(peer)) if (its.socket === socket) this.#remove(its);
  }

  /** Drops what is cut from this source. */
  dropSource(mapped: Mapped): void {
    for (const its of this.#runs) if (its.mapped === mapped) this.#remove(its);
  }

  /** Calls `send` for each run that is ready, no run of a peer before those that came before it. */
  retry(now: number, send: (waiting: WaitingRun) => void): void {
    let moved = false;
    for (const its of this.#runs) {
      const { socket, mapped, peer, run } = its;
      const isWanted = socket.open && mapped.source !== null && !mapped.broken;
      if (isWanted) {
        if (this.#of(peer)[0] !== its) continue;
        if (!mapped.pages!.ready(run.offset, run.totalBytes, now)) continue;
      }
      this.#remove(its);
      if (isWanted) send(its);
      moved = true;
    }
    if (this.#runs.size > 0) {
      this.#pause(now, moved ? PAUSE_MS_MIN : Math.min(2 * this.#pauseMs, PAUSE_MS_MAX));
    }
  }

  #pause(now: number, pauseMs: number): void {
    this.#pauseMs = pauseMs;
    this.#nextAt = now + pauseMs;
  }

  #of(peer: LinuxPeer): readonly WaitingRun[] {
    return this.#ofPeer.get(peer) ?? [];
  }

  #remove(waiting: WaitingRun): void {
    const { peer } = waiting;
    if (!this.#runs.delete(waiting)) return;
    const rest = this.#of(peer).filter((its) => its !== waiting);
    if (rest.length === 0) this.#ofPeer.delete(peer);
    else this.#ofPeer.set(peer, rest);
    if (this.#runs.size === 0) this.#nextAt = Infinity;
  }
}
