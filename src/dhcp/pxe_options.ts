// Option 43 as PXE fills it: the parameters of MTFTP (sub-options 1 to 5, Intel PXE 2.1).
import type { MtftpConfig } from "../config/config.ts";

/** The order of the octets of ports. Intel's own clients want "little", others take "big". */
export type ByteOrder = "little" | "big";

export interface SubOption {
  readonly code: number;
  readonly octets: readonly number[];
  /** What it says, for a comment. */
  readonly text: string;
}

/** Address, client port, server port, listen timeout and delay of an entry. */
export function mtftpOptions(entry: MtftpConfig, order: ByteOrder): SubOption[] {
  const { address, clientPort, serverPort, openTimeoutMs, reopenTimeoutMs } = entry;
  const listen = seconds(openTimeoutMs);
  const delay = seconds(reopenTimeoutMs);
  return [
    { code: 1, octets: address.split(".").map(Number), text: `group ${address}` },
    { code: 2, octets: twoOctets(clientPort, order), text: `client port ${clientPort}` },
    { code: 3, octets: twoOctets(serverPort, order), text: `server port ${serverPort}` },
    { code: 4, octets: [listen], text: `listen ${listen} s before asking` },
    { code: 5, octets: [delay], text: `ask again after ${delay} s of silence` },
  ];
}

/** The whole option as hex digits, with the final mark. */
export function option43Hex(options: readonly SubOption[]): string {
  return hex([...options.flatMap(({ code, octets }) => [code, octets.length, ...octets]), END]);
}

/** Two hex digits for each octet. */
export function hex(octets: readonly number[], separator = ""): string {
  return octets.map((octet) => octet.toString(16).padStart(2, "0")).join(separator);
}

const END = 255;

function twoOctets(number: number, order: ByteOrder): number[] {
  const big = [number >> 8, number & 0xff];
  return order === "big" ? big : big.reverse();
}

/** Clients do without MTFTP where one of these is zero. */
function seconds(ms: number): number {
  return Math.min(Math.max(Math.round(ms / 1000), 1), 255);
}
