// MAC addresses of machines on our own links, from the kernel's tables of neighbours, on Linux. Read
// anew when they are older than a moment.
import { openSync, readSync } from "node:fs";
import { type Neighbour6, type Neighbours6, openNeighbours6 } from "./neighbours6.ts";

/** How long one reading is good for. */
const READING_MS = 500;
/** The same for a client that is not in it: its first request may be its first packet to us. */
const MISSING_MS = 20;
const TABLE_BYTES_MAX = 1024 * 1024;

/** Gives the MAC address of a numeric address as "01-02-03-0a-0b-0c", or null. */
export type Neighbours = (address: string) => string | null;

/**
 * Opens the tables, which stay readable behind a chroot. `now` is in milliseconds of any clock.
 * Where there is no table, no address is known.
 */
export async function openNeighbours(now: () => number): Promise<Neighbours> {
  const fd = openTable();
  const table6 = await openNeighbours6();
  const of4 = fd === null ? nobody : lookUp(now, {
    read: () => parseNeighbours(readTable(fd)),
    find: (table, address) => table.get(address) ?? null,
  });
  const of6 = table6 === null ? nobody : lookUp(now, {
    read: () => table6.read(),
    find: (table, address) => macIn(table, table6.locate(address)),
  });
  return (address) => (address.includes(":") ? of6 : of4)(address);
}

const nobody = () => null;

/** A table that is read anew when it is old; sooner for who is not in it, as it may have come. */
export function lookUp<T>(
  now: () => number,
  { read, find }: {
    readonly read: () => T;
    readonly find: (table: T, address: string) => string | null;
  },
): Neighbours {
  let last: { readonly table: T; readonly at: number } | null = null;
  const within = (ms: number): T => {
    const at = now();
    if (last === null || at - last.at >= ms) last = { table: read(), at };
    return last.table;
  };
  return (address) => find(within(READING_MS), address) ?? find(within(MISSING_MS), address);
}

/** Null also where two machines have the address, on two links. */
export function macIn(
  table: readonly Neighbour6[],
  wanted: ReturnType<Neighbours6["locate"]>,
): string | null {
  if (wanted === null) return null;
  const { address, index } = wanted;
  const found = table.filter((each) =>
    each.address === address && (index === 0 || each.index === index)
  );
  const [mac = null, ...others] = new Set(found.map((each) => each.mac));
  return others.length > 0 ? null : mac;
}

/** The complete entries of /proc/net/arp, by address. */
export function parseNeighbours(table: string): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const line of table.split("\n").slice(1)) {
    const [address, , flags, mac] = line.trim().split(/\s+/);
    if (address === undefined || flags === undefined || mac === undefined) continue;
    // ATF_COM: the entry is complete.
    const complete = (parseInt(flags, 16) & 2) !== 0;
    if (complete && /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(mac)) {
      known.set(address, mac.toLowerCase().replaceAll(":", "-"));
    }
  }
  return known;
}

function openTable(): number | null {
  try {
    return openSync("/proc/net/arp", "r");
  } catch {
    return null;
  }
}

// Read by position from the start, which makes the kernel write the table anew.
function readTable(fd: number): string {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  try {
    while (offset < TABLE_BYTES_MAX) {
      const chunk = new Uint8Array(65_536);
      const length = readSync(fd, chunk, 0, chunk.length, offset);
      if (length === 0) break;
      chunks.push(chunk.subarray(0, length));
      offset += length;
    }
  } catch {
    return "";
  }
  return Buffer.concat(chunks).toString("latin1");
}
