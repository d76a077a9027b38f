// What to answer to GET or HEAD of an open file: status, header and which octets. Pure, so that
// ranges and conditions can be tested as a table.
import type { OpenFile } from "../storage/store.ts";
import {
  checkPreconditions,
  type HeaderReader,
  rangeCounts,
  type Validators,
  validatorsOf,
} from "./conditional.ts";
import { chooseRange } from "./range.ts";

/** An answer without its media type. */
export interface Plan {
  readonly status: 200 | 206 | 304 | 412 | 416;
  readonly headers: Record<string, string>;
  /** Octets to send as the body, or null for none. */
  readonly part: { readonly start: number; readonly length: number } | null;
  /** For the log: the status and the range. */
  readonly label: string;
  /** Why there is no file in the answer, "" where there is one. */
  readonly reason: string;
}

/** Plans the answer; `header` reads the request. */
export function planAnswer(
  header: HeaderReader,
  { method, file }: { method: string; file: Pick<OpenFile, "size" | "mtimeMs" | "key"> },
): Plan {
  const current = validatorsOf(file);
  const verdict = checkPreconditions(header, { current, safe: true });
  if (verdict === "precondition-failed") return PRECONDITION_FAILED;
  const validators = { "ETag": current.etag, "Last-Modified": current.lastModified };
  if (verdict === "not-modified") {
    return { status: 304, headers: validators, part: null, label: "status=304", reason: "" };
  }
  const headers = { "Accept-Ranges": "bytes", ...validators };
  // Range is defined for GET only (RFC 9110 §14.2).
  const range = method === "GET" ? countingRange(header, current) : null;
  const choice = chooseRange(range, file.size);
  if (choice.kind === "unsatisfiable") return unsatisfiable(file.size, headers);
  const start = choice.kind === "part" ? choice.first : 0;
  const length = choice.kind === "part" ? choice.last - choice.first + 1 : file.size;
  const sized = { "Content-Length": String(length), ...headers };
  const part = method === "HEAD" ? null : { start, length };
  if (choice.kind === "whole") {
    return { status: 200, headers: sized, part, label: "status=200", reason: "" };
  }
  const range206 = `${choice.first}-${choice.last}/${file.size}`;
  return {
    status: 206,
    headers: { ...sized, "Content-Range": `bytes ${range206}` },
    part,
    label: `status=206 range=${range206}`,
    reason: "",
  };
}

const PRECONDITION_FAILED: Plan = {
  status: 412,
  headers: {},
  part: null,
  label: "status=412",
  reason: "The file is not in the state that the client expects",
};

function countingRange(header: HeaderReader, current: Validators): string | null {
  return rangeCounts(header("If-Range"), current) ? header("Range") ?? null : null;
}

function unsatisfiable(size: number, headers: Record<string, string>): Plan {
  return {
    status: 416,
    headers: { ...headers, "Content-Length": "0", "Content-Range": `bytes */${size}` },
    part: null,
    label: `status=416 range=*/${size}`,
    reason: `The range asked for is not in the ${size} octets of the file`,
  };
}
