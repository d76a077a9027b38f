// Dated copies of files that uploads replace: NAME.YYYYMMDD.NN, the names of FreeBSD's tftpd -W.
// There the new file gets the date; here the old one does, with the day it was written, so that
// the plain name is always the latest and each version has the name it would have there.
import { constants } from "node:fs";
import { copyFile, link, lstat } from "node:fs/promises";
import { quoted } from "../match/quoted.ts";
import { errorCode } from "./disk_faults.ts";
import { UploadFault } from "./upload_fault.ts";

/** Octets that a version's name is longer. */
export const VERSION_SUFFIX_BYTES = ".20260101.000".length;
/** Versions of one file from one day. */
const VERSIONS_MAX = 1000;

/**
 * Gives the file at `path` a second name with its date; null where there is no file. `nowMs` is
 * the date of files that have none. Rejects with an UploadFault when a day's names are used up.
 */
export async function keepVersion(path: string, nowMs: number): Promise<string | null> {
  const stat = await lstat(path).catch(() => null);
  if (stat === null) return null;
  const day = dayOf(stat.mtimeMs > 0 ? stat.mtimeMs : nowMs);
  for (let number = 0; number < VERSIONS_MAX; number++) {
    const version = `${path}.${day}.${String(number).padStart(2, "0")}`;
    try {
      await keep(path, version);
      return version;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return null;
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }
  throw new UploadFault(
    "no-space",
    `${quoted(path)} has ${VERSIONS_MAX} versions of ${day} already`,
  );
}

// A link keeps the plain name in place until the new file takes it over.
async function keep(path: string, version: string): Promise<void> {
  try {
    await link(path, version);
  } catch (error) {
    if (["EEXIST", "ENOENT"].includes(errorCode(error))) throw error;
    await copyFile(path, version, constants.COPYFILE_EXCL);
  }
}

function dayOf(ms: number): string {
  const date = new Date(ms);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
}
