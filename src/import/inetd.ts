// How long a server that inetd has started waits for another request: a flag here, no key.
import type { Draft, Place } from "./draft.ts";
import type { Start } from "./start_files.ts";

/** The most that --inetd-timeout takes. */
const SECONDS_MAX = 86_400;

/** What a command line says of it. */
export interface Idle {
  /** It was started by something other than inetd, and then waits for ever. */
  daemon: boolean;
  /** The option as it was given, or what the daemon does without; null if inetd is not spoken of. */
  timeout: { readonly value: string; readonly place: Place } | null;
}

/** What a command line says before any option is read; `seconds` is the daemon's default. */
export function idleOf({ source, inetd }: Start, seconds: number): Idle {
  const place = { source, line: 0, text: `${seconds} s by default` };
  return { daemon: false, timeout: inetd ? { value: String(seconds), place } : null };
}

/** Writes how inetd is to start bootsrv; 0 is the other daemons' word for ever. */
export function inetdTimeout(draft: Draft, { daemon, timeout }: Idle): void {
  if (daemon || timeout === null) return;
  const { value, place } = timeout;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (Number.isNaN(seconds)) return draft.note(place, `"${value}" is not a number of seconds`);
  const most = seconds === 0 ? SECONDS_MAX : Math.min(seconds, SECONDS_MAX);
  draft.head(`For inetd (${place.text}): bootsrv --inetd --inetd-timeout ${most} --config FILE`);
}
