// Receiving in batches: one arena, one recvmmsg per readable socket and round.
import { Arena } from "../sys/arena.ts";
import { CMSG, CMSG_SIZE, IOVEC, MMSGHDR, MSG_DONTWAIT, OPTION, SOCKADDR } from "../sys/layout.ts";
import type { Libc } from "../sys/libc.ts";
import type { UdpHost } from "./driver.ts";
import type { LocalBook } from "./linux_local.ts";
import type { PeerBook } from "./linux_peer.ts";
import type { LinuxSocket } from "./linux_socket.ts";

/** Datagrams taken by one call. */
const BATCH = 64;
const CONTROL_BYTES = 64;
/**
 * Room for the largest datagram; the odd cache line keeps the first octets of all slots from
 * falling into one set of the cache.
 */
const SLOT_BYTES = 65_536 + 64;

const NAMES_AT = BATCH * MMSGHDR.bytes;
const CONTROL_AT = NAMES_AT + BATCH * SOCKADDR.bytesMax;
const IOVECS_AT = CONTROL_AT + BATCH * CONTROL_BYTES;
const SLOTS_AT = IOVECS_AT + BATCH * IOVEC.bytes;

/** Takes datagrams off sockets and hands them to the host. */
export class Receiver {
  readonly #libc: Libc;
  readonly #peers: PeerBook;
  readonly #locals: LocalBook;
  readonly #arena: Arena;
  /** The view last given for each slot: an ACK has always the same length, so it is used again. */
  readonly #views: Uint8Array[] = [];

  constructor(libc: Libc, peers: PeerBook, locals: LocalBook) {
    this.#libc = libc;
    this.#peers = peers;
    this.#locals = locals;
    this.#arena = new Arena(libc, SLOTS_AT + BATCH * SLOT_BYTES);
    for (let slot = 0; slot < BATCH; slot++) this.#layOut(slot);
  }

  /** Receives up to a batch and calls `host.receive` for each datagram. `now` is the driver's. */
  drain(socket: LinuxSocket, host: UdpHost, now: number): void {
    const { fd } = socket;
    const count = this.#libc.calls.recvmmsg(fd, this.#arena.bytes, BATCH, MSG_DONTWAIT, null);
    // Nothing there after all, or an ICMP error of a former send: neither matters.
    for (let slot = 0; slot < count; slot++) {
      const peer = this.#peers.find(this.#arena.words, (NAMES_AT + slot * SOCKADDR.bytesMax) / 4);
      // The host may have closed the socket on an earlier datagram.
      if (peer !== null && socket.open) {
        host.receive(socket, peer, this.#bytes(slot), this.#local(socket, slot), now);
      }
      this.#rearm(slot);
    }
  }

  #layOut(slot: number): void {
    const { address, words } = this.#arena;
    const header = slot * MMSGHDR.bytes;
    const iovec = IOVECS_AT + slot * IOVEC.bytes;
    this.#arena.setPointer(header + MMSGHDR.name, address + NAMES_AT + slot * SOCKADDR.bytesMax);
    this.#arena.setPointer(header + MMSGHDR.iov, address + iovec);
    words[(header + MMSGHDR.iovLength) / 4] = 1;
    this.#arena.setPointer(header + MMSGHDR.control, address + CONTROL_AT + slot * CONTROL_BYTES);
    this.#arena.setPointer(iovec + IOVEC.base, address + SLOTS_AT + slot * SLOT_BYTES);
    words[(iovec + IOVEC.length) / 4] = SLOT_BYTES;
    this.#views.push(this.#arena.bytes.subarray(0, 0));
    this.#rearm(slot);
  }

  /** The kernel wrote the real lengths over the room there is. */
  #rearm(slot: number): void {
    const header = slot * MMSGHDR.bytes;
    this.#arena.words[(header + MMSGHDR.nameLength) / 4] = SOCKADDR.bytesMax;
    this.#arena.words[(header + MMSGHDR.controlLength) / 4] = CONTROL_BYTES;
  }

  #bytes(slot: number): Uint8Array {
    const length = this.#arena.words[(slot * MMSGHDR.bytes + MMSGHDR.length) / 4]!;
    const last = this.#views[slot]!;
    if (last.length === length) return last;
    const at = SLOTS_AT + slot * SLOT_BYTES;
    return this.#views[slot] = this.#arena.bytes.subarray(at, at + length);
  }

  #local(socket: LinuxSocket, slot: number): LinuxSocket["local"] {
    if (!socket.pktinfo) return socket.local;
    const { words } = this.#arena;
    const [level, type] = socket.family === 4 ? OPTION.pktinfo : OPTION.pktinfo6;
    const size = socket.family === 4 ? CMSG_SIZE.pktinfo : CMSG_SIZE.pktinfo6;
    const at = CONTROL_AT + slot * CONTROL_BYTES;
    if (
      words[(slot * MMSGHDR.bytes + MMSGHDR.controlLength) / 4]! < size.length ||
      words[(at + CMSG.level) / 4] !== level || words[(at + CMSG.type) / 4] !== type
    ) return null;
    const data = (at + CMSG.data) / 4;
    return socket.family === 4 ? this.#locals.find4(words, data) : this.#locals.find6(words, data);
  }
}
