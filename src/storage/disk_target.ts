// Where an upload goes: the real directory, the file to replace if there is one, and whether it
// may be replaced. Each refusal is thrown as an UploadFault.
import { constants, type Stats } from "node:fs";
import { access, lstat, stat, statfs } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { quoted } from "../match/quoted.ts";
import type { FileName } from "../resolve/name.ts";
import { joined } from "./any_case.ts";
import { errorCode } from "./disk_faults.ts";
import { realPath } from "./real_path.ts";
import { UploadFault, uploadFaultOf } from "./upload_fault.ts";
import type { UploadTree } from "./upload_tree.ts";
import { VERSION_SUFFIX_BYTES } from "./versions.ts";

/** A place to upload to. */
export interface DiskTarget {
  /** Real path of the directory, which holds the temporary file too. */
  readonly directory: string;
  /** Real path of the file to be. */
  readonly path: string;
  /** The file that is replaced, or null. */
  readonly existing: Pick<Stats, "mode" | "uid" | "gid" | "size"> | null;
}

/** Finds the place for `name`; `size` is what the client announced, or null. */
export async function findTarget(
  tree: UploadTree,
  { name, size }: { readonly name: FileName; readonly size: number | null },
): Promise<DiskTarget> {
  const path = tree.root.join(spelling(tree, name));
  const found = await lstat(path).catch(missing);
  const target = found === null
    ? { path: `${realDirectory(tree, dirname(path))}/${basename(path)}`, existing: null }
    : await existingTarget(tree, path, found);
  if (target.existing === null && !tree.options.create) {
    throw new UploadFault("not-found", `${quoted(path)} does not exist (upload.create)`);
  }
  const directory = dirname(target.path);
  if (size !== null) await checkSpace(directory, size);
  return { ...target, directory };
}

/** The name as the tree spells it, as far as it exists. */
function spelling({ cases, options, root }: UploadTree, name: FileName): FileName {
  if (!options.caseInsensitive) return name;
  const found = cases.find(root.path, name);
  if (found !== null) return found as FileName;
  const slash = name.lastIndexOf("/");
  const directory = slash < 0 ? "" : cases.find(root.path, name.slice(0, slash));
  return directory === null ? name : joined(directory, name.slice(slash + 1)) as FileName;
}

function realDirectory(tree: UploadTree, directory: string): string {
  const real = realOrNull(directory);
  if (real === null && !tree.root.available()) {
    throw new UploadFault("unavailable", `Cannot open root "${tree.root.path}"`);
  }
  if (real === null) throw new UploadFault("not-found", `No such directory: ${quoted(directory)}`);
  const admitted = tree.root.admitPath(directory, real);
  if (typeof admitted !== "string") throw uploadFaultOf(admitted);
  return admitted === "/" ? "" : admitted;
}

async function existingTarget(tree: UploadTree, path: string, found: Stats) {
  const real = realOrNull(path);
  if (real === null) throw new UploadFault("forbidden", `Link ${quoted(path)} leads nowhere`);
  const admitted = tree.root.admitPath(path, real);
  if (typeof admitted !== "string") throw uploadFaultOf(admitted);
  const existing = found.isSymbolicLink() ? await stat(real) : found;
  if (!existing.isFile()) {
    throw new UploadFault("not-a-file", `${quoted(path)} is not a regular file`);
  }
  if (tree.options.overwrite === false) {
    throw new UploadFault("exists", `${quoted(path)} exists (upload.overwrite)`);
  }
  if (tree.options.requireWorldReadable && (existing.mode & WORLD_WRITABLE) === 0) {
    throw new UploadFault("forbidden", `${quoted(path)} is not writable for everybody`);
  }
  const long = Buffer.byteLength(basename(real)) > NAME_BYTES_MAX - VERSION_SUFFIX_BYTES;
  if (tree.options.overwrite === "version" && long) {
    throw new UploadFault("bad-name", `${quoted(path)} is too long a name for versions`);
  }
  await access(real, constants.W_OK);
  return { path: real, existing };
}

const WORLD_WRITABLE = 0o002;
/** NAME_MAX of Linux. */
const NAME_BYTES_MAX = 255;

// A disk that is too small is refused before the client has sent anything.
async function checkSpace(directory: string, size: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(directory || "/");
  if (blocks > 0 && bavail * bsize < size) {
    throw new UploadFault("no-space", `${size} octets announced, ${bavail * bsize} free`);
  }
}

function realOrNull(path: string): string | null {
  try {
    return realPath(path);
  } catch (error) {
    return missing(error);
  }
}

function missing(error: unknown): null {
  const code = errorCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") return null;
  throw error;
}
