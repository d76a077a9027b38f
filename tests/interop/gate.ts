// A gate that holds programs just before they start, until all that shall start together are there.
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { until } from "./harness.ts";

export interface Gate {
  /** To be put before the command line of each. */
  readonly behind: readonly string[];
  /** Lets so many through, once all of them wait. */
  open(count: number): Promise<void>;
  /** Nobody should wait any more. */
  remove(): void;
}

/** Says that it is there, waits for one octet of the pipe, becomes the command. */
const WAITER = 'echo >>"$0/there"; read -r _ <"$0/pipe"; exec "$@"';

/** Makes the only gate of a folder. */
export function makeGate(folder: string): Gate {
  const [there, pipe] = [join(folder, "there"), join(folder, "pipe")];
  execFileSync("mkfifo", [pipe]);
  // For both, so that nobody waits in open(2).
  const fd = openSync(pipe, "r+");
  const waiting = () => existsSync(there) ? readFileSync(there).length : 0;
  return {
    behind: ["sh", "-c", WAITER, folder],
    async open(count) {
      await until(() => waiting() >= count, () => `${waiting()} of ${count} wait at the gate`);
      writeSync(fd, "\n".repeat(count));
    },
    remove: () => closeSync(fd),
  };
}
