// Where the octets of an upload wait until they are complete: a hidden file beside the target,
// renamed over it in one step. Where the directory may not be written to but the file may, as
// tftpd(8) has it, they wait in the system's temporary folder, or in memory where a chroot hides
// that, and are then copied into the file.
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, lstat, open, readlink, rename, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { quoted } from "../match/quoted.ts";
import { errorCode } from "./disk_faults.ts";
import type { DiskTarget } from "./disk_target.ts";
import { partName } from "./part_names.ts";
import { UploadFault, uploadFaultOf } from "./upload_fault.ts";
import type { UploadTree } from "./upload_tree.ts";
import { keepVersion } from "./versions.ts";

/** An upload's own file. Whoever staged it ends it with `discard`, after `publish` or instead. */
export interface Staged {
  /** Appends the octets. */
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written the target, once it is safe. Rejects with the reason if it cannot. */
  publish(): Promise<void>;
  /** Closes what is open and removes what has not become the target. */
  discard(): Promise<void>;
}

/** Mode of a new file, less the umask. */
const NEW_FILE_MODE = 0o666;
/** Octets copied in one step. */
const COPY_BYTES = 1024 * 1024;
/** Octets of one upload that may wait in memory. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;

const TEMP_FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL |
  (constants.O_NOFOLLOW ?? 0);
const IN_PLACE_FLAGS = constants.O_WRONLY | (constants.O_NOFOLLOW ?? 0);

/** Opens a place for an upload to `target`. Rejects with the reason if there is none. */
export async function stage(tree: UploadTree, target: DiskTarget): Promise<Staged> {
  try {
    return await stageBeside(tree, target);
  } catch (error) {
    const inPlace = target.existing !== null && tree.options.overwrite === true;
    if (!inPlace || !["EACCES", "EPERM", "EROFS"].includes(errorCode(error))) throw error;
    return await stageElsewhere(tree, target);
  }
}

async function stageBeside(tree: UploadTree, target: DiskTarget): Promise<Staged> {
  const { directory, existing } = target;
  const path = `${directory}/${partName(randomUUID())}`;
  const handle = await open(path, TEMP_FLAGS, NEW_FILE_MODE);
  let left = true;
  const discard = async () => {
    if (left) await remove(handle, path);
    left = false;
    await handle.close().catch(() => {});
  };
  try {
    // The directory was checked by its path: this proves that it is still the same one.
    await admit(tree, handle, path);
    if (existing !== null) {
      // The owner first, as a change of owner takes bits off the mode; only root can give files
      // away.
      await handle.chown(existing.uid, existing.gid).catch(() => {});
      await handle.chmod(existing.mode & 0o777);
    }
  } catch (error) {
    await discard();
    throw error;
  }
  const publish = async () => {
    await handle.sync();
    await replace(tree, path, target.path);
    left = false;
    await syncDirectory(directory || "/");
  };
  return { write: (bytes) => append(handle, bytes), publish, discard };
}

/** Removes the file that was opened at `path`, also where its folder has been moved away since. */
async function remove(handle: FileHandle, path: string): Promise<void> {
  try {
    await unlink(path);
  } catch {
    const real = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => "");
    if (basename(real) === basename(path)) await unlink(real).catch(() => {});
  }
}

async function append(handle: FileHandle, bytes: Uint8Array, at: number | null = null) {
  for (let offset = 0; offset < bytes.length;) {
    const position = at === null ? null : at + offset;
    const step = await handle.write(bytes, offset, bytes.length - offset, position);
    offset += step.bytesWritten;
  }
}

async function replace(tree: UploadTree, from: string, to: string): Promise<void> {
  const { overwrite, now } = tree.options;
  if (overwrite === true) return await rename(from, to);
  if (overwrite === false) return await renameIfFree(from, to);
  const version = await keepVersion(to, now());
  try {
    await rename(from, to);
  } catch (error) {
    if (version !== null) await unlink(version).catch(() => {});
    throw error;
  }
}

async function stageElsewhere(tree: UploadTree, target: DiskTarget): Promise<Staged> {
  const file = await open(target.path, IN_PLACE_FLAGS);
  try {
    await admit(tree, file, target.path);
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
  const waiting = await openWaiting();
  return {
    write: (bytes) => waiting.write(bytes),
    publish: () => copyInto(file, waiting),
    async discard() {
      await waiting.close();
      await file.close().catch(() => {});
    },
  };
}

/** Octets on their way to a file that is written to in place. */
interface Waiting {
  write(bytes: Uint8Array): Promise<void>;
  /** The octets from `offset` on, some of them; none at the end. */
  read(offset: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

async function openWaiting(): Promise<Waiting> {
  const path = `${tmpdir()}/${partName(randomUUID())}`;
  const handle = await open(path, TEMP_FLAGS, 0o600).catch(() => null);
  if (handle === null) return waitInMemory();
  await unlink(path).catch(() => {}); // It lives as long as its handle.
  const buffer = new Uint8Array(COPY_BYTES);
  return {
    write: (bytes) => append(handle, bytes),
    async read(offset) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
      return buffer.subarray(0, bytesRead);
    },
    close: () => handle.close().catch(() => {}),
  };
}

function waitInMemory(): Waiting {
  const chunks: { readonly start: number; readonly bytes: Uint8Array }[] = [];
  let length = 0;
  return {
    write(bytes) {
      if (length + bytes.length > MEMORY_BYTES_MAX) {
        const detail = `More than the ${MEMORY_BYTES_MAX} octets that may wait in memory`;
        return Promise.reject(new UploadFault("too-large", detail));
      }
      chunks.push({ start: length, bytes: bytes.slice() });
      length += bytes.length;
      return Promise.resolve();
    },
    // Read in order, so that the next chunk is always the first one left.
    read(offset) {
      while (chunks[0] !== undefined && chunks[0].start < offset) chunks.shift();
      return Promise.resolve(chunks[0]?.bytes ?? new Uint8Array(0));
    },
    close: () => Promise.resolve(),
  };
}

// All of it is here by now, so that only a crash of the machine can leave a mixture.
async function copyInto(file: FileHandle, waiting: Waiting): Promise<void> {
  let length = 0;
  for (;;) {
    const bytes = await waiting.read(length);
    if (bytes.length === 0) break;
    await append(file, bytes, length);
    length += bytes.length;
  }
  await file.truncate(length);
  await file.sync();
}

async function admit(tree: UploadTree, handle: FileHandle, path: string): Promise<void> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new UploadFault("not-a-file", `${quoted(path)} is not a regular file`);
  const { dev, ino } = stat;
  const admitted = tree.root.admit({ fd: handle.fd, path, dev, ino });
  if (typeof admitted !== "string") throw uploadFaultOf(admitted);
}

/** Renames unless the new name is taken; a link cannot replace a file, however late that comes. */
async function renameIfFree(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!NO_LINKS.has(errorCode(error))) throw error;
    const found = await lstat(to).catch(() => null);
    if (found !== null) throw new UploadFault("exists", `${quoted(to)} has appeared meanwhile`);
    await rename(from, to);
    return;
  }
  await unlink(from).catch(() => {}); // What stays is hidden, and removed at a later start.
}

/** What file systems without hard links (FAT) answer. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

// Without it a power cut could take the new name back, and with it the whole file.
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY).catch(() => null);
  try {
    await handle?.sync();
  } catch (error) {
    if (errorCode(error) === "EIO") throw error;
  } finally {
    await handle?.close();
  }
}
