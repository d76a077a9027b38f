// Uploads on disk. Octets go to a hidden temporary file beside the target; what is complete is
// synced and renamed over it in one step. Whatever happens before leaves nothing behind, and the
// old file whole. Asynchronous, for the main thread.
import { CaseIndex } from "./case_index.ts";
import { DiskRoot, type DiskRootOptions } from "./disk_root.ts";
import type { UploadTree } from "./disk_target.ts";
import { DiskUpload } from "./disk_upload.ts";
import { removeLeftovers } from "./leftovers.ts";
import { Quota, type QuotaOptions } from "./quota.ts";
import type { Uploads } from "./upload.ts";

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

/** Folders whose state is kept; clients may have folders of their own. */
const TREES_MAX = 256;

/** Uploads into folders; starts by removing what a crashed run has left there. */
export function createDiskUploads(options: DiskUploadOptions): Uploads {
  const trees = new Map<string, UploadTree>();
  const quota = options.quota === undefined ? null : new Quota(options.quota);
  for (const root of [options.root, ...options.further ?? []]) {
    removeLeftovers(root, options.now()).catch(() => {
      // A missing root is no fault: it may appear later, and without leftovers.
    });
  }
  return {
    begin(request, events) {
      const tree = treeOf(trees, request.root ?? options.root, options);
      const upload = new DiskUpload({ tree, quota, request, events });
      upload.start();
      return upload;
    },
  };
}

function treeOf(
  trees: Map<string, UploadTree>,
  path: string,
  options: DiskUploadOptions,
): UploadTree {
  const known = trees.get(path);
  if (known !== undefined) return known;
  const tree = { root: new DiskRoot(path, options.symlinks), cases: new CaseIndex(), options };
  for (const oldest of trees.keys()) {
    if (trees.size < TREES_MAX) break;
    trees.delete(oldest);
  }
  trees.set(path, tree);
  return tree;
}
