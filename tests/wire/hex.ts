// Bytes in tests: written as hex with blanks, or as text where the wire carries text.

/** Bytes of a hex string; blanks between octets are ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(/\s/g, "");
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Hex of bytes, without blanks. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** An opcode followed by text, one byte for each character up to U+00FF. */
export function datagram(opcode: number, text: string): Uint8Array {
  const bytes = new Uint8Array(2 + text.length);
  bytes[0] = opcode >> 8;
  bytes[1] = opcode;
  for (let i = 0; i < text.length; i++) bytes[2 + i] = text.charCodeAt(i);
  return bytes;
}
