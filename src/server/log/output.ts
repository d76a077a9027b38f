// Where the lines of the log go: to standard error, which may close, break or stop being read at
// any time.
import { fstatSync } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";
import { loadPlatform } from "../../platform/index.ts";
import { LogQueue, type LossNote } from "./queue.ts";

/** Where the lines of a log go. */
export interface LogPlace {
  /** Takes whole lines, and what to write later in place of those that are lost. Never throws. */
  write(text: string, lossNote: LossNote): void;
  /** For the pretty format, which is then also without a date. */
  readonly color: boolean;
  /** Nobody reads here, so syslog has to. */
  readonly isNowhere: boolean;
  /** Resolves when all lines have gone, which may be never: nobody has to read them. */
  emptied(): Promise<void>;
}

/**
 * Standard error. What inetd gives as such is the request socket once more: nothing may be written
 * to it.
 */
export async function standardError({ inetd }: { readonly inetd: boolean }): Promise<LogPlace> {
  if (inetd && isSameFile(0, 2)) {
    return { write() {}, color: false, isNowhere: true, emptied: () => Promise.resolve() };
  }
  const { writeError } = await loadPlatform();
  const queue = new LogQueue({
    outlet: writeError,
    waitingCharsMax: WAITING_CHARS_MAX,
    pause: () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)),
  });
  return {
    write: (text, lossNote) => queue.push(text, lossNote),
    color: isatty(2) && process.env.NO_COLOR === undefined,
    isNowhere: false,
    emptied: () => queue.emptied(),
  };
}

/** Some thousand lines. */
const WAITING_CHARS_MAX = 1 << 20;
/** Whoever started us may have made the output one that does not wait. */
const PAUSE_MS = 50;

function isSameFile(one: number, other: number): boolean {
  try {
    const [a, b] = [fstatSync(one), fstatSync(other)];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}
