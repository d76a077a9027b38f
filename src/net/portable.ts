// The portable driver: node:dgram, on any platform. One socket per local address, because dgram
// does not tell which address a datagram was sent to; for the same reason a request to a broadcast
// address is not seen on a socket bound to one address: those need the Linux driver.
import type { RemoteInfo } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { BindOptions, Peer, Source, UdpDriver, UdpHost, UdpSocket } from "./driver.ts";
import { PeerCache } from "./peers.ts";
import { isAny, openSocket, PortableSocket } from "./portable_socket.ts";
import { ReadAhead } from "./read_ahead.ts";

/** Peers in one generation of the cache. */
const PEERS_MAX = 16_384;
/** The longest sleep that `setTimeout` can count. */
const SLEEP_MS_MAX = 0x7fffffff;

/** What the portable driver may be given. */
export interface PortableOptions {
  /** Told of each send or socket error: tens of thousands a second, at worst. */
  readonly onFault?: (text: string) => void;
}

/** A driver on node:dgram. Deadlines are in milliseconds of `performance.now()`. */
export function createPortableDriver(options: PortableOptions = {}): UdpDriver {
  return new PortableDriver(options.onFault ?? (() => {}));
}

class PortableDriver implements UdpDriver {
  readonly name = "portable";
  readonly #sockets = new Set<PortableSocket>();
  readonly #peers = new PeerCache<string, Peer>(
    PEERS_MAX,
    (peer) => this.#host?.holds?.(peer) ?? false,
  );
  readonly #ahead = new ReadAhead();
  readonly #onFault: (text: string) => void;
  #host: UdpHost | null = null;
  #ended: PromiseWithResolvers<void> | null = null;
  #turnAsked = false;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;

  constructor(onFault: (text: string) => void) {
    this.#onFault = onFault;
  }

  now(): number {
    return performance.now();
  }

  async bind(options: BindOptions): Promise<UdpSocket> {
    const inner = await openSocket(options);
    const bound = inner.address();
    const socket = new PortableSocket(inner, bound, {
      ahead: this.#ahead,
      onFault: this.#onFault,
      onClosed: () => this.#sockets.delete(socket),
    });
    this.#sockets.add(socket);
    inner.on("message", (bytes, from) => this.#receive(socket, bytes, from));
    inner.on("error", (error) => {
      this.#onFault(`UDP socket "${bound.address}:${bound.port}": ${error.message}`);
    });
    if (this.#stopped) socket.close();
    return socket;
  }

  expand(host: string): readonly string[] {
    if (!isAny(host)) return [host];
    const family = host === "::" ? "IPv6" : "IPv4";
    const hosts = new Set<string>();
    for (const addresses of Object.values(networkInterfaces())) {
      for (const { address, family: its } of addresses ?? []) {
        // Link-local addresses need a scope, which dgram cannot express on every platform.
        if (its === family && !address.toLowerCase().startsWith("fe80:")) hosts.add(address);
      }
    }
    return [...hosts];
  }

  release(source: Source): void {
    this.#ahead.release(source);
  }

  async run(host: UdpHost): Promise<void> {
    if (this.#stopped) return;
    this.#host = host;
    this.#ended = Promise.withResolvers<void>();
    this.wake();
    try {
      await this.#ended.promise;
    } finally {
      this.#host = null;
      clearTimeout(this.#timer);
      await Promise.all([...this.#sockets].map((socket) => socket.closed()));
    }
  }

  wake(): void {
    if (this.#turnAsked || this.#stopped) return;
    this.#turnAsked = true;
    // An immediate, not a microtask: the runtime delivers the other datagrams at hand first.
    setImmediate(() => this.#turn());
  }

  stop(): void {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.close();
    this.#ended?.resolve();
  }

  #receive(socket: PortableSocket, bytes: Uint8Array, from: RemoteInfo): void {
    if (this.#host === null || this.#stopped) return;
    try {
      this.#host.receive(socket, this.#peer(from), bytes, socket.local, this.now());
    } catch (error) {
      this.#fail(error);
    }
    this.wake();
  }

  #peer(from: RemoteInfo): Peer {
    const key = `${from.address}|${from.port}`;
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(from.address)?.[1];
    const peer: Peer = {
      family: from.family === "IPv6" && mapped === undefined ? 6 : 4,
      host: mapped ?? from.address,
      port: from.port,
    };
    this.#peers.add(key, peer);
    return peer;
  }

  #turn(): void {
    this.#turnAsked = false;
    if (this.#host === null || this.#stopped) return;
    try {
      this.#sleepUntil(this.#host.turn(this.now()));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** One timer; one that fires too early only makes a spurious turn, so it is left alone. */
  #sleepUntil(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const sleepMs = Math.min(Math.max(0, Math.ceil(deadline - this.now())), SLEEP_MS_MAX);
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.#turn();
    }, sleepMs);
  }

  /** The host threw: that is a bug of ours, which ends `run` as it does in the Linux driver. */
  #fail(error: unknown): void {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.close();
    this.#ended?.reject(error);
  }
}
