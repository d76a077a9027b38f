// The system's error codes in the store's words.
import type { StoreFault, StoreRefusal } from "./store.ts";

const FAULTS: Readonly<Record<string, StoreFault>> = {
  ENOENT: "not-found",
  ENOTDIR: "not-found",
  ELOOP: "not-found",
  EACCES: "forbidden",
  EPERM: "forbidden",
  EISDIR: "not-a-file",
  // What open(2) says of a socket, and of a device without a driver.
  ENXIO: "not-a-file",
  ENODEV: "not-a-file",
  ENAMETOOLONG: "name-too-long",
  EMFILE: "busy",
  ENFILE: "busy",
  ENOMEM: "busy",
  EAGAIN: "busy",
  EBUSY: "busy",
};

/** The error code of a thrown value, such as "ENOENT"; "" if it has none. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : "";
}

const FOLDER_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "no such folder",
  ENOTDIR: "it is not a folder",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
};

/** What the system says against a folder that is to be read or written in, in words. */
export function folderFault(error: unknown): string {
  return FOLDER_FAULTS[errorCode(error)] ?? (error instanceof Error ? error.message : `${error}`);
}

/** A refusal for what a call of node:fs threw. A disk that fails otherwise is `unavailable`. */
export function faultOf(error: unknown): StoreRefusal {
  const detail = error instanceof Error ? error.message : String(error);
  return fault(FAULTS[errorCode(error)] ?? "unavailable", detail);
}

/** A refusal in our own words. */
export function fault(kind: StoreFault, detail: string): StoreRefusal {
  return { kind: "fault", fault: kind, detail };
}
