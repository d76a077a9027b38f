// The tree as everything above sees it: names in, open files out. Implemented on the disk
// (disk.ts) and in memory (memory.ts, for tests and the simulator); both pass one suite.
import type { FileName } from "../resolve/name.ts";

/** Why the tree gives no file. The words for the peer are in resolve/refusal.ts. */
export type StoreFault =
  | "not-found"
  | "forbidden" // permission, not world-readable, hidden
  | "outside" // a symbolic link leaves the root
  | "not-a-file" // directory, FIFO, socket, device
  | "name-too-long"
  | "busy" // too many open files, the disk does not answer
  | "unavailable"; // the root itself is missing

/** A refusal by the tree; `detail` is for the log only, with the system's own words. */
export interface StoreRefusal {
  readonly kind: "fault";
  readonly fault: StoreFault;
  readonly detail: string;
}

/** A regular file, open for reading. Whoever opened it closes it, once. */
export interface OpenFile {
  readonly kind: "file";
  readonly size: number;
  readonly mtimeMs: number;
  /** Same key, same content: device, inode, size and modification time. */
  readonly key: string;
  /** Real path for the log; never shown to a peer. */
  readonly path: string;
  /** The descriptor, or null in memory. */
  readonly fd: number | null;
  /** Reads at `offset` into `into`; gives the octets read, 0 at the end. Throws on an I/O error. */
  read(offset: number, into: Uint8Array): number;
  close(): void;
}

export interface Entry {
  readonly name: string;
  readonly kind: "file" | "directory";
  readonly size: number;
  readonly mtimeMs: number;
}

/** What is there instead of a missing file. */
export interface Near {
  readonly name: string;
  /** It differs in letter case only, is the closest one, or is a link whose target is missing. */
  readonly why: "case" | "similar" | "dangling";
}

export interface Store {
  /** Opens a regular file inside the tree for reading. */
  open(name: FileName): OpenFile | StoreRefusal;
  /** Whether `open` would find a regular file, without opening it. */
  exists(name: FileName): boolean;
  /** The entries of a directory, hidden ones left out, sorted by name. "" is the root. */
  list(name: FileName | ""): readonly Entry[] | StoreRefusal;
  /** The name of a missing file as it stands there, in another case, or the closest; null if none. */
  nearest(name: FileName): Near | null;
}
