// A slow and lossy link, pretended inside the load process: every datagram, either way, is held
// back or lost between the driver and its host. The server cannot tell it from a real one.
import type { Local, Peer, Run, Sent, UdpHost, UdpSocket } from "../../src/net/driver.ts";
import type { LinkOptions } from "./order.ts";

/** Stands between a driver and `host`; sockets must be wrapped with `wrap`. */
export class PretendedLink implements UdpHost {
  readonly #options: LinkOptions;
  readonly #host: UdpHost;
  readonly #sockets = new Map<UdpSocket, LinkSocket>();
  readonly #random: () => number;
  // All are held back equally long, so both are in order.
  readonly #outbound: Held[] = [];
  readonly #inbound: Held[] = [];
  #now = 0;

  constructor(options: LinkOptions, host: UdpHost) {
    this.#options = options;
    this.#host = host;
    this.#random = seededRandom(options.seed);
  }

  /** The socket as the host is to see it. */
  wrap(socket: UdpSocket): UdpSocket {
    const wrapped = new LinkSocket(socket, (peer, bytes, local) => {
      this.#hold(this.#outbound, { socket, peer, bytes, local });
    });
    this.#sockets.set(socket, wrapped);
    return wrapped;
  }

  receive(socket: UdpSocket, peer: Peer, bytes: Uint8Array, local: Local | null, now: number) {
    this.#now = now;
    this.#hold(this.#inbound, { socket, peer, bytes, local });
  }

  turn(now: number): number {
    this.#now = now;
    for (const { socket, peer, bytes, local } of takeDue(this.#inbound, now)) {
      this.#host.receive(this.#sockets.get(socket)!, peer, bytes, local, now);
    }
    const hostDeadline = this.#host.turn(now);
    for (const { socket, peer, bytes, local } of takeDue(this.#outbound, now)) {
      socket.send(peer, bytes, local);
    }
    const at = (held: readonly Held[]) => held[0]?.at ?? Infinity;
    return Math.min(hostDeadline, at(this.#inbound), at(this.#outbound));
  }

  #hold(held: Held[], datagram: Omit<Held, "at">): void {
    if (this.#random() < this.#options.loss) return;
    const at = this.#now + this.#options.delayMs;
    held.push({ ...datagram, bytes: datagram.bytes.slice(), at });
  }
}

/** Numbers from 0 up to 1, the same for the same seed (xorshift32). */
export function seededRandom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

interface Held {
  readonly socket: UdpSocket;
  readonly peer: Peer;
  readonly bytes: Uint8Array;
  readonly local: Local | null;
  readonly at: number;
}

class LinkSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  readonly #inner: UdpSocket;
  readonly #send: UdpSocket["send"];

  constructor(inner: UdpSocket, send: UdpSocket["send"]) {
    this.host = inner.host;
    this.port = inner.port;
    this.#inner = inner;
    this.#send = send;
  }

  send(peer: Peer, bytes: Uint8Array, local: Local | null): void {
    this.#send(peer, bytes, local);
  }

  /** Readers send no DATA. */
  sendRun(_peer: Peer, _run: Run, _local: Local | null): Sent {
    return "sent";
  }

  close(): void {
    this.#inner.close();
  }
}

/** Takes what is due from the front. */
function takeDue(held: Held[], now: number): Held[] {
  const later = held.findIndex(({ at }) => at > now);
  return held.splice(0, later < 0 ? held.length : later);
}
