// Our own addresses as datagrams name them: from IP_PKTINFO records, interned.
import type { Libc } from "../sys/libc.ts";
import { AF, SOCKADDR } from "../sys/layout.ts";
import { interfaceOf } from "../sys/socket.ts";
import { decodeHost, encodeAddress, interfaceName } from "../sys/sockaddr.ts";
import type { Local } from "./driver.ts";

/** All of 127.0.0.0/8 is ours, so a local sender could name 2^24 of them. */
const LOCALS_MAX = 1024;
const ADDRESS6_WORD = SOCKADDR.address6 / 4;
const SCOPE_WORD = SOCKADDR.scope6 / 4;

/** A local address with its socket address and the interface that datagrams for it come in by. */
export class LinuxLocal implements Local {
  readonly #libc: Libc;
  readonly host: string;
  readonly broadcast: boolean;
  readonly family: 4 | 6;
  readonly words: Uint32Array<ArrayBuffer>;
  readonly index: number;

  constructor(libc: Libc, { words, index, broadcast }: LocalParts) {
    this.#libc = libc;
    this.host = decodeHost(libc, words);
    this.words = words;
    this.family = words.length === 4 ? 4 : 6;
    this.index = index;
    this.broadcast = broadcast;
  }

  /** Asked for anew each time: interfaces may be given other names. */
  get interface(): string {
    return interfaceName(this.#libc, this.index);
  }
}

interface LocalParts {
  readonly words: Uint32Array<ArrayBuffer>;
  readonly index: number;
  readonly broadcast: boolean;
}

/** All locals a driver has met. */
export class LocalBook {
  readonly #libc: Libc;
  readonly #known = new Map<string, LinuxLocal>();
  /** By IPv4 address, what was sent to it and nothing else: many may be in use by turns. */
  readonly #own4 = new Map<number, LinuxLocal>();
  // The answers given last: most datagrams come the same way.
  #last4: LinuxLocal | null = null;
  #last4Destination = 0;
  #last6: LinuxLocal | null = null;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** The local of a socket that is bound to one address of an interface; null for any other. */
  ofBound(host: string): LinuxLocal | null {
    const index = interfaceOf(this.#libc, host);
    const words = encodeAddress(this.#libc, { host, port: 0 });
    if (index === 0 || words === null) return null;
    return this.#know(`bound ${host}`, { words, index, broadcast: false });
  }

  /**
   * From the three words of an in_pktinfo: interface, address of ours, destination. The kernel says
   * which address to answer from; it differs from the destination for broadcast and multicast.
   */
  find4(words: Uint32Array, at: number): LinuxLocal {
    const index = words[at]!;
    const source = words[at + 1]!;
    const destination = words[at + 2]!;
    const last = this.#last4;
    if (
      last !== null && destination === this.#last4Destination && index === last.index &&
      source === last.words[1]
    ) return last;
    const own4 = destination === source ? this.#own4.get(source) : undefined;
    if (own4 !== undefined && own4.index === index) return own4;
    const multicast = (destination & 0xf0) === 0xe0;
    const broadcast = destination !== source && !multicast;
    const own = new Uint32Array([AF.inet, source, 0, 0]);
    const key = `${index} ${source} ${broadcast}`;
    this.#last4 = this.#know(key, { words: own, index, broadcast });
    this.#last4Destination = destination;
    if (destination === source) this.#own4.set(source, this.#last4);
    return this.#last4;
  }

  /** From the five words of an in6_pktinfo; null for multicast, which cannot be answered from. */
  find6(words: Uint32Array, at: number): LinuxLocal | null {
    const first = words[at]!;
    if ((first & 0xff) === 0xff) return null;
    const index = words[at + 4]!;
    const last = this.#last6;
    if (
      last !== null && index === last.index && words[at + 3] === last.words[5] &&
      words[at + 2] === last.words[4] && words[at + 1] === last.words[3] && first === last.words[2]
    ) return last;
    const own = new Uint32Array(SOCKADDR.bytes6 / 4);
    own[0] = AF.inet6;
    own.set(words.subarray(at, at + 4), ADDRESS6_WORD);
    // Link-local addresses (fe80::/10) mean something on their interface only.
    if ((first & 0xc0ff) === 0x80fe) own[SCOPE_WORD] = index;
    const key = `${index} ${own.join()}`;
    this.#last6 = this.#know(key, { words: own, index, broadcast: false });
    return this.#last6;
  }

  #know(key: string, parts: LocalParts): LinuxLocal {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= LOCALS_MAX) {
      this.#known.clear();
      this.#own4.clear();
    }
    const local = new LinuxLocal(this.#libc, parts);
    this.#known.set(key, local);
    return local;
  }
}
