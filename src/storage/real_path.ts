// Real paths, also where a runtime cannot ask for them: Bun 1.4 reads /proc, which a chroot hides.
import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { errorCode } from "./disk_faults.ts";

/** Links followed on one path, as in Linux. */
const LINKS_MAX = 40;

/** The path without links. Throws the system's error where there is nothing. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || !existsSync(path)) throw error;
    return walk(path);
  }
}

/** As `realPath`, part by part. What is found is only as good as the tree is at rest. */
export function walk(path: string): string {
  let real = "/";
  let linksLeft = LINKS_MAX;
  const parts = resolve(path).split("/").filter((part) => part !== "").reverse();
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const next = real === "/" ? `/${part}` : `${real}/${part}`;
    if (part === "..") real = dirname(real);
    else if (!lstatSync(next).isSymbolicLink()) real = next;
    else {
      if (linksLeft-- === 0) throw Object.assign(new Error(`Too many links: "${path}"`), ELOOP);
      const target = readlinkSync(next);
      if (target.startsWith("/")) real = "/";
      const more = target.split("/").filter((each) => each !== "" && each !== ".");
      parts.push(...more.reverse());
    }
  }
  return real;
}

const ELOOP = { code: "ELOOP" };
