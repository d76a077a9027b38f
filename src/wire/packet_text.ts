// Packets as text, for traces. What came from the network is made safe for a terminal.
import type { Malformed, Option, Packet } from "./packet.ts";

/** `text` without characters that could command a terminal; they become "\x1b" and the like. */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex -- Controls, C1 and bidirectional overrides are the point.
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (char) => {
    const code = char.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, "0")}`;
  });
}

/** `text` in quotation marks, safe for a terminal. */
export function shown(text: string): string {
  return `"${printable(text)}"`;
}

/** A packet in one line: `RRQ "boot/x" octet blksize=1468`, `DATA 1 (1468 octets)`. */
export function packetText(packet: Packet | Malformed): string {
  switch (packet.op) {
    case "rrq":
    case "wrq": {
      const { name, mode, options } = packet;
      return [packet.op.toUpperCase(), shown(name), printable(mode), ...optionTexts(options)]
        .join(" ");
    }
    case "data":
      return dataText(packet.block, packet.payload.length);
    case "ack":
      return `ACK ${packet.block}`;
    case "error":
      return `ERROR ${packet.code} ${shown(packet.message)}`;
    case "oack":
      return ["OACK", ...optionTexts(packet.options)].join(" ");
    case "malformed":
      return `malformed: ${packet.reason}`;
  }
}

/** A DATA packet whose payload is not at hand. */
export function dataText(block: number, payloadBytes: number): string {
  return `DATA ${block} (${payloadBytes} ${payloadBytes === 1 ? "octet" : "octets"})`;
}

/** Options as `name=value`, safe for a terminal. */
export function optionTexts(options: readonly Option[]): string[] {
  return options.map(({ name, value }) => `${printable(name)}=${printable(value)}`);
}
