// Whether a request can be served to a group, and what is granted then (RFC 2090).
import { BLOCK_NUMBER_MAX } from "../wire/block.ts";
import type { Option, RequestPacket } from "../wire/packet.ts";
import type { Granted } from "./machine.ts";
import { negotiate, type Terms } from "./negotiate.ts";

/**
 * What a member of a group is granted; null where the request must be served to its sender alone:
 * it did not ask well, writes, wants netascii, or the file has more blocks than numbers (M12, M14,
 * M16). There is no window in a group. The value of `multicast` is empty: the group fills it in.
 */
export function negotiateGroup(request: RequestPacket, terms: Terms): Granted | null {
  if (request.op !== "rrq" || request.mode !== "octet" || terms.sizeBytes === null) return null;
  if (terms.disabled.includes("multicast")) return null;
  const asked = request.options.find(isMulticast);
  if (asked === undefined || asked.value !== "") return null;
  const disabled = [...terms.disabled, "windowsize", "rollover", "msftwindow"];
  const granted = negotiate(request, { ...terms, disabled });
  if (lastBlockOf(terms.sizeBytes, granted.blockBytes) > BLOCK_NUMBER_MAX) return null;
  return { ...granted, rollover: 0, options: inOrder(request, [asked, ...granted.options]) };
}

/** Index of the last block of a file; it is empty where the size is a multiple of the blocks. */
export function lastBlockOf(sizeBytes: number, blockBytes: number): number {
  return Math.floor(sizeBytes / blockBytes) + 1;
}

function isMulticast(option: Option): boolean {
  return option.name.toLowerCase() === "multicast";
}

/** The granted options in the order of the request. */
function inOrder(request: RequestPacket, granted: readonly Option[]): Option[] {
  const place = (option: Option) =>
    request.options.findIndex((asked) => asked.name === option.name);
  return [...granted].sort((a, b) => place(a) - place(b));
}
