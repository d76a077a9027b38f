// MAC addresses of IPv6 neighbours. Their table is no file, so the kernel is asked by netlink
// (rtnetlink(7)), on a socket that serves behind a chroot, too. Linux only.
import { SOCK } from "./layout.ts";
import { openLibrary } from "./libc.ts";
import { cString } from "./sockaddr.ts";

/** A complete entry of the table. */
export interface Neighbour6 {
  /** The 16 octets of the address as 32 hex digits. */
  readonly address: string;
  /** The number of the interface that leads to it. */
  readonly index: number;
  /** As "01-02-03-0a-0b-0c". */
  readonly mac: string;
}

/** The table as it is now, and what the text of an address is in it. */
export interface Neighbours6 {
  read(): readonly Neighbour6[];
  /** The digits of a numeric address, and the number of its zone, 0 where it has none. */
  locate(host: string): { readonly address: string; readonly index: number } | null;
}

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
} as const;

const NETLINK = { family: 16, route: 0, raw: 3 } as const;
const MESSAGE = { getNeighbours: 30, neighbour: 28, done: 3, error: 2 } as const;
/** NLM_F_REQUEST and NLM_F_DUMP. */
const FLAGS = 0x301;
const HEADER_BYTES = 16;
const ENTRY_BYTES = 12;
const INET6 = 10;
/** NUD_REACHABLE, STALE, DELAY, PROBE and PERMANENT: what it says may be believed. */
const KNOWN_STATES = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
const ATTRIBUTE = { address: 1, link: 2 } as const;
const REPLY_BYTES = 32_768;
const REPLIES_MAX = 256;

/** Opens the table for this thread; null where it cannot be asked. */
export async function openNeighbours6(): Promise<Neighbours6 | null> {
  try {
    const calls = await openLibrary(SYMBOLS);
    const type = NETLINK.raw | SOCK.nonblock | SOCK.cloexec;
    const fd = calls.socket(NETLINK.family, type, NETLINK.route);
    if (fd < 0) return null;
    return { read: () => readTable(calls, fd), locate: (host) => locate(calls, host) };
  } catch {
    return null;
  }
}

type Calls = Awaited<ReturnType<typeof openLibrary<typeof SYMBOLS>>>;

// The kernel writes the answer while it is read, so there is nothing to wait for.
function readTable(calls: Calls, fd: number): readonly Neighbour6[] {
  const found: Neighbour6[] = [];
  const reply = new Uint8Array(new ArrayBuffer(REPLY_BYTES));
  const receive = () => reply.subarray(0, Math.max(0, calls.read(fd, reply, reply.length)));
  // What is left of an answer that was given up.
  for (let left = REPLIES_MAX; left > 0 && receive().length > 0; left--);
  const request = new Uint8Array(new ArrayBuffer(HEADER_BYTES + ENTRY_BYTES));
  const view = new DataView(request.buffer);
  view.setUint32(0, request.length, true);
  view.setUint16(4, MESSAGE.getNeighbours, true);
  view.setUint16(6, FLAGS, true);
  request[HEADER_BYTES] = INET6;
  if (calls.write(fd, request, request.length) !== request.length) return found;
  for (let left = REPLIES_MAX; left > 0; left--) {
    const { neighbours, more } = parseNeighbours6(receive());
    found.push(...neighbours);
    if (!more) break;
  }
  return found;
}

function locate(calls: Calls, host: string): ReturnType<Neighbours6["locate"]> {
  const [text = "", zone] = host.split("%", 2);
  const octets = new Uint8Array(new ArrayBuffer(16));
  if (calls.inet_pton(INET6, cString(text), octets) !== 1) return null;
  const index = zone === undefined ? 0 : calls.if_nametoindex(cString(zone)) || Number(zone) || 0;
  return { address: hex(octets, ""), index };
}

/** The complete entries of one reply, and whether another one follows. */
export function parseNeighbours6(
  reply: Uint8Array,
): { readonly neighbours: readonly Neighbour6[]; readonly more: boolean } {
  const neighbours: Neighbour6[] = [];
  const view = new DataView(reply.buffer, reply.byteOffset, reply.byteLength);
  for (let at = 0; at + HEADER_BYTES <= reply.length;) {
    const length = view.getUint32(at, true);
    const type = view.getUint16(at + 4, true);
    const isWhole = length >= HEADER_BYTES && at + length <= reply.length;
    if (!isWhole || type === MESSAGE.done || type === MESSAGE.error) {
      return { neighbours, more: false };
    }
    if (type === MESSAGE.neighbour && length >= HEADER_BYTES + ENTRY_BYTES) {
      const one = parseEntry(reply.subarray(at + HEADER_BYTES, at + length));
      if (one !== null) neighbours.push(one);
    }
    at += padded(length);
  }
  return { neighbours, more: reply.length > 0 };
}

/** A struct ndmsg with its attributes; null where it is not complete. */
function parseEntry(entry: Uint8Array): Neighbour6 | null {
  const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  if (entry[0] !== INET6 || (view.getUint16(8, true) & KNOWN_STATES) === 0) return null;
  let address = "";
  let mac = "";
  for (let at = ENTRY_BYTES; at + 4 <= entry.length;) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > entry.length) return null;
    const value = entry.subarray(at + 4, at + length);
    const type = view.getUint16(at + 2, true);
    if (type === ATTRIBUTE.address && value.length === 16) address = hex(value, "");
    if (type === ATTRIBUTE.link && value.length === 6) mac = hex(value, "-");
    at += padded(length);
  }
  return address === "" || mac === "" ? null : { address, index: view.getInt32(4, true), mac };
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

function hex(octets: Uint8Array, separator: string): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(separator);
}
