// The one table of refusals: what we tell TFTP peers, what we tell HTTP clients, in which words.
// The texts are fixed: the system's words and local paths go to the log only.

/** Every reason not to start, or not to go on with, a transfer. */
export type RefusalKind = keyof typeof REFUSALS;

/** A refused request. `detail` is for the log and never leaves this machine. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly detail: string;
  /** Replaces the table's text, for refusals an operator words in the config. */
  readonly text?: string;
}

/** TFTP error codes: RFC 1350 §5, 8 from RFC 2347. */
export const REFUSALS = {
  "not-found": { tftp: 1, http: 404, text: "File not found" },
  "forbidden": { tftp: 2, http: 403, text: "Access violation" },
  "bad-name": { tftp: 2, http: 400, text: "File name not allowed" },
  "not-a-file": { tftp: 2, http: 403, text: "Not a regular file" },
  "read-only": { tftp: 2, http: 403, text: "Uploads are not allowed" },
  "exists": { tftp: 6, http: 409, text: "File already exists" },
  "no-space": { tftp: 3, http: 507, text: "Disk full or allocation exceeded" },
  "too-large": { tftp: 3, http: 413, text: "File too large" },
  "incomplete": { tftp: 0, http: 400, text: "Size differs from the announced one" },
  "being-written": { tftp: 0, http: 409, text: "File is being written by another client" },
  "bad-request": { tftp: 4, http: 400, text: "Illegal TFTP operation" },
  "bad-mode": { tftp: 4, http: 400, text: "Transfer mode not supported" },
  "unknown-tid": { tftp: 5, http: 400, text: "Unknown transfer ID" },
  "busy": { tftp: 0, http: 503, text: "Server busy, try again" },
  "unavailable": { tftp: 0, http: 503, text: "Boot tree temporarily unavailable" },
  "failed": { tftp: 0, http: 500, text: "Internal error" },
  "refused-by-rule": { tftp: 2, http: 403, text: "Refused" },
} as const satisfies Record<string, { tftp: number; http: number; text: string }>;

/** The TFTP error code and text for a refusal. */
export function tftpError(refusal: Refusal): { readonly code: number; readonly message: string } {
  const row = REFUSALS[refusal.kind];
  return { code: row.tftp, message: refusal.text ?? row.text };
}

/** The HTTP status and text for a refusal. */
export function httpStatus(refusal: Refusal): { readonly status: number; readonly text: string } {
  const row = REFUSALS[refusal.kind];
  return { status: row.http, text: refusal.text ?? row.text };
}
