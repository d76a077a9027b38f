// Uploads as their writers see them: bytes in, then one commit that makes the whole file appear
// at once, or nothing at all.
import type { FileName } from "../resolve/name.ts";
import type { Refusal } from "../resolve/refusal.ts";

export interface UploadRequest {
  readonly name: FileName;
  /** Absolute path of the folder that the name is relative to; left out for the only one. */
  readonly root?: string;
  /** Octets announced (tsize, Content-Length), or null. */
  readonly size: number | null;
  /** Who writes, for "being written by" in the log. */
  readonly client: string;
}

/** Called later, never inside the call that caused it; `failed` ends the upload at any time. */
export interface UploadEvents {
  opened(): void;
  /** After a `write` that gave false: there is room again. */
  drained(): void;
  committed(): void;
  failed(refusal: Refusal): void;
}

export interface Upload {
  /**
   * Queues octets, copied before the call returns. They are always taken; false says that the
   * queue is full and that the writer should wait for `drained` (a TFTP receiver drops what
   * comes until then and lets the peer repeat it).
   */
  write(bytes: Uint8Array): boolean;
  /** No more bytes: flush, sync, rename; then `committed`. */
  commit(): void;
  /** Forget all of it, leaving nothing behind. */
  abort(): void;
}

export interface Uploads {
  /** Starts an upload; `opened` or `failed` follows. */
  begin(request: UploadRequest, events: UploadEvents): Upload;
}
