// A socket of the Linux driver: sends go into the driver's queue.
import type { NativeSocket } from "../sys/socket.ts";
import type { Local, Peer, Run, Sent, UdpSocket } from "./driver.ts";
import type { LinuxLocal } from "./linux_local.ts";
import type { RouteBook } from "./linux_routes.ts";

/** Where what sockets send goes: the queue that all sockets of a driver share. */
export interface Outgoing {
  /** Whom the next `send` or `sendRun` is for; false when it cannot be reached from this socket. */
  aim(socket: LinuxSocket, peer: Peer, local: Local | null): boolean;
  /** Queues one datagram, copied. */
  send(bytes: Uint8Array): void;
  /** Queues a run. */
  sendRun(run: Run): Sent;
  /** Hands everything queued to the kernel. */
  flush(): void;
}

/** Made by the driver's `bind`. */
export class LinuxSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  readonly fd: number;
  readonly family: 4 | 6;
  /** Datagrams come and go with a record of our address. */
  readonly pktinfo: boolean;
  /** The one local of all datagrams where there is no record. */
  readonly local: LinuxLocal | null;
  open = true;
  readonly #queue: Outgoing;
  readonly #routes: RouteBook;
  readonly #onClose: (socket: LinuxSocket) => void;

  constructor(
    native: NativeSocket,
    more: {
      readonly local: LinuxLocal | null;
      readonly queue: Outgoing;
      readonly routes: RouteBook;
      readonly onClose: (socket: LinuxSocket) => void;
    },
  ) {
    this.host = native.host;
    this.port = native.port;
    this.fd = native.fd;
    this.family = native.family;
    this.pktinfo = native.pktinfo;
    this.local = more.local;
    this.#queue = more.queue;
    this.#routes = more.routes;
    this.#onClose = more.onClose;
  }

  send(peer: Peer, bytes: Uint8Array, local: Local | null): void {
    if (this.open && this.#queue.aim(this, peer, local)) this.#queue.send(bytes);
  }

  sendRun(peer: Peer, run: Run, local: Local | null): Sent {
    return this.open && this.#queue.aim(this, peer, local) ? this.#queue.sendRun(run) : "sent";
  }

  payloadBytesMax(peer: Peer, local: Local | null): number | null {
    return this.#routes.payloadBytesMax(peer, local);
  }

  close(): void {
    if (!this.open) return;
    this.#queue.flush();
    this.open = false;
    this.#onClose(this);
  }
}
