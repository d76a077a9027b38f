// How long a group waits for a master's ACK and for an heir to take over, and when it gives them
// up. A lost block costs all members such a wait, so it keeps close to the round trip.
import type { Member } from "./group_member.ts";
import type { Timing } from "./machine.ts";
import { PATIENCE_MS_MAX, patienceMs, RETRANSMIT_MS_MAX } from "./timer.ts";

/** The measure of a group's round trip; `roundTripMs` is negative before the first sample. */
export interface Measured {
  readonly roundTripMs: number;
  readonly variationMs: number;
}

/** How long the answer may take beyond the round trip. */
const MARGIN_MS_MIN = 10;
/** Least time an heir has to answer; who answers later is still heard while nobody else has. */
const OFFER_MS_MIN = 100;
/** Least time between asking one heir and the next. */
const TURN_MS_MIN = 20;
/** Doublings beyond this change nothing, the wait being capped. */
const DOUBLINGS_MAX = 20;

/** Milliseconds to wait for the ACK of a block, after so many timeouts in a row. */
export function blockWaitMs(timing: Timing, measured: Measured, strikes: number): number {
  const { roundTripMs, variationMs } = measured;
  const waitMs = roundTripMs < 0
    ? timing.timeoutMs
    : roundTripMs + Math.max(4 * variationMs, MARGIN_MS_MIN);
  return Math.min(waitMs * 2 ** Math.min(strikes, DOUBLINGS_MAX), capMs(timing));
}

/**
 * Milliseconds to wait for an heir that was asked `offers` times while `rivals` others wait: taking
 * turns gives each of many the time that a single one gets by doubling.
 */
export function offerWaitMs(
  timing: Timing,
  { roundTripMs, variationMs }: Measured,
  { offers, rivals }: { readonly offers: number; readonly rivals: number },
): number {
  const answerMs = roundTripMs < 0 ? 0 : roundTripMs + 4 * variationMs;
  const onceMs = roundTripMs < 0 ? timing.timeoutMs : Math.max(2 * answerMs, OFFER_MS_MIN);
  const turnMs = onceMs * 2 ** Math.min(offers - 1, DOUBLINGS_MAX) / (rivals + 1);
  return Math.min(Math.max(turnMs, answerMs, TURN_MS_MIN), capMs(timing));
}

/** Milliseconds that a silent master is waited for while `rivals` others wait behind it. */
export function masterPatienceMs(timing: Timing, rivals: number): number {
  return rivals === 0 ? patienceMs(timing) : shortPatienceMs(timing);
}

/**
 * Milliseconds that a silent heir is waited for; `wasOfferedAll`: every block was sent while it was
 * a member. M18: iPXE completes through the group and leaves without a word. Nor are others waited
 * for long that never said one: they may be forged, and somebody waits behind them.
 */
export function heirPatienceMs(
  { timing, heard }: Member,
  { rivals, wasOfferedAll }: { readonly rivals: number; readonly wasOfferedAll: boolean },
): number {
  const isDoubtful = !heard && rivals > 0;
  return isDoubtful || wasOfferedAll ? shortPatienceMs(timing) : patienceMs(timing);
}

/** For who has others behind it. */
function shortPatienceMs(timing: Timing): number {
  return Math.min(2 * timing.timeoutMs, patienceMs(timing));
}

function capMs(timing: Timing): number {
  return Math.min(Math.max(timing.timeoutMs, RETRANSMIT_MS_MAX), PATIENCE_MS_MAX);
}
