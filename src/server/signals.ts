// What signals ask of the server.
import process from "node:process";

/** Whom signals are told. */
export interface SignalEvents {
  end(why: string): void;
  reload(): void;
}

/** timeout(1) signals its child, and then its group with the child in it: that is one request. */
const DOUBLED_MS = 300;

/** Who asks twice does not want to wait; the exit code is then what shells say of a signal. */
export function obeySignals(events: SignalEvents): void {
  let first: { readonly why: string; readonly at: number } | null = null;
  const end = (why: string, code: number) => {
    const at = performance.now();
    first ??= { why, at };
    if (why !== first.why || at - first.at > DOUBLED_MS) process.exit(code);
    events.end(why);
  };
  process.on("SIGINT", () => end("interrupted", 130));
  process.on("SIGTERM", () => end("terminated", 143));
  process.on("SIGHUP", () => events.reload());
}
