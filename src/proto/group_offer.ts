// Whether a request can be served to a group, and what is granted then (RFC 2090).
import { BLOCK_NUMBER_MAX, lastBlockOf } from "../wire/block.ts";
import type { Option, RequestPacket } from "../wire/packet.ts";
import type { Granted } from "./machine.ts";
import { negotiate, type Terms } from "./negotiate.ts";

/** What a read may be offered to a group. */
export type GroupOffer =
  /** What a member is granted. The value of `multicast` is empty: the group fills it in. */
  | { readonly kind: "member"; readonly granted: Granted }
  /** Serve it to its sender alone; `why` is for the log, "" where it did not ask for a group. */
  | { readonly kind: "alone"; readonly why: string };

/**
 * Judges a read: who asks badly, wants netascii, or a file of more blocks than there are numbers,
 * gets no group (M12, M14, M16). There is no window in a group.
 */
export function negotiateGroup(request: RequestPacket, terms: Terms): GroupOffer {
  const asked = request.options.find(isMulticast);
  if (asked === undefined) return alone("");
  if (terms.disabled.includes("multicast")) return alone("switched off for this client");
  if (asked.value !== "") return alone("the option has a value");
  if (request.mode !== "octet") return alone(`mode is ${request.mode}`);
  if (terms.sizeBytes === null) return alone("the size of the file is unknown");
  const disabled = [...terms.disabled, "windowsize", "rollover", "msftwindow"];
  const granted = negotiate(request, { ...terms, disabled });
  const blocks = lastBlockOf(terms.sizeBytes, granted.blockBytes);
  if (blocks > BLOCK_NUMBER_MAX) {
    return alone(
      `${blocks} blocks of ${granted.blockBytes} octets, a group has ${BLOCK_NUMBER_MAX} at most`,
    );
  }
  const options = inOrder(request, [asked, ...granted.options]);
  return { kind: "member", granted: { ...granted, rollover: 0, options } };
}

function alone(why: string): GroupOffer {
  return { kind: "alone", why };
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
