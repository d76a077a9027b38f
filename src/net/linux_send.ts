// Sending in batches: datagrams and runs queue up, and leave with one sendmmsg per socket and round.
// A run goes as few messages that the kernel cuts into datagrams (UDP_SEGMENT), its octets taken
// from the mapped file. An error of one message costs that message only.
import { ERRNO, errnoName } from "../sys/errno.ts";
import { MSG_DONTWAIT, POLLOUT } from "../sys/layout.ts";
import type { Libc } from "../sys/libc.ts";
import type { Local, Peer, Run, Sent, Source } from "./driver.ts";
import { MESSAGES_MAX, SEGMENTS_MAX, SendBatch } from "./linux_batch.ts";
import { LinuxLocal } from "./linux_local.ts";
import { LinuxPeer, type PeerBook } from "./linux_peer.ts";
import type { LinuxSocket, Outgoing } from "./linux_socket.ts";
import type { Mapped, SourceBook } from "./linux_sources.ts";
import { WaitingRuns } from "./linux_waiting.ts";

/** Octets of one message that the kernel cuts: the whole must fit an IP packet. */
const CUT_BYTES_MAX = 65_000;
/** A datagram longer than this cannot be said in UDP's 16-bit length. */
const DATAGRAM_BYTES_MAX = 65_527;
/** How often one flush waits for room in a socket's buffer, and how long each time. */
const WAITS_MAX = 4;
const WAIT_MS = 5;

/** Whom the queue tells what goes wrong. */
export interface SendHooks {
  /** A message was lost on our side, or a way of sending was refused. */
  readonly onFault: (text: string) => void;
  /** A way of sending is refused; told once. */
  readonly onNotice: (text: string) => void;
}

/** Refusals to cut a message into datagrams: by the kernel, a device, IPsec, or for a small MTU. */
const CUT_REFUSALS: readonly number[] = [
  ERRNO.EINVAL,
  ERRNO.EIO,
  ERRNO.EMSGSIZE,
  ERRNO.EOPNOTSUPP,
  ERRNO.ENOPROTOOPT,
];

/** The queue of one driver. */
export class SendQueue implements Outgoing {
  /** The driver's clock, as of its last look at it. */
  now = 0;
  readonly #libc: Libc;
  readonly #peers: PeerBook;
  readonly #sources: SourceBook;
  readonly #hooks: SendHooks;
  readonly #cuts: boolean;
  readonly #batch: SendBatch;
  readonly #waiting = new WaitingRuns();
  /** All queued messages are for this socket. */
  #socket: LinuxSocket | null = null;
  // The messages being queued go to this peer, from this address of ours.
  #peer: LinuxPeer | null = null;
  #local: LinuxLocal | null = null;
  // By slot: whom a message is for, what it is cut from, and into how many datagrams.
  readonly #peerOf: (LinuxPeer | null)[] = new Array(MESSAGES_MAX).fill(null);
  readonly #sourceOf: (Mapped | null)[] = new Array(MESSAGES_MAX).fill(null);
  readonly #countOf = new Uint8Array(MESSAGES_MAX);
  readonly #pollfd = new Int32Array(new ArrayBuffer(8));
  #waits = 0;
  #refusalTold = false;

  /** `cuts`: the kernel knows UDP_SEGMENT. */
  constructor(
    libc: Libc,
    parts: { readonly peers: PeerBook; readonly sources: SourceBook; readonly cuts: boolean },
    hooks: SendHooks,
  ) {
    this.#libc = libc;
    this.#peers = parts.peers;
    this.#sources = parts.sources;
    this.#cuts = parts.cuts;
    this.#hooks = hooks;
    this.#batch = new SendBatch(libc);
  }

  aim(socket: LinuxSocket, peer: Peer, local: Local | null): boolean {
    const to = peer instanceof LinuxPeer ? peer : this.#peers.adopt(peer);
    if (to === null || to.family !== socket.family) {
      this.#hooks.onFault(`Cannot send to "${peer.host}:${peer.port}": address not usable here`);
      return false;
    }
    if (socket !== this.#socket) {
      this.flush();
      this.#socket = socket;
    }
    this.#peer = to;
    // What is bound to one address leaves from it anyway, but to a group by whatever interface.
    const leaves = (socket.pktinfo || to.multicast) && local instanceof LinuxLocal &&
      local.family === to.family;
    this.#local = leaves ? local : null;
    return true;
  }

  send(bytes: Uint8Array): void {
    if (bytes.length > DATAGRAM_BYTES_MAX) return;
    if (this.#waiting.holds(this.#peer!)) this.#waiting.dropPeer(this.#socket!, this.#peer!);
    this.#begin(1, bytes.length);
    this.#batch.copy(bytes);
  }

  /**
   * Queues a run. Octets of a mapped file are taken when the queue is flushed; where the kernel
   * would have to wait for the disk then, the run waits here.
   */
  sendRun(run: Run): Sent {
    const peer = this.#peer!;
    const mapped = this.#sources.open(run, peer.mapped);
    if (mapped === null) return "unreadable";
    peer.mapped = mapped;
    if (mapped.mapping === null) return this.#queueCopied(run);
    if (this.#mustWait(run, mapped)) {
      const waiting = { socket: this.#socket!, peer, local: this.#local, mapped, run };
      this.#waiting.add(waiting, this.now);
    } else {
      this.#queueRun(run, mapped);
    }
    return "sent";
  }

  /** When runs that wait for the disk are to be tried again; Infinity for none. */
  get retryAt(): number {
    return this.#waiting.nextAt;
  }

  /** Queues the runs that need not wait any more. */
  retry(): void {
    this.#waiting.retry(this.now, ({ socket, peer, local, mapped, run }) => {
      // What is no longer readable is lost here, and told at the next run.
      if (this.#sources.open(run, mapped) === null || !this.aim(socket, peer, local)) return;
      this.#queueRun(run, mapped);
    });
  }

  #mustWait(run: Run, mapped: Mapped): boolean {
    const peer = this.#peer!;
    if (this.#waiting.holds(peer)) {
      this.#waiting.supersede({ socket: this.#socket!, peer, mapped, run });
    }
    return this.#waiting.holds(peer) || !mapped.pages!.ready(run.offset, run.totalBytes, this.now);
  }

  #queueRun(run: Run, mapped: Mapped): void {
    const isCut = run.count > 1 && this.#cuts && this.#peer!.segmented;
    const together = isCut ? datagramsOf(run) : 1;
    for (let first = 0; first < run.count; first += together) {
      const count = Math.min(together, run.count - first);
      this.#queueMapped(run, mapped, first, count);
    }
  }

  /** Hands everything queued to the kernel; loses single messages at worst, never blocks long. */
  flush(): void {
    const { messages } = this.#batch;
    if (messages === 0) return;
    this.#waits = 0;
    for (let done = 0; done < messages;) {
      const left = messages - done;
      const from = this.#batch.from(done);
      const sent = this.#libc.calls.sendmmsg(this.#socket!.fd, from, left, MSG_DONTWAIT);
      // A partial success stops at the message with the error, which the next call then reports.
      if (sent > 0) done += sent;
      else if (!this.#mayRetry(this.#libc.errno(), done)) done++;
    }
    this.#batch.clear();
  }

  /** Drops what is kept for a source. */
  release(source: Source): void {
    const mapped = this.#sources.get(source);
    const queued = mapped === undefined ? -1 : this.#sourceOf.indexOf(mapped);
    if (queued >= 0 && queued < this.#batch.messages) this.flush();
    if (mapped !== undefined) this.#waiting.dropSource(mapped);
    this.#sources.release(source);
  }

  #begin(pieces: number, copiedBytes: number): number {
    if (!this.#batch.room(pieces, copiedBytes)) this.flush();
    const slot = this.#batch.begin(this.#peer!, pieces);
    if (this.#local !== null) this.#batch.leaveFrom(this.#local, this.#peer!.multicast);
    this.#peerOf[slot] = this.#peer;
    this.#sourceOf[slot] = null;
    this.#countOf[slot] = 1;
    return slot;
  }

  #queueMapped(run: Run, mapped: Mapped, first: number, count: number): void {
    const { headers, headerBytes, segmentBytes, totalBytes } = run;
    const slot = this.#begin(2 * count, count * headerBytes);
    this.#sourceOf[slot] = mapped;
    if (count > 1) {
      this.#countOf[slot] = count;
      this.#batch.cut(headerBytes + segmentBytes);
    }
    const address = mapped.mapping!.address + run.offset;
    for (let i = first; i < first + count; i++) {
      const done = i * segmentBytes;
      this.#batch.copyFew(headers, i * headerBytes, headerBytes);
      this.#batch.refer(address + done, Math.min(segmentBytes, totalBytes - done));
    }
  }

  #queueCopied(run: Run): Sent {
    const { headers, headerBytes, segmentBytes, totalBytes } = run;
    for (let i = 0; i < run.count; i++) {
      const offset = i * segmentBytes;
      const length = Math.min(segmentBytes, totalBytes - offset);
      const range = { offset: run.offset + offset, length };
      const payload = length === 0 ? EMPTY : this.#sources.read(run.source, range);
      if (payload === null) return "unreadable";
      this.#begin(2, headerBytes + length);
      this.#batch.copyFew(headers, i * headerBytes, headerBytes);
      this.#batch.copy(payload);
    }
    return "sent";
  }

  /** Deals with the message that was refused; true when it is worth a second try. */
  #mayRetry(errno: number, slot: number): boolean {
    if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) return this.#waitForRoom();
    if (this.#countOf[slot]! > 1 && CUT_REFUSALS.includes(errno)) {
      this.#sendApart(slot, errno);
      return false;
    }
    const { host, port } = this.#peerOf[slot]!;
    const source = this.#sourceOf[slot];
    if (errno === ERRNO.EFAULT && source != null) {
      // Told to the owner at the next run: this one is lost, and what is lost is sent again.
      source.broken = true;
      this.#hooks.onFault(`Cannot send to "${host}:${port}": the file has shrunk`);
    } else {
      this.#hooks.onFault(`Cannot send to "${host}:${port}": ${errnoName(errno)}`);
    }
    return false;
  }

  /** The buffer is full: the device is slower than we are, so a short wait is the remedy. */
  #waitForRoom(): boolean {
    if (this.#waits++ >= WAITS_MAX) {
      this.#hooks.onFault("Cannot send: the buffer of the socket stays full");
      return false;
    }
    this.#pollfd[0] = this.#socket!.fd;
    this.#pollfd[1] = POLLOUT;
    this.#libc.calls.poll(this.#pollfd, 1, WAIT_MS);
    return true;
  }

  /** Sends the datagrams of a message one by one, and does so for this peer from then on. */
  #sendApart(slot: number, errno: number): void {
    const peer = this.#peerOf[slot]!;
    peer.segmented = false;
    // Blocks above the MTU may be wanted (fragments allowed): nothing to tell.
    if (!this.#refusalTold && errno !== ERRNO.EMSGSIZE) {
      this.#refusalTold = true;
      const why = errnoName(errno);
      this.#hooks.onNotice(`UDP_SEGMENT refused to "${peer.host}": ${why}; sending one by one`);
    }
    const count = this.#countOf[slot]!;
    this.#countOf[slot] = 1; // What fails from here on fails for another reason.
    for (let i = 0; i < count; i++) {
      const message = this.#batch.alone(slot, i);
      while (this.#libc.calls.sendmsg(this.#socket!.fd, message, MSG_DONTWAIT) < 0) {
        if (!this.#mayRetry(this.#libc.errno(), slot)) return;
      }
    }
  }
}

const EMPTY = new Uint8Array(0);

/** How many datagrams of a run fit one message that the kernel cuts. */
function datagramsOf(run: Run): number {
  const fitting = Math.floor(CUT_BYTES_MAX / (run.headerBytes + run.segmentBytes));
  return Math.max(1, Math.min(SEGMENTS_MAX, fitting));
}
