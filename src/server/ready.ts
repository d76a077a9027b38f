// Telling whoever started us that everything listens: the ready file, and systemd.
import { rename, rm, writeFile } from "node:fs/promises";
import process from "node:process";
import { folderFault } from "../storage/disk_faults.ts";
import type { Bound } from "./bound.ts";
import type { Listeners } from "./listeners.ts";
import type { Log } from "./log/log.ts";

/** What listens where, as the ready file says it. */
export interface Ready {
  readonly pid: number;
  readonly tftp: readonly Bound[];
  readonly http: readonly Bound[];
  readonly driver: string;
}

/** Writes the ready file, where one is asked for; the log is told why it cannot be written. */
export async function tellReady(path: string, { tftp, bound }: Listeners, log: Log): Promise<void> {
  if (path === "") return;
  try {
    await writeReadyFile(path, { pid: process.pid, ...bound, driver: tftp?.driver ?? "none" });
  } catch (error) {
    log.error(`Cannot write ready file "${path}" (flag --ready-file): ${folderFault(error)}`);
  }
}

/** Writes the ready file: it appears whole or not at all. Rejects with the system's error. */
export async function writeReadyFile(path: string, ready: Ready): Promise<void> {
  const part = `${path}.${process.pid}.part`;
  try {
    await writeFile(part, JSON.stringify(ready) + "\n");
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
