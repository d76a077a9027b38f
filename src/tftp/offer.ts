// What the server has to offer a request: the limits of its configuration, and what the route to the
// client carries in one piece.
import type { Timing } from "../proto/machine.ts";
import { BLOCK_BYTES_DEFAULT, type Terms } from "../proto/negotiate.ts";
import { DATA_HEADER_BYTES, type RequestPacket } from "../wire/packet.ts";
import type { Settings } from "./settings.ts";
import type { Route } from "./transfer.ts";

/** What the offer depends on besides the request. */
export interface Circumstances {
  readonly settings: Settings;
  readonly route: Route;
  /** Of the file; null where it is not known. */
  readonly sizeBytes: number | null;
}

/** The terms that a request may be granted at most. */
export function offeredTerms(
  packet: RequestPacket,
  { settings: { tftp }, route, sizeBytes }: Circumstances,
): Terms {
  // Asking for the route is only worth while for who wants larger blocks than any route takes.
  const fits = tftp.allowFragments || !asksForLargeBlocks(packet) ? Infinity : fittingBlock(route);
  return {
    blockBytesMax: Math.min(tftp.blksizeMax, fits),
    windowBlocksMax: tftp.windowsizeMax,
    rollover: tftp.rollover,
    sizeBytes,
    disabled: tftp.multicast.enabled
      ? tftp.optionsDisabled
      : [...tftp.optionsDisabled, "multicast"],
  };
}

function asksForLargeBlocks({ options }: RequestPacket): boolean {
  return options.some(({ name, value }) =>
    /^blksize2?$/i.test(name) && Number(value) > BLOCK_BYTES_DEFAULT
  );
}

/** The largest block in octets whose DATA reaches the peer in one piece. */
function fittingBlock({ socket, peer, local }: Route): number {
  const payloadBytesMax = socket.payloadBytesMax?.(peer, local) ?? Infinity;
  return Math.max(payloadBytesMax - DATA_HEADER_BYTES, BLOCK_BYTES_DEFAULT);
}

/** The first timeout, and how often a packet is sent again; a negotiated timeout counts first. */
export function timingOf({ tftp }: Settings, negotiatedMs: number | null): Timing {
  return { timeoutMs: negotiatedMs ?? tftp.timeoutMs, retries: tftp.retries };
}
