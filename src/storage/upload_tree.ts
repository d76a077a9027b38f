// A tree on disk as uploads see it.
import type { CaseIndex } from "./case_index.ts";
import type { DiskRoot, DiskRootOptions } from "./disk_root.ts";
import type { QuotaOptions } from "./quota.ts";

/** A tree that takes uploads. */
export interface UploadTree {
  readonly root: DiskRoot;
  readonly cases: CaseIndex;
  readonly options: DiskUploadOptions;
}

/** How uploads are stored. */
export interface DiskUploadOptions extends DiskRootOptions {
  /** Files that do not exist may be made; directories never are. */
  readonly create: boolean;
  /** Files that exist may be replaced; "version" keeps the old one under a dated name. */
  readonly overwrite: boolean | "version";
  /** Largest file in octets; 0 means no limit. */
  readonly sizeBytesMax: number;
  /** Replace only files that everybody may write, as tftpd(8) does. */
  readonly requireWorldReadable: boolean;
  /** A file that differs from the name only in letter case is the file meant. */
  readonly caseInsensitive: boolean;
  /** What all files may fill together; left out for no limit. */
  readonly quota?: QuotaOptions;
  /** Further folders that uploads may name as theirs, to be cleaned at the start. */
  readonly further?: readonly string[];
  /** Milliseconds since 1970, to tell an upload in progress from one that a crash left behind. */
  readonly now: () => number;
}
