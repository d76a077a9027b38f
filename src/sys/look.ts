// What stands at a path, by one system call and without an exception: statx (man statx(2)), whose
// structure is the same on every architecture. Where the C library lacks it, callers use node:fs.
import { openLibrary } from "./libc.ts";

/** Identity and version of a file; equal stamps mean that it has not been touched. */
export interface Stamp {
  readonly mode: number;
  readonly device: number;
  readonly inode: number;
  readonly size: number;
  /** Nanoseconds since 1970, rounded as doubles are. */
  readonly mtimeNs: number;
}

/** The stamp of what `path` leads to, links followed; null if there is nothing or no way to it. */
export type Look = (path: string) => Stamp | null;

const STATX = { parameters: ["i32", "buffer", "i32", "u32", "buffer"], result: "i32" } as const;
const AT_FDCWD = -100;
const BASIC_STATS = 0x7ff;
const STATX_BYTES = 256;
const PATH_BYTES_MAX = 4096;

/** Makes a look for this thread, or null where the C library has no statx or may not be called. */
export async function openLook(): Promise<Look | null> {
  try {
    const { statx } = await openLibrary({ statx: STATX });
    return lookWith(statx);
  } catch {
    return null;
  }
}

type Statx = (
  directory: number,
  path: Uint8Array<ArrayBuffer>,
  flags: number,
  mask: number,
  into: Uint8Array<ArrayBuffer>,
) => number;

function lookWith(statx: Statx): Look {
  const path = new Uint8Array(new ArrayBuffer(PATH_BYTES_MAX));
  const into = new Uint8Array(new ArrayBuffer(STATX_BYTES));
  const view = new DataView(into.buffer);
  const encoder = new TextEncoder();
  return (name) => {
    const { read, written } = encoder.encodeInto(name, path);
    if (read < name.length || written >= PATH_BYTES_MAX || name.includes("\0")) return null;
    path[written] = 0;
    if (statx(AT_FDCWD, path, 0, BASIC_STATS, into) !== 0) return null;
    return {
      mode: view.getUint16(28, true),
      inode: wide(view, 32),
      size: wide(view, 40),
      mtimeNs: wide(view, 112) * 1e9 + view.getUint32(120, true),
      device: view.getUint32(136, true) * 2 ** 32 + view.getUint32(140, true),
    };
  };
}

/** A 64-bit number that fits a double, as sizes and inodes do in practice. */
function wide(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32;
}
