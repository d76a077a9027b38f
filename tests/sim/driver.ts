// A UDP driver in virtual time. Every remote host is a station with two links of its own; what the
// endpoint gets and gives travels over them. Bytes handed to the endpoint are spoilt after the
// call, since they are borrowed for its length only.
import assert from "node:assert/strict";
import {
  BindError,
  type BindOptions,
  type Local,
  type Peer,
  type Run,
  type Sent,
  type UdpDriver,
  type UdpHost,
  type UdpSocket,
} from "../../src/net/driver.ts";
import type { Link } from "./link.ts";
import { Alarm, type World } from "./world.ts";

/** The one address of the simulated server; its Ethernet takes 1472 octets of UDP payload. */
export const SERVER_HOST = "10.0.0.1";
const PAYLOAD_BYTES_MAX = 1472;

/** A remote host. */
export interface Station {
  readonly host: string;
  readonly toServer: Link;
  readonly toClient: Link;
  /** A datagram for one of its ports, from a port of the server. */
  receive(port: number, bytes: Uint8Array, fromPort: number): void;
}

export class SimulatedDriver implements UdpDriver {
  readonly name = "simulated";
  readonly world: World;
  readonly #sockets = new Map<number, SimulatedSocket>();
  readonly #stations = new Map<string, Station>();
  readonly #peers = new Map<string, Peer>();
  readonly #unicast: Local = local(false);
  readonly #broadcast: Local = local(true);
  readonly #alarm: Alarm;
  #host: UdpHost | null = null;
  #stopped: () => void = () => {};
  #portNext = 40_000;

  constructor(world: World) {
    this.world = world;
    this.#alarm = new Alarm(world, () => this.#turn());
  }

  attach(station: Station) {
    this.#stations.set(station.host, station);
  }

  /** Sends from a station's port to a port of the server. */
  send(from: { station: Station; port: number }, to: number, bytes: Uint8Array, broadcast = false) {
    from.station.toServer.send(bytes, (bytes) => {
      const socket = this.#sockets.get(to);
      if (socket === undefined || this.#host === null) return;
      const peer = this.#peer(from.station.host, from.port);
      const lent = bytes.slice();
      const own = broadcast ? this.#broadcast : this.#unicast;
      this.#host.receive(socket, peer, lent, own, this.world.now);
      lent.fill(0xee);
      this.#turn();
    });
  }

  now(): number {
    return this.world.now;
  }

  bind({ host, port }: BindOptions): Promise<UdpSocket> {
    const number = port === 0 ? this.#portNext++ : port;
    if (this.#sockets.has(number)) {
      return Promise.reject(new BindError({ host, port: number }, "in-use", null));
    }
    const socket = new SimulatedSocket({
      port: number,
      deliver: (peer, bytes) => this.#deliver(number, peer, bytes),
      closed: () => this.#sockets.delete(number),
    });
    this.#sockets.set(number, socket);
    return Promise.resolve(socket);
  }

  expand(host: string): readonly string[] {
    return [host];
  }

  release() {}

  run(host: UdpHost): Promise<void> {
    this.#host = host;
    return new Promise((resolve) => this.#stopped = resolve);
  }

  wake() {
    this.world.schedule(this.world.now, () => this.#turn());
  }

  stop() {
    this.#host = null;
    this.#alarm.set(Infinity);
    this.#stopped();
  }

  #turn() {
    if (this.#host === null) return;
    const next = this.#host.turn(this.world.now);
    assert.ok(next > this.world.now, `Asked for a turn at ${next}, now is ${this.world.now}`);
    this.#alarm.set(next);
  }

  #deliver(fromPort: number, peer: Peer, bytes: Uint8Array) {
    const station = this.#stations.get(peer.host);
    station?.toClient.send(bytes, (bytes) => station.receive(peer.port, bytes, fromPort));
  }

  #peer(host: string, port: number): Peer {
    const key = `${host}:${port}`;
    let peer = this.#peers.get(key);
    // The harshest driver there may be: it forgets at once whoever the host does not hold.
    if (peer === undefined || !this.#host?.holds?.(peer)) {
      this.#peers.set(key, peer = { family: host.includes(":") ? 6 : 4, host, port });
    }
    return peer;
  }
}

interface SocketOptions {
  readonly port: number;
  readonly deliver: (peer: Peer, bytes: Uint8Array) => void;
  readonly closed: () => void;
}

class SimulatedSocket implements UdpSocket {
  readonly host = SERVER_HOST;
  readonly port: number;
  readonly #options: SocketOptions;
  #open = true;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.port = options.port;
  }

  send(peer: Peer, bytes: Uint8Array) {
    assert.ok(this.#open, "Sent through a closed socket");
    assert.ok(bytes.length <= 65_507, "Datagram too long");
    this.#options.deliver(peer, bytes.slice());
  }

  sendRun(peer: Peer, run: Run): Sent {
    for (let i = 0; i < run.count; i++) {
      const start = i * run.segmentBytes;
      const length = Math.min(run.segmentBytes, run.totalBytes - start);
      const bytes = new Uint8Array(run.headerBytes + length);
      bytes.set(run.headers.subarray(i * run.headerBytes, (i + 1) * run.headerBytes));
      const read = run.source.read(run.offset + start, bytes.subarray(run.headerBytes));
      if (read !== length) return "unreadable";
      this.send(peer, bytes);
    }
    return "sent";
  }

  payloadBytesMax(): number {
    return PAYLOAD_BYTES_MAX;
  }

  close() {
    this.#open = false;
    this.#options.closed();
  }
}

function local(broadcast: boolean): Local {
  return { host: SERVER_HOST, broadcast };
}
