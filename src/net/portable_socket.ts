// A socket of the portable driver, on node:dgram.
import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { bindError } from "./bind_error.ts";
import type { BindOptions, Local, Peer, Run, Sent, UdpSocket } from "./driver.ts";
import type { ReadAhead } from "./read_ahead.ts";

/** Wanted socket buffers; whatever the system grants is taken. */
const SOCKET_BUFFER_BYTES = 8 * 1024 * 1024;
/** How long a closing socket waits for sends that the runtime has not handed over yet. */
const LINGER_MS = 250;
/** Datagrams of one socket that wait for their turn. */
const BACKLOG_DATAGRAMS_MAX = 4096;

interface Outgoing {
  readonly peer: Peer;
  readonly datagram: Uint8Array;
}

/** What a socket borrows from its driver. */
export interface SocketHooks {
  readonly ahead: ReadAhead;
  readonly onFault: (text: string) => void;
  readonly onClosed: () => void;
}

/** Sends one datagram after the other; made by the driver's `bind`. */
export class PortableSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  readonly local: Local | null;
  readonly #inner: Socket;
  readonly #hooks: SocketHooks;
  readonly #closed = Promise.withResolvers<void>();
  readonly #backlog: Outgoing[] = [];
  #sending = false;
  #closing = false;
  #finished = false;
  #lingerTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(inner: Socket, bound: { address: string; port: number }, hooks: SocketHooks) {
    this.host = bound.address;
    this.port = bound.port;
    this.#inner = inner;
    this.#hooks = hooks;
    const wildcard = bound.address === "0.0.0.0" || bound.address === "::";
    this.local = wildcard ? null : { host: bound.address, broadcast: false };
  }

  send(peer: Peer, bytes: Uint8Array, _local: Local | null): void {
    this.#hand(peer, new Uint8Array(bytes)); // A Buffer's own slice() copies nothing.
  }

  sendRun(peer: Peer, run: Run, _local: Local | null): Sent {
    const { headers, headerBytes, source, segmentBytes } = run;
    for (let i = 0; i < run.count; i++) {
      const done = i * segmentBytes;
      const length = Math.min(segmentBytes, run.totalBytes - done);
      const datagram = new Uint8Array(headerBytes + length);
      datagram.set(headers.subarray(i * headerBytes, (i + 1) * headerBytes));
      if (length > 0) {
        const payload = this.#hooks.ahead.slice(source, { offset: run.offset + done, length });
        if (payload === null) return "unreadable";
        datagram.set(payload, headerBytes);
      }
      this.#hand(peer, datagram);
    }
    return "sent";
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    // The runtime may still hold datagrams, the last words to a peer among them.
    if (!this.#sending) this.#finish();
    else this.#lingerTimer = setTimeout(() => this.#finish(), LINGER_MS);
  }

  /** Resolves when the port is free again. */
  closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** One at a time: Deno sends what is handed over together in reverse order (deno 2.9.6). */
  #hand(peer: Peer, datagram: Uint8Array): void {
    if (this.#closing) return;
    if (!this.#sending) this.#sendNow({ peer, datagram });
    else if (this.#backlog.length < BACKLOG_DATAGRAMS_MAX) this.#backlog.push({ peer, datagram });
    else this.#hooks.onFault("Cannot send: the runtime does not keep up");
  }

  #sendNow({ peer, datagram }: Outgoing): void {
    this.#sending = true;
    const sent = (error: unknown) => {
      if (error) {
        const why = error instanceof Error ? error.message : String(error);
        this.#hooks.onFault(`Cannot send to "${peer.host}:${peer.port}": ${why}`);
      }
      this.#sendNext();
    };
    try {
      this.#inner.send(datagram, peer.port, peer.host, sent);
    } catch (error) {
      queueMicrotask(() => sent(error)); // Later, as good ones are: a backlog is no recursion.
    }
  }

  #sendNext(): void {
    this.#sending = false;
    if (this.#finished) return;
    const next = this.#backlog.shift();
    if (next !== undefined) this.#sendNow(next);
    else if (this.#closing) this.#finish();
  }

  #finish(): void {
    this.#finished = true;
    clearTimeout(this.#lingerTimer);
    this.#backlog.length = 0;
    this.#inner.close(() => {
      this.#hooks.onClosed();
      this.#closed.resolve();
    });
  }
}

/** Opens and binds; rejects with `BindError`. */
export function openSocket(options: BindOptions): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const family = options.host.includes(":") ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    ipv6Only: family === 6,
    reuseAddr: options.group !== undefined,
    // Hosts are numeric: answering at once saves dgram a turn of the event loop for each send.
    lookup: (host, _options, done) => done(null, host, family),
  });
  const refuse = (error: unknown) => {
    socket.close();
    reject(bindError(options, error));
  };
  socket.once("error", refuse);
  socket.bind({ address: options.host, port: options.port, exclusive: true }, () => {
    socket.off("error", refuse);
    enlarge(socket);
    try {
      setMulticast(socket, options);
      if (options.broadcast === true) socket.setBroadcast(true);
      resolve(socket);
    } catch (error) {
      refuse(error);
    }
  });
  return promise;
}

/** Throws when no interface takes the group. */
function setMulticast(socket: Socket, options: BindOptions): void {
  const { host, multicastHops, group, groupHost } = options;
  if (multicastHops !== undefined) {
    socket.setMulticastTTL(Math.max(1, multicastHops)); // dgram refuses 0.
    // A group is reached by the interface whose address the socket has.
    const [own] = isAny(host) ? [] : interfacesOf(host);
    if (own !== undefined) socket.setMulticastInterface(own);
  }
  if (group === undefined) return;
  let fault: unknown = new Error("no interface has such an address");
  let joined = false;
  for (const own of interfacesOf(groupHost ?? (group.includes(":") ? "::" : "0.0.0.0"))) {
    try {
      socket.addMembership(group, own);
      joined = true;
    } catch (error) {
      fault = error;
    }
  }
  if (!joined) throw fault;
}

/**
 * The interfaces with this address of ours, all of its family for "0.0.0.0" and "::", as dgram
 * wants them named: by address in IPv4, by name in IPv6.
 */
function interfacesOf(host: string): string[] {
  const family = host.includes(":") ? "IPv6" : "IPv4";
  const [address] = host.split("%");
  const found = new Set<string>();
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const its of addresses ?? []) {
      if (its.family !== family || !isAny(host) && its.address !== address) continue;
      found.add(family === "IPv6" ? `::%${name}` : its.address);
    }
  }
  return [...found];
}

/** Whether this is no address of ours, but stands for all of its family. */
export function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function enlarge(socket: Socket): void {
  // Deno allocates as much for each datagram and leaves the system's buffer alone: 800 round
  // trips a second instead of 20,000 (deno 2.9.6).
  if ("Deno" in globalThis) return;
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    // The system's own size serves too, with more loss in bursts.
  }
}
