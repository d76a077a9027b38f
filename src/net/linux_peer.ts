// Peers of the Linux driver: interned by the words of their socket address, which they keep, so
// that an answer copies a few numbers and formats or parses no text.
import type { Libc } from "../sys/libc.ts";
import { AF, SOCKADDR } from "../sys/layout.ts";
import { decodeHost, decodePort, encodeAddress } from "../sys/sockaddr.ts";
import type { Peer } from "./driver.ts";
import type { Mapped } from "./linux_sources.ts";
import { PeerCache } from "./peers.ts";

/** Peers in one generation of a cache. */
const PEERS_MAX = 16_384;
/** Slots of the table that is asked before the cache: a power of two. */
const RECENT_BITS = 12;
const SCOPE_WORD = SOCKADDR.scope6 / 4;

/** A peer with its socket address. */
export class LinuxPeer implements Peer {
  readonly family: 4 | 6;
  readonly host: string;
  readonly port: number;
  /** The first two words of the socket address: all there is of an IPv4 one. */
  readonly word0: number;
  readonly word1: number;
  /** All seven words of sockaddr_in6; null for IPv4. */
  readonly words6: Uint32Array<ArrayBuffer> | null;
  /** A group, which is reached by the interface that the packet is given. */
  readonly multicast: boolean;
  /** What the last run for this peer was cut from. */
  mapped: Mapped | null = null;
  /** False once the kernel refused to cut a run for this peer into datagrams. */
  segmented = true;

  constructor(host: string, words: Uint32Array<ArrayBuffer>) {
    this.family = words.length === 4 ? 4 : 6;
    this.host = host;
    this.port = decodePort(words[0]!);
    this.word0 = words[0]!;
    this.word1 = words[1]!;
    this.words6 = this.family === 6 ? words : null;
    const first = words[this.family === 6 ? SOCKADDR.address6 / 4 : 1]! & 0xff;
    this.multicast = this.family === 6 ? first === 0xff : (first & 0xf0) === 0xe0;
  }
}

/** All peers a driver knows. */
export class PeerBook {
  readonly #libc: Libc;
  readonly #v4: PeerCache<number, LinuxPeer>;
  /** IPv4 peers heard of lately, by a hash: a `Map` with numbers above 2^31 takes three times as long. */
  readonly #recent: (LinuxPeer | null)[] = new Array(1 << RECENT_BITS).fill(null);
  readonly #v6: PeerCache<number, LinuxPeer>;
  /** IPv6 peers whose number was taken by another. */
  readonly #v6Colliding: PeerCache<string, LinuxPeer>;
  readonly #foreign = new WeakMap<Peer, LinuxPeer>();

  constructor(libc: Libc, holds: (peer: Peer) => boolean) {
    this.#libc = libc;
    this.#v4 = new PeerCache(PEERS_MAX, holds);
    this.#v6 = new PeerCache(PEERS_MAX, holds);
    this.#v6Colliding = new PeerCache(PEERS_MAX, holds);
  }

  /** The peer whose socket address starts at `at` in `words`; null for no address of the internet. */
  find(words: Uint32Array, at: number): LinuxPeer | null {
    const first = words[at]!;
    const family = first & 0xffff;
    if (family !== AF.inet) return family === AF.inet6 ? this.#find6(words, at) : null;
    const address = words[at + 1]!;
    const slot = Math.imul(first ^ Math.imul(address, 0x85ebca6b), 0x9e3779b1) >>> 32 - RECENT_BITS;
    const recent = this.#recent[slot]!;
    if (recent !== null && recent.word0 === first && recent.word1 === address) return recent;
    const key = address * 0x1_0000 + (first >>> 16);
    const peer = this.#v4.get(key) ?? this.#add4(key, words.slice(at, at + 4));
    this.#recent[slot] = peer;
    return peer;
  }

  /** The peer with the address of one that this book did not make; null when it is no address. */
  adopt(peer: Peer): LinuxPeer | null {
    const known = this.#foreign.get(peer);
    if (known !== undefined) return known;
    const words = encodeAddress(this.#libc, peer);
    const adopted = words === null ? null : this.find(words, 0);
    if (adopted !== null) this.#foreign.set(peer, adopted);
    return adopted;
  }

  #add4(key: number, words: Uint32Array<ArrayBuffer>): LinuxPeer {
    const peer = new LinuxPeer(decodeHost(this.#libc, words), words);
    this.#v4.add(key, peer);
    return peer;
  }

  #find6(words: Uint32Array, at: number): LinuxPeer {
    const key = number6(words, at);
    const first = this.#v6.get(key);
    if (first !== undefined && same6(first.words6!, words, at)) return first;
    const own = words.slice(at, at + SCOPE_WORD + 1);
    own[1] = 0; // A flow label is not part of the address.
    const text = own.join();
    const known = this.#v6Colliding.get(text);
    if (known !== undefined) return known;
    const peer = new LinuxPeer(decodeHost(this.#libc, own), own);
    if (first === undefined) this.#v6.add(key, peer);
    else this.#v6Colliding.add(text, peer);
    return peer;
  }
}

/** A number for a map: exact in the port, mixed from the address. */
function number6(words: Uint32Array, at: number): number {
  let mixed = words[at + 2]!;
  for (let i = 3; i <= SCOPE_WORD; i++) mixed = Math.imul(mixed, 0x01000193) ^ words[at + i]!;
  return (mixed >>> 0) * 0x1_0000 + (words[at]! >>> 16);
}

function same6(its: Uint32Array, words: Uint32Array, at: number): boolean {
  for (let i = 2; i <= SCOPE_WORD; i++) if (its[i] !== words[at + i]) return false;
  return true;
}
