// A file that is made anew by another program: it is there whole, new or old.
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";

/**
 * Lets `make` write a file beside `path`, then puts it in its place. Where `make` rejects, so does
 * this, and the old file is what it was. Makes the folder.
 */
export async function replaceFile(
  path: string,
  make: (temporaryPath: string) => Promise<void>,
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.part`;
  try {
    await make(temporary);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
