// What a transfer tells people at its end, and while it runs on a terminal.
import type { Outcome } from "./conversation.ts";
import { counted, printable, rateText, secondsText, sizeText } from "./text.ts";
import { optionTexts } from "../wire/packet_text.ts";

export interface Figures {
  readonly name: string;
  readonly bytes: number;
  readonly elapsedMs: number;
  /** What else there is to say, in words. */
  readonly details: readonly string[];
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
}

/** The line at the end: `boot/x: 1048576 octets in 0.120 s (8.7 MB/s), …, sha256:…`. */
export function summaryText({ name, bytes, elapsedMs, details, digest }: Figures): string {
  const rate = rateText(bytes, elapsedMs);
  return [
    `${printable(name)}: ${counted(bytes, "byte")} in ${secondsText(elapsedMs)} (${rate})`,
    ...details,
    `sha256:${digest}`,
  ].join(", ");
}

/** Retransmissions, the options and the group of a TFTP transfer. */
export function tftpDetails({ retransmits, opened, group }: Outcome): string[] {
  const options = optionTexts(opened?.oack ?? []);
  const details = [
    counted(retransmits, "retransmission"),
    options.length > 0 ? options.join(" ") : "no options",
  ];
  if (group === null) return details;
  const { name, timesMaster, missedBlocks } = group;
  const part = `master ${counted(timesMaster, "time")}, ${counted(missedBlocks, "block")} missed`;
  return [...details, `group ${name}`, `${part} at first`];
}

/** A bar on a terminal; nothing is drawn before the first `update`. */
export interface Progress {
  /** `totalBytes` is null where unknown. */
  update(doneBytes: number, totalBytes: number | null): void;
  /** Removes the bar. */
  stop(): void;
}

/** The progress of something that nobody watches. */
export const NO_PROGRESS: Progress = { update() {}, stop() {} };

const REDRAWS_PER_SECOND = 10;
const BAR_COLUMNS = 30;

/** A progress bar on `terminal`. What draws it is loaded only when there is a terminal. */
export async function openProgress(
  terminal: NodeJS.WritableStream,
  name: string,
): Promise<Progress> {
  const { default: { SingleBar } } = await import("cli-progress");
  const drawn = { value: 0, total: 0, startedAt: performance.now() };
  const bar = new SingleBar({
    stream: terminal,
    fps: REDRAWS_PER_SECOND,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
    format: () => progressText(name, drawn, performance.now()),
  });
  let started = false;
  return {
    update(doneBytes, totalBytes) {
      drawn.value = doneBytes;
      drawn.total = totalBytes ?? 0;
      if (started) return bar.update(doneBytes);
      started = true;
      bar.start(drawn.total, doneBytes);
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

/** What is drawn: `total` is 0 where unknown, `startedAt` in milliseconds of `now`. */
export interface Drawn {
  readonly value: number;
  readonly total: number;
  readonly startedAt: number;
}

/** One drawing: `boot/x [######------] 42 %  4.2 MB of 10.0 MB  8.1 MB/s`. */
export function progressText(name: string, drawn: Drawn, now: number): string {
  const { value, total, startedAt } = drawn;
  const rate = rateText(value, now - startedAt);
  if (total === 0) return `${printable(name)}  ${sizeText(value)}  ${rate}`;
  const share = Math.min(value / total, 1);
  const filled = Math.round(share * BAR_COLUMNS);
  const bar = "#".repeat(filled) + "-".repeat(BAR_COLUMNS - filled);
  const percent = `${Math.floor(share * 100)} %`;
  return `${printable(name)} [${bar}] ${percent}  ${sizeText(value)} of ${
    sizeText(total)
  }  ${rate}`;
}
