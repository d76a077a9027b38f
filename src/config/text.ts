// Texts of the configuration that are not plain values: sizes with a unit, ranges of ports, and
// values shown back to whoever wrote them. Whatever is shown back is escaped: it may be hostile.

/** Longest value shown back in a fault, in UTF-16 units. */
const SHOWN_CHARS_MAX = 60;

const UNITS = [
  { name: "TiB", bytes: 2 ** 40 },
  { name: "GiB", bytes: 2 ** 30 },
  { name: "MiB", bytes: 2 ** 20 },
  { name: "KiB", bytes: 2 ** 10 },
] as const;

/** Octets for an integer or a text such as "64 MiB"; null if it is neither, or beyond 2^53. */
export function parseSize(size: number | string): number | null {
  if (typeof size === "number") return Number.isSafeInteger(size) && size >= 0 ? size : null;
  const match = /^(\d{1,16}) ?(B|[KMGT]iB)?$/.exec(size.trim());
  if (match === null) return null;
  const unit = UNITS.find((each) => each.name === match[2]);
  const bytes = Number(match[1]) * (unit?.bytes ?? 1);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** The shortest exact form of a number of octets that `parseSize` reads back. */
export function formatSize(bytes: number): number | string {
  const unit = UNITS.find((each) => bytes >= each.bytes && bytes % each.bytes === 0);
  return unit === undefined ? bytes : `${bytes / unit.bytes} ${unit.name}`;
}

/** The first and the last port of a range, both inclusive. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Reads "20000-20099"; a text says what is wrong. */
export function parsePortRange(text: string): PortRange | string {
  const match = /^(\d{1,5})\s*-\s*(\d{1,5})$/.exec(text.trim());
  if (match === null) return 'must be a range of ports such as "20000-20099"';
  const first = Number(match[1]);
  const last = Number(match[2]);
  if (first < 1 || last > 65535) return "must be a range within 1 to 65535";
  if (first > last) return `must have the lower port first, as in "${last}-${first}"`;
  return { first, last };
}

/** A range of ports as `parsePortRange` reads it. */
export function formatPortRange(range: PortRange): string {
  return `${range.first}-${range.last}`;
}

/** `text` in quotes, fit for a terminal: control and formatting characters escaped. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** A value as TOML would write it, cut to a readable length, or a word for what it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") {
    return quote(value.length > SHOWN_CHARS_MAX ? `${value.slice(0, SHOWN_CHARS_MAX)}…` : value);
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    return Number.isNaN(value) ? "nan" : "inf";
  }
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "an array";
  if (value instanceof Date) return "a date";
  return "a table";
}
