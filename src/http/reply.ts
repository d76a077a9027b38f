// The answers that are no files, and the report that every answer ends with.
import { httpStatus, type Refusal, type RefusalKind } from "../resolve/refusal.ts";
import type { Report } from "../resolve/report.ts";
import type { HttpAppOptions, HttpContext } from "./deps.ts";
import type { ResponseEnd } from "./exchange.ts";
import { parseTarget, type Target } from "./target.ts";

/** What is known of a request before it is answered. */
export interface Asked {
  readonly options: HttpAppOptions;
  readonly operation: Report["operation"];
  readonly name: string;
  readonly startedMs: number;
}

/** What `c` asks, as far as its first line tells. */
export function askedOf(c: HttpContext, options: HttpAppOptions): Asked & { target: Target } {
  const target = parseTarget(c.env.target);
  return {
    options,
    target,
    operation: READING.has(c.req.method) ? "read" : "write",
    name: target.kind === "name" ? target.name : c.env.target,
    startedMs: options.now(),
  };
}

const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** What its answer is. Read when the answer has ended, so it may be completed until then. */
export interface Answered {
  outcome: Report["outcome"];
  file?: string | null;
  /** Its absolute path, where octets of it are moved. */
  path?: string | null;
  refusal?: RefusalKind | null;
  reason?: string;
  options?: string;
  trail?: readonly string[];
  /** Octets of the whole transfer, where there is one to be shown as live. */
  size?: number | null;
  /** Octets of payload moved so far. */
  bytes?: () => number;
  /** The outcome stands, even if the answer does not reach the client. */
  settled?: boolean;
}

/** Shows the request as live where it has a size, and reports it once its answer has ended. */
export function reportWhenEnded(c: HttpContext, asked: Asked, answered: Answered): void {
  const { client, port } = c.env;
  const { options, operation, name, startedMs } = asked;
  const common = { via: "http", operation, client, port, name } as const;
  const bytes = answered.bytes ?? (() => 0);
  const untrack = answered.size === undefined ? null : options.activity.track(() => ({
    ...common,
    bytes: bytes(),
    size: answered.size ?? null,
    durationMs: options.now() - startedMs,
    options: answered.options ?? "",
  }));
  c.env.ended = (end: ResponseEnd) => {
    untrack?.();
    options.report({
      ...common,
      file: answered.file ?? null,
      path: answered.path ?? null,
      ...outcomeOf(answered, end),
      refusal: answered.refusal ?? null,
      bytes: bytes(),
      durationMs: options.now() - startedMs,
      retransmits: 0,
      options: answered.options ?? "",
      limiter: "",
      noMulticast: "",
      trail: answered.trail ?? [],
      hint: "",
    });
  };
}

/** A refusal stays a refusal, even if it could not be delivered. */
function outcomeOf(answered: Answered, end: ResponseEnd): Pick<Report, "outcome" | "reason"> {
  if (end.outcome === "done" || answered.settled || answered.outcome === "refused") {
    return { outcome: answered.outcome, reason: answered.reason ?? "" };
  }
  return { outcome: end.outcome, reason: end.reason };
}

/** Refuses with the fixed text of the table, and reports it. */
export function refuse(
  c: HttpContext,
  refused: { readonly asked: Asked; readonly refusal: Refusal; readonly trail: readonly string[] },
): Response {
  const { asked, refusal, trail } = refused;
  const { status } = httpStatus(refusal);
  reportWhenEnded(c, asked, {
    outcome: "refused",
    refusal: refusal.kind,
    reason: refusal.detail,
    options: `status=${status}`,
    trail,
  });
  return refusalReply(refusal);
}

/** The fixed text and status of a refusal; a busy server says when to come back. */
export function refusalReply(refusal: Refusal): Response {
  const { status, text } = httpStatus(refusal);
  return textReply(status, `${text}\n`, status === 503 ? { "Retry-After": "2" } : {});
}

/** Text as a whole answer, with its length. */
export function textReply(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): Response {
  const bytes = new TextEncoder().encode(text);
  return new Response(bytes, {
    status,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": String(bytes.byteLength),
      ...headers,
    },
  });
}
