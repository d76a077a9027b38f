// The interfaces of this machine and their addresses. They come and go, so they are read anew when
// the reading is older than a moment.
import { networkInterfaces } from "node:os";

/** How long one reading is good for. */
const READING_MS = 500;

/** Gives the names of the interfaces that have this numeric address. */
export type Interfaces = (address: string) => readonly string[];

/** Opens nothing until asked. `now` is in milliseconds of any clock. */
export function openInterfaces(now: () => number, read = readInterfaces): Interfaces {
  let known: ReadonlyMap<string, readonly string[]> = new Map();
  let readAt = -Infinity;
  return (address) => {
    if (now() - readAt >= READING_MS) {
      known = byAddress(read());
      readAt = now();
    }
    return known.get(plain(address)) ?? [];
  };
}

/** The addresses of each interface that has some, by its name. */
export function readInterfaces(): ReadonlyMap<string, readonly string[]> {
  const entries = Object.entries(networkInterfaces());
  return new Map(entries.map(([name, its]) => [name, (its ?? []).map(({ address }) => address)]));
}

function byAddress(
  interfaces: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const [name, addresses] of interfaces) {
    for (const address of addresses) {
      const key = plain(address);
      const known = names.get(key);
      if (known === undefined) names.set(key, [name]);
      else if (!known.includes(name)) known.push(name);
    }
  }
  return names;
}

/** Without the zone: two links may have the same link-local address, and then both are given. */
function plain(address: string): string {
  return address.split("%", 1)[0]!.toLowerCase();
}
