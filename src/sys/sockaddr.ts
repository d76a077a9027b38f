// Socket addresses between text and the words of sockaddr_in / sockaddr_in6. Not for the hot path.
import { AF, IFNAME_BYTES, SOCKADDR } from "./layout.ts";
import type { Libc } from "./libc.ts";

/** The words of a socket address: 4 for IPv4, 7 for IPv6; null when `host` is no address. */
export function encodeAddress(
  libc: Libc,
  { host, port }: { readonly host: string; readonly port: number },
): Uint32Array<ArrayBuffer> | null {
  const family = host.includes(":") ? 6 : 4;
  const words = new Uint32Array(new ArrayBuffer(family === 6 ? SOCKADDR.bytes6 : SOCKADDR.bytes4));
  const bytes = new Uint8Array(words.buffer);
  const [address = "", zone] = host.split("%");
  const into = bytes.subarray(family === 6 ? SOCKADDR.address6 : SOCKADDR.address4);
  const known = libc.calls.inet_pton(family === 6 ? AF.inet6 : AF.inet, cString(address), into);
  if (known !== 1) return null;
  words[0] = (family === 6 ? AF.inet6 : AF.inet) | swapPort(port) << 16;
  if (zone !== undefined) words[SOCKADDR.scope6 / 4] = libc.calls.if_nametoindex(cString(zone));
  return words;
}

/** The text of the address in these words, with "%interface" where it has a scope. */
export function decodeHost(libc: Libc, words: Uint32Array<ArrayBuffer>): string {
  if ((words[0]! & 0xffff) === AF.inet) {
    const address = words[SOCKADDR.address4 / 4]!;
    return `${address & 0xff}.${address >>> 8 & 0xff}.${address >>> 16 & 0xff}.${address >>> 24}`;
  }
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  const text = new Uint8Array(new ArrayBuffer(64));
  libc.calls.inet_ntop(AF.inet6, bytes.subarray(SOCKADDR.address6), text, text.length);
  const scope = words[SOCKADDR.scope6 / 4]!;
  return scope === 0 ? fromCString(text) : `${fromCString(text)}%${interfaceName(libc, scope)}`;
}

/** The port in the first word of a socket address. */
export function decodePort(firstWord: number): number {
  return swapPort(firstWord >>> 16);
}

/** The name of an interface, or its number where there is none. */
export function interfaceName(libc: Libc, index: number): string {
  const name = new Uint8Array(new ArrayBuffer(IFNAME_BYTES));
  return libc.calls.if_indextoname(index, name) === 0 ? String(index) : fromCString(name);
}

/** Text with a final NUL. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}

function fromCString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function swapPort(port: number): number {
  return (port & 0xff) << 8 | port >>> 8;
}
