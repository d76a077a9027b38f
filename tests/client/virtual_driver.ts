// A UDP driver in virtual time: whoever waits is moved straight to the next deadline, and a
// function plays the whole network.
import type {
  BindOptions,
  Peer,
  Run,
  Sent,
  UdpDriver,
  UdpHost,
  UdpSocket,
} from "../../src/net/driver.ts";
import { decodePacket, encodePacket, type Malformed, type Packet } from "../../src/wire/packet.ts";

/** A packet of the client as the network sees it. */
export interface Seen {
  readonly to: Peer;
  readonly packet: Packet | Malformed;
  readonly fromPort: number;
  readonly now: number;
}

/** What comes back, and from where; bytes may be no packet at all. */
export interface Reply {
  readonly from: Peer;
  readonly packet: Packet | Uint8Array;
  /** The group it is sent to; left out where it is sent to the client alone. */
  readonly group?: string;
}

/** Answers one packet of the client. */
export type Network = (seen: Seen) => readonly Reply[];

/** What cannot be bound. */
export interface BindFault {
  readonly family: 4 | 6 | "group";
  readonly error: Error;
}

interface Delivery {
  readonly socket: UdpSocket;
  readonly reply: Reply;
}

const FIRST_PORT = 40_000;

export class VirtualDriver implements UdpDriver {
  readonly name = "simulated";
  /** Every packet the client has sent. */
  readonly seen: Seen[] = [];
  readonly #network: Network;
  readonly #bindFault: BindFault | null;
  /** Sockets that receive from groups. */
  readonly #members = new Map<UdpSocket, BindOptions>();
  #queue: Delivery[] = [];
  #now = 0;
  #ports = FIRST_PORT;
  #stopped = false;

  /** `bindFault` is thrown for sockets of that family, or for those that join a group. */
  constructor(network: Network, bindFault: BindFault | null = null) {
    this.#network = network;
    this.#bindFault = bindFault;
  }

  now(): number {
    return this.#now;
  }

  bind(options: BindOptions): Promise<UdpSocket> {
    const family = options.host.includes(":") ? 6 : 4;
    const kind = options.group === undefined ? family : "group";
    if (kind === this.#bindFault?.family) return Promise.reject(this.#bindFault.error);
    const port = options.port === 0 ? this.#ports++ : options.port;
    const socket: UdpSocket = {
      host: options.host,
      port,
      send: (to, bytes) => this.#send(socket, to, bytes),
      sendRun: (to, run) => this.#sendRun(socket, to, run),
      close: () => {
        this.#members.delete(socket);
        this.#queue = this.#queue.filter((delivery) => delivery.socket !== socket);
      },
    };
    if (options.group !== undefined) this.#members.set(socket, options);
    return Promise.resolve(socket);
  }

  expand(host: string): readonly string[] {
    return [host];
  }

  release(): void {}

  async run(host: UdpHost): Promise<void> {
    while (!this.#stopped) {
      // The client's own promises go first.
      await new Promise((resolve) => setImmediate(resolve));
      const deliveries = this.#queue;
      this.#queue = [];
      for (const { socket, reply: { from, packet, group } } of deliveries) {
        const bytes = packet instanceof Uint8Array ? packet : encodePacket(packet);
        const members = [...this.#members].filter(([, options]) => options.group === group);
        const sockets = group === undefined ? [socket] : members.map(([member]) => member);
        for (const to of sockets) host.receive(to, from, bytes, null, this.#now);
      }
      const deadline = host.turn(this.#now);
      if (this.#queue.length === 0 && deadline < Infinity) {
        this.#now = Math.max(this.#now, deadline);
        host.turn(this.#now);
      }
    }
  }

  wake(): void {}

  stop(): void {
    this.#stopped = true;
  }

  #sendRun(socket: UdpSocket, to: Peer, run: Run): Sent {
    for (let i = 0; i < run.count; i++) {
      const offset = i * run.segmentBytes;
      const payload = new Uint8Array(Math.min(run.segmentBytes, run.totalBytes - offset));
      const got = payload.length > 0 ? run.source.read(run.offset + offset, payload) : 0;
      if (got < payload.length) return "unreadable";
      const header = run.headers.subarray(i * run.headerBytes, (i + 1) * run.headerBytes);
      this.#send(socket, to, Buffer.concat([header, payload]));
    }
    return "sent";
  }

  #send(socket: UdpSocket, to: Peer, bytes: Uint8Array): void {
    const seen = { to, packet: decodePacket(bytes.slice()), fromPort: socket.port, now: this.#now };
    this.seen.push(seen);
    for (const reply of this.#network(seen)) this.#queue.push({ socket, reply });
  }
}
