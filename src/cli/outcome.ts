// What the commands share: where output goes and which exit code comes of it.
import process from "node:process";

/** Exit codes of every command. */
export const EXIT = { fine: 0, failed: 1, usage: 2 } as const;

/** Set by the command that ran. */
export interface Outcome {
  code: number;
}

/** Writes to standard output; a reader that has gone away, as `head` does, is no error. */
export function print(text: string): void {
  write(process.stdout, text);
}

/** Writes to standard error, as `print` does. */
export function complain(text: string): void {
  write(process.stderr, text);
}

/** Whether standard error takes colours (https://no-color.org). */
export function colorful(): boolean {
  return process.stderr.isTTY === true && !process.env["NO_COLOR"];
}

function write(stream: NodeJS.WriteStream, text: string): void {
  if (stream.listenerCount("error") === 0) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  stream.write(text);
}
