// The Range header (RFC 9110 §14.2). Only what can be served as one part is honoured; everything
// odd is ignored, as the RFC allows, because answering 416 makes firmware give up.

/** What to send of a representation; octet positions are inclusive, as on the wire. */
export type RangeChoice =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly first: number; readonly last: number }
  | { readonly kind: "unsatisfiable" };

const WHOLE: RangeChoice = { kind: "whole" };

/**
 * The part of `size` octets that a Range header asks for. Malformed ranges (iPXE's BIOS builds
 * send a literal "bytes=u-u"), other units and more than one range mean the whole.
 */
export function chooseRange(header: string | undefined | null, size: number): RangeChoice {
  if (header === undefined || header === null) return WHOLE;
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header);
  if (match === null) return WHOLE;
  const [from, to] = [match[1]!, match[2]!];
  if (from === "") return to === "" ? WHOLE : suffix(Number(to), size);
  const first = Number(from);
  const last = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== "" && Number(to) < first) return WHOLE;
  if (first >= size) return { kind: "unsatisfiable" };
  return { kind: "part", first, last };
}

/** The last `length` octets; all of them where there are fewer. */
function suffix(length: number, size: number): RangeChoice {
  if (length === 0 || size === 0) return { kind: "unsatisfiable" };
  return { kind: "part", first: Math.max(0, size - length), last: size - 1 };
}
