// Temporary directories that are gone when the process is, whichever way it ends but SIGKILL.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

export interface TemporaryFolder {
  /** Absolute path. */
  readonly path: string;
  /** Removes it before the process ends. */
  remove(): void;
}

/** Makes an empty directory; `label` is part of its name. */
export function temporaryFolder(label: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `bootsrv-${label}-`));
  const remove = () => rmSync(path, { recursive: true, force: true });
  process.on("exit", remove);
  return {
    path,
    remove: () => {
      process.off("exit", remove);
      remove();
    },
  };
}
