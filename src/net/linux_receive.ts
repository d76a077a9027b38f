// Receiving in batches: one arena, one recvmmsg per readable socket and round.
import { Arena } from "../sys/arena.ts";
import { CMSG, CMSG_SIZE, IOVEC, MMSGHDR, MSG_DONTWAIT, OPTION, SOCKADDR } from "../sys/layout.ts";
import type { Libc } from "../sys/libc.ts";
import type { UdpHost } from "./driver.ts";
import type { LocalBook } from "./linux_local.ts";
import type { PeerBook } from "./linux_peer.ts";
import type { LinuxSocket } from "./linux_socket.ts";

/** Messages taken by one call: datagrams, or several of one peer in one piece (UDP_GRO). */
const BATCH = 64;
const CONTROL_BYTES = CMSG_SIZE.coalesced.space + CMSG_SIZE.pktinfo6.space;
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
  /**
   * The views last given for each slot, one for each datagram in it: those of ACKs and of the
   * blocks of a window have always the same lengths, so they are used again.
   */
  readonly #views: Uint8Array[][] = [];

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
        const local = this.#local(socket, slot);
        const length = this.#arena.words[(slot * MMSGHDR.bytes + MMSGHDR.length) / 4]!;
        const partBytes = this.#partBytes(slot) ?? length;
        let part = 0;
        do {
          host.receive(socket, peer, this.#bytes(slot, part, partBytes, length), local, now);
          part++;
        } while (part * partBytes < length && socket.open);
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
    this.#views.push([]);
    this.#rearm(slot);
  }

  /** The kernel wrote the real lengths over the room there is. */
  #rearm(slot: number): void {
    const header = slot * MMSGHDR.bytes;
    this.#arena.words[(header + MMSGHDR.nameLength) / 4] = SOCKADDR.bytesMax;
    this.#arena.words[(header + MMSGHDR.controlLength) / 4] = CONTROL_BYTES;
  }

  #bytes(slot: number, part: number, partBytes: number, length: number): Uint8Array {
    const at = SLOTS_AT + slot * SLOT_BYTES + part * partBytes;
    const bytes = Math.min(partBytes, length - part * partBytes);
    const views = this.#views[slot]!;
    const last = views[part];
    if (last !== undefined && last.length === bytes && last.byteOffset === at) return last;
    return views[part] = this.#arena.bytes.subarray(at, at + bytes);
  }

  /** Octets of each datagram but the last where several came in one piece, else null. */
  #partBytes(slot: number): number | null {
    const data = this.#record(slot, OPTION.coalesce, CMSG_SIZE.coalesced.length);
    return data === null ? null : this.#arena.words[data]! || null;
  }

  #local(socket: LinuxSocket, slot: number): LinuxSocket["local"] {
    if (!socket.pktinfo) return socket.local;
    const { words } = this.#arena;
    if (socket.family === 4) {
      const data = this.#record(slot, OPTION.pktinfo, CMSG_SIZE.pktinfo.length);
      return data === null ? null : this.#locals.find4(words, data);
    }
    const data = this.#record(slot, OPTION.pktinfo6, CMSG_SIZE.pktinfo6.length);
    return data === null ? null : this.#locals.find6(words, data);
  }

  /** Where the data of a control record begins, in words of the arena; null where it is not there. */
  #record(slot: number, [level, type]: readonly [number, number], length: number): number | null {
    const { words } = this.#arena;
    const room = words[(slot * MMSGHDR.bytes + MMSGHDR.controlLength) / 4]!;
    let offset = 0;
    while (offset + CMSG.data <= room) {
      const at = CONTROL_AT + slot * CONTROL_BYTES + offset;
      const recordBytes = words[(at + CMSG.length) / 4]!;
      const isIt = words[(at + CMSG.level) / 4] === level && words[(at + CMSG.type) / 4] === type;
      if (isIt) return recordBytes >= length ? (at + CMSG.data) / 4 : null;
      offset += Math.max(Math.ceil(recordBytes / 8) * 8, CMSG.data);
    }
    return null;
  }
}
