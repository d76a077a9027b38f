// Where things of the project lie, and what kind of run this is. Shared by scripts and interop
// tests; nothing in src knows it.
import { join } from "node:path";
import process from "node:process";

/** Absolute path of the checkout. */
export const ROOT = join(import.meta.dirname!, "..", "..");

/** What setup fetches: tools that are not installed system-wide, the netboot tree. */
export const CACHE = join(ROOT, ".cache");

/** A real installer's boot tree, about 140 MB in 590 files; made by setup. */
export const NETBOOT_TREE = join(CACHE, "netboot");

/** Packages that are unpacked rather than installed, a folder for each; made by setup. */
export const UNPACKED = join(CACHE, "unpacked");

/** The binary that the build makes for this machine. */
export const BINARY = join(ROOT, "dist", "bootsrv");

/** In continuous integration a missing tool is an error, never a silent skip. */
export function inCi(): boolean {
  const value = process.env.CI ?? "";
  return value !== "" && value !== "0" && value !== "false";
}

/** Whether this process is root on a POSIX system. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
