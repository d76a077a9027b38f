// The addresses and ports that groups are sent to (RFC 2090): each group has a pair of its own,
// and an address of its own as long as there are enough, because switches tell groups apart by it.
import { addressText, isFlooded, type Network, parseNetwork } from "../match/network.ts";

/** Where a group's DATA goes. */
export interface GroupAddress {
  readonly family: 4 | 6;
  readonly host: string;
  readonly port: number;
}

export interface PoolOptions {
  /** A CIDR block of multicast addresses; those that switches flood are passed over. */
  readonly addresses: string;
  readonly ports: { readonly first: number; readonly last: number };
  /** In [0, 1): where to begin, so that two servers with the same pool rarely meet. */
  readonly random: number;
}

/** More addresses than groups there can be. */
const ADDRESSES_MAX = 65_536;

export class MulticastPool {
  readonly options: PoolOptions;
  readonly #network: Network | null;
  readonly #addresses: number;
  readonly #ports: PoolOptions["ports"];
  readonly #taken = new Set<string>();
  #cursor: number;

  constructor(options: PoolOptions) {
    this.options = options;
    const network = parseNetwork(options.addresses);
    this.#network = network.kind === "network" ? network : null;
    const bits = this.#network === null
      ? 0
      : this.#network.octets.length * 8 - this.#network.prefixBits;
    this.#addresses = Math.min(2 ** bits, ADDRESSES_MAX);
    this.#ports = options.ports;
    this.#cursor = Math.floor(options.random * this.#addresses);
  }

  /** A pair that no group has, to be given back once; null when all are in use. */
  take(): GroupAddress | null {
    const { first, last } = this.#ports;
    for (let port = first; port <= last; port++) {
      for (let step = 0; step < this.#addresses; step++) {
        const found = this.#free((this.#cursor + step) % this.#addresses, port);
        if (found === null) continue;
        this.#cursor = (this.#cursor + step + 1) % this.#addresses;
        this.#taken.add(keyOf(found));
        return found;
      }
    }
    return null;
  }

  /** Marks a pair as in use that another pool has given. */
  keepOff(address: GroupAddress) {
    this.#taken.add(keyOf(address));
  }

  giveBack(address: GroupAddress) {
    this.#taken.delete(keyOf(address));
  }

  #free(index: number, port: number): GroupAddress | null {
    if (this.#network === null) return null;
    const octets = [...this.#network.octets];
    for (let at = octets.length - 1, rest = index; rest > 0; at--, rest = rest >> 8) {
      octets[at]! |= rest & 0xff;
    }
    const { family } = this.#network;
    if (family === 4 && isFlooded(octets)) return null;
    const host = addressText({ family, octets });
    const address = { family, host, port };
    return this.#taken.has(keyOf(address)) ? null : address;
  }
}

function keyOf({ host, port }: GroupAddress): string {
  return `${host} ${port}`;
}
