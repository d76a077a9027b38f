// atftpd's lists of group addresses, "239.255.0.0-31,128-132,200", and the CIDR block in them.
import { parseAddress } from "../match/network.ts";

/** The largest CIDR block within the list, and whether it is the whole; null for a bad list. */
export function multicastBlock(
  list: string,
): { readonly block: string; readonly whole: boolean } | null {
  const [, base, ranges] = /^(\d+\.\d+\.\d+)\.([\d,-]+)$/.exec(list.trim()) ?? [];
  if (base === undefined || ranges === undefined) return null;
  const address = parseAddress(`${base}.0`);
  if (address === null || (address.octets[0]! & 0xf0) !== 224) return null;
  const parts = ranges.split(",").map((range) => /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(range));
  const listed = new Set<number>();
  for (const part of parts) {
    const first = Number(part?.[1] ?? NaN);
    const last = Number(part?.[2] ?? first);
    if (!(first <= last && last <= 255)) return null;
    for (let octet = first; octet <= last; octet++) listed.add(octet);
  }
  for (let size = 256; size >= 1; size /= 2) {
    for (let start = 0; start < 256; start += size) {
      if (!Array.from({ length: size }, (_, at) => start + at).every((each) => listed.has(each))) {
        continue;
      }
      const block = `${base}.${start}/${32 - Math.log2(size)}`;
      return { block, whole: listed.size === size };
    }
  }
  return null;
}
