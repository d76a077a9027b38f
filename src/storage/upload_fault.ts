// What goes wrong with an upload, thrown inside the storage and caught at its edge.
import type { Refusal, RefusalKind } from "../resolve/refusal.ts";
import { errorCode } from "./disk_faults.ts";
import type { StoreRefusal } from "./store.ts";
import { STORE_REFUSALS } from "./store_refusals.ts";

/** An upload that cannot go on. */
export class UploadFault extends Error {
  override readonly name = "UploadFault";
  readonly refusal: Refusal;

  constructor(kind: RefusalKind, detail: string) {
    super(detail);
    this.refusal = { kind, detail };
  }
}

/** The fault for a refusal by the tree. */
export function uploadFaultOf(refusal: StoreRefusal): UploadFault {
  return new UploadFault(STORE_REFUSALS[refusal.fault], refusal.detail);
}

/** The refusal for anything thrown while storing. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof UploadFault) return error.refusal;
  const detail = error instanceof Error ? error.message : String(error);
  return { kind: SYSTEM_REFUSALS[errorCode(error)] ?? "failed", detail };
}

const SYSTEM_REFUSALS: Readonly<Record<string, RefusalKind>> = {
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  EFBIG: "too-large",
  EEXIST: "exists",
  EACCES: "forbidden",
  EPERM: "forbidden",
  EROFS: "forbidden",
  ENOENT: "not-found",
  ENOTDIR: "not-found",
  EISDIR: "not-a-file",
  ENAMETOOLONG: "bad-name",
  EMFILE: "busy",
  ENFILE: "busy",
};
