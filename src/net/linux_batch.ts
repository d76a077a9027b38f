// Messages under construction for sendmmsg: one arena with headers, addresses, control records,
// pieces and copied octets. Filling it allocates nothing.
import { Arena } from "../sys/arena.ts";
import { CMSG, CMSG_SIZE, IOVEC, MMSGHDR, OPTION, SOCKADDR } from "../sys/layout.ts";
import type { Libc } from "../sys/libc.ts";
import type { LinuxLocal } from "./linux_local.ts";
import type { LinuxPeer } from "./linux_peer.ts";

/** Messages given to the kernel by one call. */
export const MESSAGES_MAX = 64;
/** Datagrams that the kernel cuts one message into (UDP_MAX_SEGMENTS of old kernels). */
export const SEGMENTS_MAX = 64;
const PIECES_MAX = 4096;
const COPIED_BYTES_MAX = 256 * 1024;
const CONTROL_BYTES = 64;
const TWO_32 = 0x1_0000_0000;

/** One header more than messages: the one that is sent alone when a message is taken apart. */
const NAMES_AT = (MESSAGES_MAX + 1) * MMSGHDR.bytes;
const CONTROL_AT = NAMES_AT + MESSAGES_MAX * SOCKADDR.bytesMax;
const PIECES_AT = CONTROL_AT + MESSAGES_MAX * CONTROL_BYTES;
const COPIED_AT = PIECES_AT + PIECES_MAX * IOVEC.bytes;

/** A batch of messages. Call `room`, then `begin`, then what makes up the message. */
export class SendBatch {
  readonly #arena: Arena;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #low: number;
  readonly #high: number;
  readonly #from: Uint8Array<ArrayBuffer>[] = [];
  #messages = 0;
  #pieces = 0;
  #copied = 0;
  /** Word index of the header of the message begun last. */
  #header = 0;
  #control = 0;

  constructor(libc: Libc) {
    this.#arena = new Arena(libc, COPIED_AT + COPIED_BYTES_MAX);
    this.#words = this.#arena.words;
    this.#bytes = this.#arena.bytes;
    this.#low = this.#arena.low;
    this.#high = this.#arena.high;
    for (let slot = 0; slot <= MESSAGES_MAX; slot++) {
      const header = slot * MMSGHDR.bytes;
      const { address } = this.#arena;
      this.#arena.setPointer(header + MMSGHDR.name, address + NAMES_AT + slot * SOCKADDR.bytesMax);
      this.#arena.setPointer(header + MMSGHDR.iov, address + PIECES_AT);
      this.#arena.setPointer(header + MMSGHDR.control, address + CONTROL_AT + slot * CONTROL_BYTES);
      this.#from.push(this.#bytes.subarray(header) as Uint8Array<ArrayBuffer>);
    }
  }

  get messages(): number {
    return this.#messages;
  }

  /** Whether one more message of so many pieces and copied octets fits. */
  room(pieces: number, copiedBytes: number): boolean {
    return this.#messages < MESSAGES_MAX && this.#pieces + pieces <= PIECES_MAX &&
      this.#copied + copiedBytes <= COPIED_BYTES_MAX;
  }

  /** The messages from `slot` on, for sendmmsg. */
  from(slot: number): Uint8Array<ArrayBuffer> {
    return this.#from[slot]!;
  }

  clear(): void {
    this.#messages = 0;
    this.#pieces = 0;
    this.#copied = 0;
  }

  /** Begins a message of so many pieces to `peer` and gives its slot. */
  begin(peer: LinuxPeer, pieces: number): number {
    const slot = this.#messages++;
    const words = this.#words;
    const header = slot * MMSGHDR.bytes / 4;
    const name = (NAMES_AT + slot * SOCKADDR.bytesMax) / 4;
    const { words6 } = peer;
    words[name] = peer.word0;
    words[name + 1] = peer.word1;
    if (words6 !== null) { for (let i = 2; i < words6.length; i++) words[name + i] = words6[i]!; }
    words[header + MMSGHDR.nameLength / 4] = words6 === null ? SOCKADDR.bytes4 : SOCKADDR.bytes6;
    words[header + MMSGHDR.iov / 4] = this.#low + PIECES_AT + this.#pieces * IOVEC.bytes;
    words[header + MMSGHDR.iovLength / 4] = pieces;
    words[header + MMSGHDR.controlLength / 4] = 0;
    this.#header = header;
    this.#control = (CONTROL_AT + slot * CONTROL_BYTES) / 4;
    return slot;
  }

  /** The message leaves from this address of ours, and by its interface if so said. Before `cut`. */
  leaveFrom(local: LinuxLocal, byInterface: boolean): void {
    const data = this.#control + CMSG.data / 4;
    if (local.family === 4) {
      this.#record(OPTION.pktinfo, CMSG_SIZE.pktinfo);
      this.#words[data] = byInterface ? local.index : 0; // 0: the route decides.
      this.#words[data + 1] = local.words[1]!;
      return;
    }
    this.#record(OPTION.pktinfo6, CMSG_SIZE.pktinfo6);
    for (let i = 0; i < 4; i++) this.#words[data + i] = local.words[i + SOCKADDR.address6 / 4]!;
    // The scope is set for link-local addresses, which are nothing without their interface.
    this.#words[data + 4] = byInterface ? local.index : local.words[SOCKADDR.scope6 / 4]!;
  }

  /** The kernel cuts the message into datagrams of so many octets. After `leaveFrom`. */
  cut(datagramBytes: number): void {
    const data = this.#control + CMSG.data / 4;
    this.#record(OPTION.segment, CMSG_SIZE.segment);
    this.#words[data] = datagramBytes;
  }

  /** Adds octets, copied. */
  copy(bytes: Uint8Array): void {
    this.#bytes.set(bytes, COPIED_AT + this.#copied);
    this.#copiedPiece(bytes.length);
  }

  /** Adds `length` octets of `bytes` at `offset`, copied: for a few octets at a time. */
  copyFew(bytes: Uint8Array, offset: number, length: number): void {
    const at = COPIED_AT + this.#copied;
    for (let i = 0; i < length; i++) this.#bytes[at + i] = bytes[offset + i]!;
    this.#copiedPiece(length);
  }

  /** Adds octets of mapped memory. */
  refer(address: number, length: number): void {
    const high = Math.floor(address / TWO_32);
    this.#piece(address - high * TWO_32, high, length);
  }

  /**
   * The datagram of two pieces at `index` of a cut message, alone and without the record that says
   * so, for sendmsg.
   */
  alone(slot: number, index: number): Uint8Array<ArrayBuffer> {
    const words = this.#words;
    const whole = slot * MMSGHDR.bytes / 4;
    const one = MESSAGES_MAX * MMSGHDR.bytes / 4;
    for (let i = 0; i < MMSGHDR.bytes / 4; i++) words[one + i] = words[whole + i]!;
    words[one + MMSGHDR.iov / 4]! += index * 2 * IOVEC.bytes;
    words[one + MMSGHDR.iovLength / 4] = 2;
    words[one + MMSGHDR.controlLength / 4]! -= CMSG_SIZE.segment.space;
    return this.#from[MESSAGES_MAX]!;
  }

  #record(
    [level, type]: readonly [number, number],
    size: { readonly space: number; readonly length: number },
  ): void {
    const words = this.#words;
    words[this.#control] = size.length;
    words[this.#control + 1] = 0; // The data of another record may have been there.
    words[this.#control + CMSG.level / 4] = level;
    words[this.#control + CMSG.type / 4] = type;
    words[this.#header + MMSGHDR.controlLength / 4]! += size.space;
    this.#control += size.space / 4;
  }

  #copiedPiece(length: number): void {
    this.#piece(this.#low + COPIED_AT + this.#copied, this.#high, length);
    this.#copied += length;
  }

  #piece(low: number, high: number, length: number): void {
    const words = this.#words;
    const at = (PIECES_AT + this.#pieces++ * IOVEC.bytes) / 4;
    words[at] = low;
    words[at + 1] = high;
    words[at + 2] = length;
  }
}
