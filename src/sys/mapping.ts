// Files mapped into memory for the kernel to send from. JavaScript never looks into a mapping, so a
// file that shrinks gives EFAULT from the sending call and never a SIGBUS.
import { MMAP, SEEK_END } from "./layout.ts";
import type { Libc } from "./libc.ts";

/** A mapping of a whole file, read-only and shared. */
export interface Mapping {
  readonly address: number;
  readonly length: number;
}

/** Maps the first `length` octets (at least 1) of an open file; null when it cannot be mapped. */
export function mapFile(
  libc: Libc,
  { fd, length }: { readonly fd: number; readonly length: number },
): Mapping | null {
  const address = libc.calls.mmap(0, length, MMAP.read, MMAP.shared, fd, 0);
  return address === -1 ? null : { address, length };
}

/** Drops a mapping. No message that names it may be queued. */
export function unmap(libc: Libc, mapping: Mapping): void {
  libc.calls.munmap(mapping.address, mapping.length);
}

/** The size of an open file in octets, or -1. Moves its offset, which positioned reads ignore. */
export function fileSize(libc: Libc, fd: number): number {
  return libc.calls.lseek(fd, 0, SEEK_END);
}
