// The retransmission timer of one transfer: adapts to the measured round trip (RFC 1123 §4.2.3.2,
// the estimator is that of RFC 6298), doubles while the peer is silent, and knows when to give up.
import type { Timing } from "./machine.ts";

/** Floor of the adaptive timeout: a busy host answers late without having lost anything. */
export const RETRANSMIT_MS_MIN = 50;
/** A steady round trip has almost no variation; the timeout still keeps this far from it. */
const MARGIN_MS_MIN = 20;
/** Cap of the doubling, unless the first timeout is already longer. */
export const RETRANSMIT_MS_MAX = 8_000;
/** However long the negotiated timeout, a silent peer is forgotten after this. */
export const PATIENCE_MS_MAX = 300_000;

/** How long a silent peer is waited for: the sum of `retries` + 1 doubling timeouts. */
export function patienceMs(timing: Timing): number {
  let sum = 0;
  for (let retry = 0; retry <= timing.retries; retry++) {
    sum += Math.min(timing.timeoutMs * 2 ** retry, capMs(timing));
  }
  return Math.min(sum, PATIENCE_MS_MAX);
}

/** Times are milliseconds of the host's clock. */
export class RetransmitTimer {
  /** When `expire` is due; Infinity while nothing is awaited. */
  deadline = Infinity;
  readonly #timing: Timing;
  readonly #patienceMs: number;
  #smoothedMs = -1;
  #variationMs = 0;
  #shortestMs = 0;
  #strikes = 0;
  /** Doublings of the timeout, kept until we know that it was not too short (Karn). */
  #backoff = 0;
  #patientUntil: number;

  constructor(timing: Timing, now: number) {
    this.#timing = timing;
    this.#patienceMs = patienceMs(timing);
    this.#patientUntil = now + this.#patienceMs;
  }

  /** Timeouts since the last progress. */
  get strikes(): number {
    return this.#strikes;
  }

  /** Smoothed round trip; before the first sample, the configured timeout. */
  get roundTripMs(): number {
    return this.isMeasured ? this.#smoothedMs : this.#timing.timeoutMs;
  }

  /** Shortest round trip of all; 0 before the first sample. */
  get shortestMs(): number {
    return this.#shortestMs;
  }

  /** Whether there was a sample. */
  get isMeasured(): boolean {
    return this.#smoothedMs >= 0;
  }

  /** Whether an answer that took so long was itself waiting for a timeout. */
  isLate(afterMs: number): boolean {
    return afterMs > this.roundTripMs + MARGIN_MS_MIN;
  }

  /** Something was sent that wants an answer. */
  arm(now: number) {
    const waitMs = Math.min(this.#baseMs() * 2 ** this.#backoff, capMs(this.#timing));
    this.deadline = Math.min(now + waitMs, this.#patientUntil);
  }

  disarm() {
    this.deadline = Infinity;
  }

  /**
   * The peer got further. Only this clears strikes: noise never does. `lossProven` says that what
   * we timed out for was lost indeed: the answer came when the answer to the copy was due.
   */
  progress(now: number, lossProven: boolean) {
    this.#strikes = 0;
    this.#patientUntil = now + this.#patienceMs;
    if (lossProven) this.#backoff = 0;
  }

  /**
   * A round trip of something sent once only (Karn). `allowanceMs` is how much longer what is sent
   * next may take, because it is longer.
   */
  sample(roundTripMs: number, allowanceMs = 0) {
    this.#backoff = 0;
    this.#shortestMs = this.isMeasured ? Math.min(this.#shortestMs, roundTripMs) : roundTripMs;
    this.#estimate(roundTripMs + allowanceMs);
  }

  /** A round trip that may have taken this long: believed up to twice what was known. */
  lengthen(perhapsMs: number) {
    if (!this.isMeasured) return;
    this.#estimate(Math.min(perhapsMs, 2 * this.roundTripMs + MARGIN_MS_MIN));
  }

  /** The deadline has passed: one more strike, or the end of patience. */
  expire(now: number): "retransmit" | "give-up" {
    if (now >= this.#patientUntil) return "give-up";
    this.#strikes++;
    this.#backoff++;
    return "retransmit";
  }

  #estimate(sampleMs: number) {
    if (!this.isMeasured) {
      this.#smoothedMs = sampleMs;
      this.#variationMs = sampleMs / 2;
      return;
    }
    const error = Math.abs(this.#smoothedMs - sampleMs);
    this.#variationMs += (error - this.#variationMs) / 4;
    this.#smoothedMs += (sampleMs - this.#smoothedMs) / 8;
  }

  #baseMs(): number {
    if (!this.isMeasured) return this.#timing.timeoutMs;
    const marginMs = Math.max(4 * this.#variationMs, this.#smoothedMs / 4, MARGIN_MS_MIN);
    return Math.max(this.#smoothedMs + marginMs, RETRANSMIT_MS_MIN);
  }
}

function capMs(timing: Timing): number {
  return Math.max(timing.timeoutMs, RETRANSMIT_MS_MAX);
}
