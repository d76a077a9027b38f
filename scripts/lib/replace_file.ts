// A file that is made anew by another program: it is there whole, new or old.
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * Lets `make` write a file of the same name in a folder beside `path`, then puts it in its place:
 * what compiles writes that name into what it makes. Where `make` rejects, so does this, and the
 * old file is what it was. Makes the folder of `path`.
 */
export async function replaceFile(
  path: string,
  make: (temporaryPath: string) => Promise<void>,
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const folder = mkdtempSync(`${path}.part-`);
  try {
    const temporary = join(folder, basename(path));
    await make(temporary);
    renameSync(temporary, path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
