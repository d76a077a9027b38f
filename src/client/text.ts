// Words for people: what came from the network is made safe for a terminal, numbers get units.
import { printable, shown } from "../wire/packet_text.ts";

export { printable, shown };

/** Octets in decimal units: "1.5 MB". */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** A length of time in seconds: "0.004 s", "12.3 s". */
export function secondsText(milliseconds: number): string {
  const seconds = Math.max(milliseconds, 0) / 1000;
  return `${seconds.toFixed(seconds < 10 ? 3 : 1)} s`;
}

/** Octets a second; a time too short to measure counts as a tenth of a millisecond. */
export function rateText(bytes: number, milliseconds: number): string {
  return `${sizeText(Math.round(bytes / (Math.max(milliseconds, 0.1) / 1000)))}/s`;
}

/** "1 retransmission", "2 retransmissions". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What the system says about a file, in our words where we have some. */
export function faultText(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOENT":
      return "no such file or directory";
    case "ENOTDIR":
      return "a part of its path is no directory";
    case "EISDIR":
      return "it is a directory";
    case "ENOSPC":
    case "EDQUOT":
      return "no space left";
    case "EROFS":
      return "the file system is read-only";
    case "EPIPE":
      return "its reader has gone";
    default:
      return printable(message ?? String(error));
  }
}
