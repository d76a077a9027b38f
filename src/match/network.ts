// Addresses and CIDR blocks (RFC 4632, RFC 4291 §2.3). IPv4-mapped IPv6 addresses (RFC 4291
// §2.5.5.2) are IPv4 throughout, so that a dual-stack socket does not change who a client is.
import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";
import type { BadText } from "./pattern.ts";

/** A numeric address. */
export interface Address {
  readonly family: 4 | 6;
  /** 4 or 16 octets in network order. */
  readonly octets: readonly number[];
}

/** A CIDR block; host bits are cleared. */
export interface Network {
  readonly kind: "network";
  readonly text: string;
  readonly family: 4 | 6;
  readonly octets: readonly number[];
  readonly prefixBits: number;
}

/** Clients ask many times in a row, and parsing is dearer than the rest of a rule. */
const parsed = new LRUCache<string, Address>({ max: 1000 });

/** Reads a numeric address, a zone such as "%eth0" left out; null if it is none. */
export function parseAddress(text: string): Address | null {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const address = readAddress(text);
  if (address !== null) parsed.set(text, address);
  return address;
}

function readAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return { family: 4, octets: ipaddr.IPv4.parse(text).octets };
  }
  if (!text.includes(":") || !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) return { family: 4, octets: address.toIPv4Address().octets };
  return { family: 6, octets: address.toByteArray() };
}

/** Reads "10.0.0.0/8", "2001:db8::/32" or a single address. Faults come back as a value. */
export function parseNetwork(text: string): Network | BadText {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const address = host.includes("%") ? null : parseAddress(host);
  if (address === null) {
    return { kind: "bad", detail: `"${text}" is neither an address nor a CIDR block` };
  }
  const mapped = address.family === 4 && host.includes(":");
  const bitsMax = address.octets.length * 8;
  let prefixBits = bitsMax;
  if (slash >= 0) {
    const digits = text.slice(slash + 1);
    prefixBits = /^\d{1,3}$/.test(digits) ? Number(digits) - (mapped ? 96 : 0) : -1;
    if (prefixBits < 0 || prefixBits > bitsMax) {
      const range = mapped ? "96 to 128" : `0 to ${bitsMax}`;
      return { kind: "bad", detail: `the prefix length of "${text}" is not ${range}` };
    }
  }
  const octets = address.octets.map((octet, index) => octet & octetMask(prefixBits, index));
  return { kind: "network", text, family: address.family, octets, prefixBits };
}

/** Whether `address` lies inside `network`. */
export function inNetwork(address: Address, network: Network): boolean {
  if (address.family !== network.family) return false;
  const octetCount = Math.ceil(network.prefixBits / 8);
  for (let index = 0; index < octetCount; index++) {
    const octet = address.octets[index] ?? 0;
    if ((octet & octetMask(network.prefixBits, index)) !== network.octets[index]) return false;
  }
  return true;
}

/** Whether `address` lies inside one of `networks`; none of them means every address. */
export function inNetworks(address: Address | null, networks: readonly Network[]): boolean {
  if (networks.length === 0) return true;
  return address !== null && networks.some((network) => inNetwork(address, network));
}

/** The usual text of an address: dotted decimal, or RFC 5952. */
export function addressText(address: Address): string {
  return ipaddr.fromByteArray([...address.octets]).toString();
}

/** Upper-case hex digits: 8 for IPv4 (as PXELINUX asks for its config), 32 for IPv6. */
export function addressHex(address: Address): string {
  return address.octets.map((octet) => octet.toString(16).padStart(2, "0")).join("").toUpperCase();
}

function octetMask(prefixBits: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefixBits - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}

/**
 * Whether switches flood an IPv4 group to every port: only 23 bits of it are in its Ethernet address,
 * so that x.0.0.y and x.128.0.y look like those of 224.0.0.0/24 (RFC 1112 §6.4, RFC 4541 §2.1.2).
 */
export function isFlooded(octets: readonly number[]): boolean {
  return (octets[1]! & 0x7f) === 0 && octets[2] === 0;
}
