// TFTP packets: bytes to values and back (RFC 1350 §5, RFC 2347). Decoding is total: any datagram
// gives a packet or `malformed`, never an exception. Knows nothing of files, policy or sockets.
import { decodeText, encodeText } from "./text.ts";

export type Mode = "octet" | "netascii";

/** One option as it stands on the wire; the name keeps the letter case the peer used. */
export interface Option {
  readonly name: string;
  readonly value: string;
}

/** A read or write request. `mode` is lower-cased but otherwise as sent: the caller judges it. */
export interface RequestPacket {
  readonly op: "rrq" | "wrq";
  readonly name: string;
  readonly mode: string;
  readonly options: readonly Option[];
}

export interface ErrorPacket {
  readonly op: "error";
  readonly code: number;
  readonly message: string;
}

/** `payload` is a view into the datagram: it is valid only as long as the datagram is. */
export interface DataPacket {
  readonly op: "data";
  readonly block: number;
  readonly payload: Uint8Array;
}

export type Packet =
  | RequestPacket
  | DataPacket
  | { readonly op: "ack"; readonly block: number }
  | ErrorPacket
  | { readonly op: "oack"; readonly options: readonly Option[] };

/** What a datagram is when it is no packet; `reason` is for the log. */
export interface Malformed {
  readonly op: "malformed";
  readonly opcode: number;
  readonly reason: string;
}

export const OPCODE = { rrq: 1, wrq: 2, data: 3, ack: 4, error: 5, oack: 6 } as const;
export const DATA_HEADER_BYTES = 4;

/** More options than any client sends; the rest of a request is ignored. */
const OPTIONS_MAX = 64;

/** The opcode of a datagram, or 0 where there is none. */
export function opcodeOf(bytes: Uint8Array): number {
  return bytes.length < 2 ? 0 : (bytes[0]! << 8) | bytes[1]!;
}

/** The block number of a DATA or ACK datagram of at least four bytes. */
export function blockOf(bytes: Uint8Array): number {
  return (bytes[2]! << 8) | bytes[3]!;
}

/**
 * Decodes one datagram. Bytes past what the packet needs are ignored (over-long ACKs of old
 * Etherboot, the 516-byte requests of HP PA-RISC).
 */
export function decodePacket(bytes: Uint8Array): Packet | Malformed {
  const opcode = opcodeOf(bytes);
  switch (opcode) {
    case OPCODE.rrq:
      return decodeRequest("rrq", bytes);
    case OPCODE.wrq:
      return decodeRequest("wrq", bytes);
    case OPCODE.data:
      if (bytes.length < DATA_HEADER_BYTES) return malformed(opcode, "DATA without block number");
      return { op: "data", block: blockOf(bytes), payload: bytes.subarray(DATA_HEADER_BYTES) };
    case OPCODE.ack:
      if (bytes.length < DATA_HEADER_BYTES) return malformed(opcode, "ACK without block number");
      return { op: "ack", block: blockOf(bytes) };
    case OPCODE.error:
      return decodeError(bytes);
    case OPCODE.oack:
      return { op: "oack", options: decodeOptions(bytes, 2) };
    default:
      return malformed(opcode, bytes.length < 2 ? "No opcode" : `Unknown opcode ${opcode}`);
  }
}

/** Encodes a packet into fresh bytes, owned by the caller. */
export function encodePacket(packet: Packet): Uint8Array {
  switch (packet.op) {
    case "rrq":
    case "wrq":
      return encodeStrings(OPCODE[packet.op], [
        packet.name,
        packet.mode,
        ...packet.options.flatMap((option) => [option.name, option.value]),
      ]);
    case "oack":
      return encodeStrings(OPCODE.oack, packet.options.flatMap((o) => [o.name, o.value]));
    case "data": {
      const bytes = new Uint8Array(DATA_HEADER_BYTES + packet.payload.length);
      writeHeader(bytes, 0, OPCODE.data, packet.block);
      bytes.set(packet.payload, DATA_HEADER_BYTES);
      return bytes;
    }
    case "ack": {
      const bytes = new Uint8Array(DATA_HEADER_BYTES);
      writeHeader(bytes, 0, OPCODE.ack, packet.block);
      return bytes;
    }
    case "error":
      return encodeError(packet);
  }
}

/** Writes the four bytes that open a DATA, ACK or ERROR packet at `offset`. */
export function writeHeader(into: Uint8Array, offset: number, opcode: number, number: number) {
  into[offset] = opcode >> 8;
  into[offset + 1] = opcode;
  into[offset + 2] = number >> 8;
  into[offset + 3] = number;
}

function decodeRequest(op: "rrq" | "wrq", bytes: Uint8Array): RequestPacket | Malformed {
  const name = stringAt(bytes, 2);
  if (name === null) return malformed(OPCODE[op], "File name without final NUL");
  if (name.end === 3) return malformed(OPCODE[op], "Empty file name");
  const mode = stringAt(bytes, name.end);
  if (mode === null) return malformed(OPCODE[op], "Mode without final NUL");
  return {
    op,
    name: name.text,
    mode: mode.text.toLowerCase(),
    options: decodeOptions(bytes, mode.end),
  };
}

function decodeError(bytes: Uint8Array): ErrorPacket | Malformed {
  if (bytes.length < DATA_HEADER_BYTES) return malformed(OPCODE.error, "ERROR without code");
  const nul = bytes.indexOf(0, DATA_HEADER_BYTES);
  const end = nul < 0 ? bytes.length : nul;
  return {
    op: "error",
    code: blockOf(bytes),
    message: decodeText(bytes.subarray(DATA_HEADER_BYTES, end)),
  };
}

/** Complete name and value pairs from `offset` on; an odd last string is dropped (RFC 2347). */
function decodeOptions(bytes: Uint8Array, offset: number): Option[] {
  const options: Option[] = [];
  while (options.length < OPTIONS_MAX) {
    const name = stringAt(bytes, offset);
    if (name === null || name.text === "") break;
    const value = stringAt(bytes, name.end);
    if (value === null) break;
    options.push({ name: name.text, value: value.text });
    offset = value.end;
  }
  return options;
}

function stringAt(bytes: Uint8Array, offset: number): { text: string; end: number } | null {
  const nul = bytes.indexOf(0, offset);
  if (nul < 0) return null;
  return { text: decodeText(bytes.subarray(offset, nul)), end: nul + 1 };
}

function encodeStrings(opcode: number, strings: readonly string[]): Uint8Array {
  const parts = strings.map(encodeText);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 1, 2));
  bytes[1] = opcode;
  let offset = 2;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length + 1;
  }
  return bytes;
}

function encodeError(packet: ErrorPacket): Uint8Array {
  const text = encodeText(packet.message);
  const bytes = new Uint8Array(DATA_HEADER_BYTES + text.length + 1);
  writeHeader(bytes, 0, OPCODE.error, packet.code);
  bytes.set(text, DATA_HEADER_BYTES);
  return bytes;
}

function malformed(opcode: number, reason: string): Malformed {
  return { op: "malformed", opcode, reason };
}
