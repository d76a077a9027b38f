// Telling systemd how the service is (sd_notify(3)): ready, reloading, stopping, alive.
import { openLibrary } from "./libc.ts";
import { openUnixDatagram } from "./unix_datagram.ts";

/** What a service manager is told. Without one, all of it does nothing. */
export interface Notifier {
  /** Everything listens, for the first time or after a reload. `status` is for people. */
  ready(status: string): void;
  reloading(): void;
  stopping(): void;
  /** The service is alive; to be called well within `watchdogMs`. */
  alive(): void;
  /** The manager ends a service that was silent for this long; null where it does not watch. */
  readonly watchdogMs: number | null;
  close(): void;
}

/** The environment, in which the manager has left NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
export type NotifyEnvironment = Readonly<Record<string, string | undefined>>;

/** Nobody is told anything. */
export const SILENT_NOTIFIER: Notifier = {
  ready() {},
  reloading() {},
  stopping() {},
  alive() {},
  watchdogMs: null,
  close() {},
};

/**
 * The notifier for this environment, silent where it names no socket. Rejects with what is wrong
 * where it names one that cannot be reached.
 */
export async function openNotifier(env: NotifyEnvironment, pid: number): Promise<Notifier> {
  const name = env.NOTIFY_SOCKET ?? "";
  if (name === "") return SILENT_NOTIFIER;
  const socket = await openUnixDatagram(name);
  const clock = await openMonotonic();
  const encoder = new TextEncoder();
  const tell = (...lines: string[]) => void socket.send(encoder.encode(lines.join("\n")));
  return {
    ready: (status) => tell("READY=1", `STATUS=${status.replace(/\p{Cc}+/gu, " ")}`),
    reloading: () => tell("RELOADING=1", `MONOTONIC_USEC=${clock()}`),
    stopping: () => tell("STOPPING=1"),
    alive: () => tell("WATCHDOG=1"),
    watchdogMs: watchdogOf(env, pid),
    close: () => socket.close(),
  };
}

function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: NotifyEnvironment, pid: number) {
  if ((WATCHDOG_PID ?? "") !== "" && WATCHDOG_PID !== String(pid)) return null;
  return /^[1-9]\d{0,15}$/.test(WATCHDOG_USEC ?? "") ? Number(WATCHDOG_USEC) / 1000 : null;
}

const CLOCK_MONOTONIC = 1;

/** Microseconds of CLOCK_MONOTONIC; the runtimes' own clocks begin with the process. */
async function openMonotonic(): Promise<() => bigint> {
  const { clock_gettime } = await openLibrary({
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  });
  const time = new BigInt64Array(new ArrayBuffer(16)); // struct timespec
  return () => {
    clock_gettime(CLOCK_MONOTONIC, time);
    return time[0]! * 1_000_000n + time[1]! / 1000n;
  };
}
