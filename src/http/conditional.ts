// Conditional requests (RFC 9110 §13): whether to answer 200, 304 or 412, and whether a Range
// counts. Validators come from the open file, never from reading it.
import type { OpenFile } from "../storage/store.ts";
import { formatHttpDate, parseHttpDate } from "./date.ts";

/** What identifies a state of a file to a client. */
export interface Validators {
  /** Strong entity tag, with its quotes. */
  readonly etag: string;
  /** IMF-fixdate. */
  readonly lastModified: string;
  /** The same in milliseconds since the epoch, whole seconds. */
  readonly modifiedMs: number;
}

/** The validators of an open file. */
export function validatorsOf(file: Pick<OpenFile, "mtimeMs" | "key">): Validators {
  const modifiedMs = Math.floor(file.mtimeMs / 1000) * 1000;
  const tag = file.key.replace(/[^\x21\x23-\x7e]/g, "-");
  return { etag: `"${tag}"`, lastModified: formatHttpDate(modifiedMs), modifiedMs };
}

export type Verdict = "proceed" | "not-modified" | "precondition-failed";

/** Reads one request header; null where the request does not have it. */
export type HeaderReader = (name: string) => string | null | undefined;

/**
 * The preconditions in the order of RFC 9110 §13.2.2. `current` is null where there is no such
 * file; `safe` is true for GET and HEAD, where a match means 304 rather than 412.
 */
export function checkPreconditions(
  header: HeaderReader,
  { current, safe }: { current: Validators | null; safe: boolean },
): Verdict {
  const ifMatch = header("If-Match") ?? null;
  if (ifMatch !== null) {
    if (!listed(ifMatch, current, "strong")) return "precondition-failed";
  } else if (changedSince(header("If-Unmodified-Since"), current) === true) {
    return "precondition-failed";
  }
  const ifNoneMatch = header("If-None-Match") ?? null;
  if (ifNoneMatch !== null) {
    if (!listed(ifNoneMatch, current, "weak")) return "proceed";
    return safe ? "not-modified" : "precondition-failed";
  }
  const unchanged = safe && changedSince(header("If-Modified-Since"), current) === false;
  return unchanged ? "not-modified" : "proceed";
}

/** Whether the Range header counts, by If-Range (RFC 9110 §13.1.5): only an exact match does. */
export function rangeCounts(ifRange: string | null | undefined, current: Validators): boolean {
  if (ifRange === null || ifRange === undefined) return true;
  const value = ifRange.trim();
  if (value.startsWith('"') || value.startsWith("W/")) return value === current.etag;
  return parseHttpDate(value) === current.modifiedMs;
}

/** Whether an entity tag list names the current state; "*" names any that exists. */
function listed(list: string, current: Validators | null, mode: "strong" | "weak"): boolean {
  if (current === null) return false;
  if (list.trim() === "*") return true;
  for (const [tag] of list.matchAll(/(?:W\/)?"[^"]*"/g)) {
    const opaque = mode === "weak" && tag.startsWith("W/") ? tag.slice(2) : tag;
    if (opaque === current.etag) return true;
  }
  return false;
}

/** Null where the header is absent or is no date: then it must be ignored. */
function changedSince(
  date: string | null | undefined,
  current: Validators | null,
): boolean | null {
  if (date === null || date === undefined || current === null) return null;
  const since = parseHttpDate(date);
  return since === null ? null : current.modifiedMs > since;
}
