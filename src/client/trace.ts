// The lines of --trace: one for each packet, with direction, time and what it says.
import type { Malformed, Packet } from "../wire/packet.ts";
import { dataText, packetText } from "../wire/packet_text.ts";

/** Takes whole lines, without their ends. */
export type TraceWriter = (line: string) => void;

/** Prints packets with their time since the first of them. */
export class Trace {
  readonly #write: TraceWriter;
  #startedAt: number | null = null;

  constructor(write: TraceWriter) {
    this.#write = write;
  }

  /** A packet of ours. */
  sent(packet: Packet, now: number): void {
    this.line(">", packetText(packet), now);
  }

  /** A DATA packet of ours whose payload is not at hand. */
  sentData(block: number, payloadBytes: number, now: number): void {
    this.line(">", dataText(block, payloadBytes), now);
  }

  /** A packet of the server, or of a stranger: then `note` says so. */
  received(packet: Packet | Malformed, now: number, note = ""): void {
    this.line("<", packetText(packet) + note, now);
  }

  /** What has become of us. The text must be safe for a terminal. */
  note(text: string, now: number): void {
    this.line("=", text, now);
  }

  /** Any other line: `>` went out, `<` came in. The text must be safe for a terminal. */
  line(direction: ">" | "<" | "=", text: string, now: number): void {
    this.#startedAt ??= now;
    const seconds = ((now - this.#startedAt) / 1000).toFixed(4);
    this.#write(`${seconds.padStart(9)} ${direction} ${text}`);
  }
}
