// Sizes, times and rates as people read them: for the pages, the log and `bootsrv status`.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Octets with a binary unit: "999 B", "1.4 KiB". */
export function sizeText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return unit === 0 ? `${value} B` : `${value.toFixed(value < 10 ? 1 : 0)} ${UNITS[unit]}`;
}

/** A time in UTC to the second: "2024-05-01 12:00:00". */
export function timeText(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 19).replace("T", " ");
}

/** A span of time: "12 ms", "3.4 s", "5 min", "2 h 3 min", "4 d 5 h". */
export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Octets per second: "1.4 MiB/s", "" where no time has passed. */
export function rateText(bytes: number, ms: number): string {
  return bytes === 0 || ms <= 0 ? "" : `${sizeText(Math.round(bytes * 1000 / ms))}/s`;
}
