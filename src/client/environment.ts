// What the client needs from the process around it, so that tests can stand in for all of it.
import { writeSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { createDriver } from "../net/create.ts";
import type { UdpDriver } from "../net/driver.ts";

/** The world of one `get` or `put`. */
export interface ClientEnvironment {
  /** Writes file bytes to standard output, all of them, before it returns. May throw. */
  readonly stdout: (bytes: Uint8Array) => void;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Writes text for people. */
  readonly stderr: (text: string) => void;
  /** The terminal that a progress bar may be drawn on, or null. */
  readonly terminal: NodeJS.WritableStream | null;
  /** Aborted when the user has had enough. */
  readonly signal: AbortSignal;
  /** A fresh UDP driver; `onFault` hears each time of what the system refuses to send. */
  readonly createDriver: (onFault: (text: string) => void) => Promise<UdpDriver>;
  /** Addresses of a host, best first; none where it is unknown. Numeric ones give themselves. */
  readonly lookup: (host: string) => Promise<readonly HostAddress[]>;
  /** Our own addresses with their networks. */
  readonly ownNetworks: () => readonly OwnNetwork[];
  /** Undoes what making the environment did to the process. */
  readonly close: () => void;
}

export interface HostAddress {
  readonly family: 4 | 6;
  readonly host: string;
}

/** An address of an interface of ours. */
export interface OwnNetwork {
  readonly host: string;
  /** The address with the length of its prefix, as in "10.0.0.5/24"; null where unknown. */
  readonly cidr: string | null;
}

/** The environment of this process; SIGINT, SIGTERM and SIGHUP abort until it is closed. */
export function processEnvironment(): ClientEnvironment {
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stdout: (bytes) => writeAll(STDOUT, bytes),
    stdin: process.stdin,
    stderr: (text) => void process.stderr.write(text),
    terminal: process.stderr.isTTY ? process.stderr : null,
    signal: interrupt.signal,
    createDriver: async (onFault) =>
      (await createDriver({ wanted: "auto", onFault, yieldMs: YIELD_MS })).driver,
    lookup: lookupAll,
    ownNetworks: () =>
      Object.values(networkInterfaces()).flatMap((its) => its ?? [])
        .map(({ address, cidr }) => ({ host: address, cidr })),
    close: () => signals.forEach((signal) => process.off(signal, onSignal)),
  };
}

/** How long a signal or a progress bar may wait for the event loop while datagrams come in. */
const YIELD_MS = 100;
const STDOUT = 1;
/** How long to leave a full pipe to its reader before trying again. */
const PIPE_PAUSE_MS = 5;

/** A pipe may be non-blocking because its other end made it so. */
function writeAll(descriptor: number, bytes: Uint8Array): void {
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_PAUSE_MS);
    }
  }
}

async function lookupAll(host: string): Promise<readonly HostAddress[]> {
  try {
    const found = await lookup(host, { all: true, order: "verbatim" });
    return found.map(({ address, family }) => ({ host: address, family: family === 6 ? 6 : 4 }));
  } catch {
    return [];
  }
}
