// What went wrong with a TFTP transfer, in words that help: the server's own, how long was waited,
// and what usually is behind it.
import type { Failure } from "../proto/machine.ts";
import { BLOCK_NUMBER_MAX } from "../wire/block.ts";
import type { Outcome } from "./conversation.ts";
import { counted, printable, secondsText, shown } from "./text.ts";

export interface FailureContext {
  readonly operation: "rrq" | "wrq";
  /** The name asked for. */
  readonly name: string;
  /** Our file as typed. */
  readonly file: string;
  readonly outcome: Outcome;
  /** What the system refused to send, in words, or null. */
  readonly sendFault: string | null;
}

/** The message of a failed transfer and, in further lines, hints. */
export function failureText(failure: Failure, context: FailureContext): string {
  const { operation, name, file, outcome } = context;
  switch (failure.kind) {
    case "peer":
      return refusalText(failure, context);
    case "timeout":
      return [timeoutText(context), ...hints(context)].join("\nHint: ");
    case "protocol":
      return `Transfer of ${shown(name)} broke off: ${printable(failure.text)}`;
    case "storage": {
      const verb = operation === "rrq" ? "write" : "read";
      return `Cannot ${verb} ${shown(file)}: ${outcome.fileFault ?? printable(failure.text)}`;
    }
    case "aborted":
      return `Aborted after ${counted(outcome.bytes, "octet")} of ${shown(name)}`;
  }
}

/** All was sent, but the server never said that it has the end (RFC 1350 §6). */
export function unacknowledgedText(outcome: Outcome, name: string): string {
  const done = counted(outcome.bytes, "octet");
  return `Server acknowledged ${done} of ${shown(name)} and nothing more in ` +
    `${secondsText(outcome.silentMs)}: the file may be incomplete there`;
}

/** What the codes mean (RFC 1350, 2347), for servers that send the code alone. */
const CODE_TEXTS: readonly string[] = [
  "Not defined",
  "File not found",
  "Access violation",
  "Disk full or allocation exceeded",
  "Illegal TFTP operation",
  "Unknown transfer ID",
  "File already exists",
  "No such user",
  "Option negotiation failed",
];

function refusalText(failure: Failure, { name, outcome }: FailureContext): string {
  const words = printable(failure.text).trim() || CODE_TEXTS[failure.code] || "No reason given";
  const cause = `${words} (ERROR ${failure.code})`;
  if (outcome.opened === null) return `Server refused ${shown(name)}: ${cause}`;
  const done = counted(outcome.bytes, "octet");
  return `Server broke off the transfer of ${shown(name)} after ${done}: ${cause}`;
}

function timeoutText({ operation, name, outcome }: FailureContext): string {
  const { server, opened, blocks, silentMs, group } = outcome;
  const waited = `in ${secondsText(silentMs)}`;
  if (group !== null) {
    const got = blocks === 0 ? "No DATA" : `After ${counted(blocks, "block")}, no more DATA`;
    return `${got} of ${shown(name)} came to group ${group.name} ${waited}`;
  }
  if (opened === null) {
    return `Cannot reach TFTP server ${server.host} port ${server.port}: no answer ${waited}`;
  }
  if (operation === "rrq") {
    if (blocks === 0) {
      return `Server accepted the request for ${shown(name)}, but no DATA came ${waited}`;
    }
    return `Server stopped sending ${shown(name)} after block ${blocks}: no DATA came ${waited}`;
  }
  if (blocks === 0) {
    return `Server accepted ${shown(name)}, but did not acknowledge a block ${waited}`;
  }
  return `Server stopped acknowledging ${shown(name)} after block ${blocks}: no ACK came ${waited}`;
}

function hints({ outcome, sendFault }: FailureContext): string[] {
  const { server, opened, blocks, strangerHost, group } = outcome;
  const found: string[] = [];
  if (sendFault !== null) found.push(printable(sendFault));
  if (group !== null) return [...found, ...groupHints(outcome)];
  if (strangerHost !== null) {
    found.push(
      `${strangerHost} answered instead: the server may have several addresses, try that one`,
    );
  }
  if (opened === null && found.length === 0) {
    found.push("is a TFTP server running there, on that port?");
    found.push(
      `a firewall or NAT must let answers in: they come from another UDP port than ${server.port}`,
    );
  }
  if (opened === null) return found;
  const { blockBytes } = opened.granted;
  if (blocks === 0 && blockBytes > FITS_EVERYWHERE_BYTES) {
    found.push(`packets with ${blockBytes} octets may not fit the path: try a smaller --blksize`);
  }
  if (
    blocks > 0 && blocks % (BLOCK_NUMBER_MAX + 1) >= BLOCK_NUMBER_MAX - opened.granted.windowBlocks
  ) {
    found.push("the server may not be able to number more blocks: try a larger --blksize");
  }
  return found;
}

function groupHints({ server, opened, group }: Outcome): string[] {
  if (opened === null) {
    return [`does ${server.host} serve this file by MTFTP, at port ${server.port}, to that group?`];
  }
  if (group?.timesMaster === 0 && opened.oack !== null) return [];
  return [
    "switches that do IGMP snooping (MLD for IPv6) without a querier drop groups; so may a firewall here",
    "the group may come in by another interface: choose it with --interface",
  ];
}

/** IPv6 guarantees 1280 octets to a packet, and most tunnels leave more. */
const FITS_EVERYWHERE_BYTES = 1228;
