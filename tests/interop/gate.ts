// A gate that holds programs just before they start, until all that shall start together are there.
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { until } from "./harness.ts";

export interface Gate {
  /** To be put before the command line of each. */
  readonly behind: readonly string[];
  /** Lets all through, once so many wait; who comes later need not wait. */
  open(count: number): Promise<void>;
  /** Nobody should wait any more. */
  remove(): void;
}

/** More than ever come. */
const OPEN = 10_000;
/** Says that it is there, waits for one octet of the pipe, becomes the command. */
const WAITER = 'echo >>"$0/there"; read -r _ <"$0/pipe"; exec "$@"';

/** Makes a gate of files in a folder. */
export function makeGate(within: string): Gate {
  const folder = mkdtempSync(join(within, "gate-"));
  const [there, pipe] = [join(folder, "there"), join(folder, "pipe")];
  execFileSync("mkfifo", [pipe]);
  // For both, so that nobody waits in open(2).
  const fd = openSync(pipe, "r+");
  const waiting = () => existsSync(there) ? readFileSync(there).length : 0;
  return {
    behind: ["sh", "-c", WAITER, folder],
    async open(count) {
      await until(() => waiting() >= count, () => `${waiting()} of ${count} wait at the gate`);
      writeSync(fd, "\n".repeat(OPEN));
    },
    remove: () => closeSync(fd),
  };
}
