// Uploads on disk. Octets go to a hidden temporary file beside the target; what is complete is
// synced and renamed over it in one step. Whatever happens before leaves nothing behind, and the
// old file whole. Asynchronous, for the main thread.
import { CaseIndex } from "./case_index.ts";
import { DiskRoot } from "./disk_root.ts";
import { DiskUpload } from "./disk_upload.ts";
import { removeLeftovers } from "./leftovers.ts";
import { Quota } from "./quota.ts";
import type { Uploads } from "./upload.ts";
import type { DiskUploadOptions, UploadTree } from "./upload_tree.ts";

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
