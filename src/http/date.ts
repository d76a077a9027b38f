// Dates in HTTP headers (RFC 9110 §5.6.7): one form is written, three are read.

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** IMF-fixdate, as in "Sun, 06 Nov 1994 08:49:37 GMT". Times outside its range become the epoch. */
export function formatHttpDate(ms: number): string {
  const date = new Date(Number.isFinite(ms) && ms >= 0 && ms < 253_402_300_800_000 ? ms : 0);
  return date.toUTCString();
}

/** Milliseconds since the epoch, or null where the text is no HTTP date. */
export function parseHttpDate(text: string): number | null {
  const imf = /^\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(text.trim());
  if (imf !== null) return utc([imf[3]!, imf[2]!, imf[1]!, imf[4]!, imf[5]!, imf[6]!]);
  const old = /^\w{6,9}, (\d\d)-(\w{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/.exec(text.trim());
  // RFC 9110 wants the century nearest to now; a year of two digits is never from before 1970.
  if (old !== null) {
    const year = Number(old[3]) + (Number(old[3]) < 70 ? 2000 : 1900);
    return utc([String(year), old[2]!, old[1]!, old[4]!, old[5]!, old[6]!]);
  }
  const ctime = /^\w{3} (\w{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/.exec(text.trim());
  if (ctime === null) return null;
  return utc([ctime[6]!, ctime[1]!, ctime[2]!, ctime[3]!, ctime[4]!, ctime[5]!]);
}

/** From year, month name, day, hour, minute and second. */
function utc(parts: readonly [string, string, string, string, string, string]): number | null {
  const month = MONTHS.indexOf(parts[1].toLowerCase());
  if (month === -1) return null;
  const [year, day] = [Number(parts[0]), Number(parts[2])];
  return Date.UTC(year, month, day, Number(parts[3]), Number(parts[4]), Number(parts[5]));
}
