// What the main thread and the TFTP worker say to each other. Plain data only.
import type { Config } from "../../config/config.ts";
import type { Refusal } from "../../resolve/refusal.ts";
import type { GroupSums } from "../../tftp/group_sums.ts";
import type { UploadRequest } from "../../storage/upload.ts";
import type { LiveTransfer } from "../../resolve/report.ts";
import type { BindRefusal, Bound } from "../bound.ts";

/** From the main thread to the worker. */
export type ToWorker =
  | {
    readonly kind: "start";
    readonly config: Config;
    /** The eventfd that wakes the Linux driver; null where there is none. */
    readonly wakeFd: number | null;
    readonly place: Place;
  }
  /** From here on requests are served, by this configuration: the first time and on reload. */
  | { readonly kind: "configure"; readonly config: Config }
  | { readonly kind: "upload"; readonly id: number; readonly event: UploadEvent }
  /** Answered with `pong` by a worker that is alive. */
  | { readonly kind: "ping" }
  /** Ends every transfer with this text, closes the sockets and answers `stopped`. */
  | { readonly kind: "stop"; readonly text: string };

/** Where a worker listens. */
export type Place =
  /** At the addresses and the port of the configuration; `shared` lets other workers join. */
  | { readonly kind: "bind"; readonly shared: boolean }
  /** Where the first worker has bound already. */
  | { readonly kind: "join"; readonly bound: readonly Bound[] }
  /** At sockets that whoever started us has opened, by their descriptors. */
  | { readonly kind: "adopt"; readonly fds: readonly number[] };

/** What became of an upload; `taken` returns that many octets of the queue's room. */
export type UploadEvent =
  | { readonly kind: "opened" }
  | { readonly kind: "taken"; readonly bytes: number }
  | { readonly kind: "committed" }
  | { readonly kind: "failed"; readonly refusal: Refusal };

/** What a worker has under way. */
export interface Snapshot {
  readonly transfers: readonly LiveTransfer[];
  /** With all groups since the start. */
  readonly groups: GroupSums;
}

/** From the worker to the main thread. */
export type FromWorker =
  | {
    readonly kind: "listening";
    readonly tftp: readonly Bound[];
    readonly driver: string;
    /** Which driver and why, for the banner. */
    readonly notice: string;
  }
  | { readonly kind: "fault"; readonly faults: readonly BindRefusal[] }
  /** A `Told[]` in JSON: that crosses threads in half the time of the objects themselves. */
  | { readonly kind: "told"; readonly json: string }
  /** How often each rewrite rule has held since the last `configure`. */
  | { readonly kind: "hits"; readonly hits: readonly number[] }
  | { readonly kind: "live" } & Snapshot
  /** The driver sends in another way than it said, as the system has refused the first. */
  | { readonly kind: "sending"; readonly text: string }
  | { readonly kind: "upload-begin"; readonly id: number; readonly request: UploadRequest }
  | { readonly kind: "upload-bytes"; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: "upload-commit"; readonly id: number }
  | { readonly kind: "upload-abort"; readonly id: number }
  | { readonly kind: "pong" }
  | { readonly kind: "stopped" };
