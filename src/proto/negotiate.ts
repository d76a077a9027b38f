// Option negotiation, both sides: which of the options asked for are granted and with which
// values (RFC 2347, 2348, 2349, 7440, and four that only other servers define), and whether a
// server's OACK may be accepted.
import type { Option, RequestPacket } from "../wire/packet.ts";
import { type GroupPlace, parseGroupPlace } from "./group_place.ts";
import type { Granted, Rollover } from "./machine.ts";

export const BLOCK_BYTES_DEFAULT = 512;
export const BLOCK_BYTES_MIN = 8;
export const BLOCK_BYTES_MAX = 65464;
/** More would let 16-bit block numbers of one window be mistaken for another's. */
export const WINDOW_BLOCKS_MAX = 16384;

/** Windows Boot Manager sends the first number, and takes the second for consent. */
const MSFT_WINDOW = { asked: "31416", answer: 27182 } as const;
/** The fifth octet of an ACK can say no more. */
const ACK_WINDOW_BLOCKS_MAX = 255;
/** Options that are two ways to say one thing: the first that is granted settles it. */
const RIVALS: Readonly<Record<string, string>> = {
  blksize: "blksize2",
  blksize2: "blksize",
  timeout: "utimeout",
  utimeout: "timeout",
};

/** What the server is willing to grant for one request. */
export interface Terms {
  readonly blockBytesMax: number;
  readonly windowBlocksMax: number;
  readonly rollover: Rollover;
  /** Octets of the file that is read; null where unknown. */
  readonly sizeBytes: number | null;
  /** Option names, lower case, that are treated as unknown. */
  readonly disabled: readonly string[];
}

/** A decimal number without sign or blanks, as options carry it; null for anything else. */
export function decimal(value: string): number | null {
  return /^[0-9]+$/.test(value) ? Number(value) : null;
}

/** The size in octets a WRQ announces in `tsize`, or null. */
export function announcedSize(request: RequestPacket): number | null {
  const option = request.options.find((option) => option.name.toLowerCase() === "tsize");
  return option === undefined ? null : decimal(option.value);
}

/** What holds where nothing is negotiated: RFC 1350 as it was. */
export function unnegotiated(blockBytes = BLOCK_BYTES_DEFAULT): Granted {
  return { blockBytes, windowBlocks: 1, rollover: 0, timeoutMs: null, options: [] };
}

/**
 * Grants what the terms allow. The OACK has the options in the order asked and spelt as asked,
 * each once (the first of repeated ones); what is unknown, disabled or senseless is left out,
 * never refused; numbers that are too large are lowered.
 */
export function negotiate(request: RequestPacket, terms: Terms): Granted {
  let granted: Granted = { ...unnegotiated(), rollover: terms.rollover };
  const options: Option[] = [];
  const seen = new Set<string>(terms.disabled);
  for (const asked of request.options) {
    const name = asked.name.toLowerCase();
    if (seen.has(name)) continue;
    seen.add(name);
    const value = grant({ name, asked: asked.value, request, terms });
    if (value === null) continue;
    const rival = RIVALS[name];
    if (rival !== undefined) seen.add(rival);
    options.push({ name: asked.name, value: String(value) });
    granted = { ...granted, ...effect(name, value, terms) };
  }
  return { ...granted, options };
}

/** What an option does to the transfer, once it is granted with this value. */
function effect(name: string, value: number, terms: Terms): Partial<Granted> {
  switch (name) {
    case "blksize":
    case "blksize2":
      return { blockBytes: value };
    case "windowsize":
      return { windowBlocks: value };
    case "timeout":
      return { timeoutMs: value * 1000 };
    case "utimeout":
      return { timeoutMs: value / 1000 };
    case "rollover":
      return { rollover: value === 1 ? 1 : 0 };
    case "msftwindow":
      return { ackWindowBlocksMax: Math.min(terms.windowBlocksMax, ACK_WINDOW_BLOCKS_MAX) };
    default:
      return {};
  }
}

interface Question {
  readonly name: string;
  readonly asked: string;
  readonly request: RequestPacket;
  readonly terms: Terms;
}

function grant({ name, asked, request, terms }: Question): number | null {
  const number = decimal(asked);
  switch (name) {
    case "blksize":
      if (number === null || number < BLOCK_BYTES_MIN) return null;
      return Math.min(number, terms.blockBytesMax, BLOCK_BYTES_MAX);
    case "windowsize":
      if (number === null || number < 1) return null;
      return Math.min(number, terms.windowBlocksMax, WINDOW_BLOCKS_MAX);
    case "timeout": // RFC 2349: the answer is the same number or none.
      return number !== null && number >= 1 && number <= 255 ? number : null;
    case "tsize":
      return grantSize({ name, asked, request, terms });
    case "blksize2":
      return grantPowerOfTwo(number, terms);
    case "utimeout": // As `timeout`, in microseconds (tftpd-hpa).
      return number !== null && number >= 10_000 && number <= 255_000_000 ? number : null;
    case "rollover": // The block number that follows 65535 (tftpd-hpa).
      return number === 0 || number === 1 ? number : null;
    case "msftwindow": // From here on each ACK may carry the next window in a fifth octet.
      return request.op === "rrq" && asked === MSFT_WINDOW.asked ? MSFT_WINDOW.answer : null;
    default:
      return null;
  }
}

/**
 * RFC 2349: a read is told the size, whatever number was sent (U-Boot and others do not send 0,
 * old Etherboot sends nothing). Left out for netascii, whose size on the wire is another, and for
 * empty files, whose `tsize 0` curl takes for a failure.
 */
function grantSize({ asked, request, terms }: Question): number | null {
  const number = decimal(asked);
  if (request.op === "wrq") return number !== null && Number.isSafeInteger(number) ? number : null;
  if (number === null && asked !== "") return null;
  if (request.mode !== "octet" || terms.sizeBytes === null) return null;
  return terms.sizeBytes > 0 ? terms.sizeBytes : null;
}

/** tftpd-hpa: block sizes that are powers of two only, rounded down. */
function grantPowerOfTwo(number: number | null, terms: Terms): number | null {
  if (number === null || number < BLOCK_BYTES_MIN) return null;
  const most = Math.min(number, terms.blockBytesMax, BLOCK_BYTES_MAX);
  return 2 ** Math.floor(Math.log2(most));
}

/** What a client may make of a server's OACK. */
export type Acceptance =
  | {
    readonly kind: "accepted";
    readonly granted: Granted;
    readonly sizeBytes: number | null;
    /** The group to join (RFC 2090), address and port included; null for none. */
    readonly place: GroupPlace | null;
  }
  | { readonly kind: "rejected"; readonly reason: string };

/** Judges an OACK (RFC 2347): nothing unasked, nothing larger than asked. */
export function accept(request: RequestPacket, options: readonly Option[]): Acceptance {
  let agreed: Agreed = {};
  for (const { name, value } of options) {
    const asked = request.options.find((o) => o.name.toLowerCase() === name.toLowerCase());
    if (asked === undefined) return rejected(`Server sent option "${name}" unasked`);
    const effect = agree(name.toLowerCase(), value, asked.value);
    if (effect === null) {
      const to = asked.value === "" ? "" : ` to ${asked.value}`;
      return rejected(`Server answered ${name} ${value}${to}`);
    }
    agreed = { ...agreed, ...effect };
  }
  const { blockBytes, windowBlocks, timeoutMs, sizeBytes, place } = agreed;
  return {
    kind: "accepted",
    granted: {
      blockBytes: blockBytes ?? BLOCK_BYTES_DEFAULT,
      windowBlocks: windowBlocks ?? 1,
      rollover: 0,
      timeoutMs: timeoutMs ?? null,
      options: [],
    },
    sizeBytes: sizeBytes ?? null,
    place: place ?? null,
  };
}

interface Agreed {
  readonly blockBytes?: number;
  readonly windowBlocks?: number;
  readonly timeoutMs?: number;
  readonly sizeBytes?: number;
  readonly place?: GroupPlace;
}

/** What an option of an OACK means, or null where it cannot be the answer to `asked`. */
function agree(name: string, value: string, asked: string): Agreed | null {
  if (name === "multicast") {
    const place = parseGroupPlace(value);
    return place === null || place.address === null || place.port === null ? null : { place };
  }
  const number = decimal(value);
  const limit = decimal(asked) ?? 0;
  if (number === null) return null;
  switch (name) {
    case "blksize":
      return number >= BLOCK_BYTES_MIN && number <= limit ? { blockBytes: number } : null;
    case "windowsize":
      return number >= 1 && number <= limit ? { windowBlocks: number } : null;
    case "timeout":
      return number === limit ? { timeoutMs: number * 1000 } : null;
    case "tsize":
      return Number.isSafeInteger(number) ? { sizeBytes: number } : {};
    default:
      return {};
  }
}

function rejected(reason: string): Acceptance {
  return { kind: "rejected", reason };
}
