// TFTP as the main thread sees it: one worker, or several that share their ports and are told and
// asked together.
import type { Config } from "../../config/config.ts";
import type { BindRefusal, Bound } from "../bound.ts";
import { reportsAmong } from "../log/told.ts";
import type { Place, Snapshot } from "./messages.ts";
import { startThread, type TftpThread, type ThreadEvents, type ThreadFault } from "./thread.ts";
import { shareOf } from "./worker_share.ts";

/** What the workers have to tell. */
export interface TftpEvents extends Omit<ThreadEvents, "live" | "hits" | "sending"> {
  /** Something an operator should know. */
  notice(text: string): void;
  /** How often each rewrite rule has held in one worker, since the last `configure`. */
  hits(worker: number, hits: readonly number[]): void;
  /** What one worker, counted from 0, has under way; replaces what it said before. */
  live(worker: number, snapshot: Snapshot): void;
}

/** Workers that listen. */
export interface TftpServer {
  readonly kind: "listening";
  readonly bound: readonly Bound[];
  readonly driver: string;
  /** Which driver and why, and what it has been refused so far. */
  readonly notice: string;
  /** Requests that have ended, by worker. */
  readonly requests: readonly number[];
  /** Serves by this configuration; before the first call, requests wait. */
  configure(config: Config): void;
  /** Resolves when every worker has answered: all are alive. */
  ping(): Promise<void>;
  /** Ends all transfers with this text for their peers; resolves when the sockets are closed. */
  stop(text: string): Promise<void>;
}

/** How to start. */
export interface TftpOptions {
  readonly events: TftpEvents;
  /** Descriptors of sockets that whoever started us has opened; null to bind our own. */
  readonly given: readonly number[] | null;
}

/** Starts the workers; resolves to a handle on all of them, or to why they cannot listen. */
export async function startTftp(
  config: Config,
  { events, given }: TftpOptions,
): Promise<TftpServer | ThreadFault> {
  // A given socket is one, so one worker reads it.
  const workers = given === null ? config.tftp.workers : 1;
  const requests = new Array<number>(workers).fill(0);
  const refusals = new Refusals((text) => events.notice(text));
  const start = (index: number, place: Place) =>
    startThread({
      config: shareOf(config, { index, workers }),
      place,
      events: {
        ...events,
        told(told) {
          requests[index]! += reportsAmong(told).length;
          events.told(told);
        },
        hits: (hits) => events.hits(index, hits),
        live: (snapshot) => events.live(index, snapshot),
        sending: (text) => refusals.add(text),
      },
    });
  const place: Place = given === null
    ? { kind: "bind", shared: workers > 1 }
    : { kind: "adopt", fds: given };
  const first = await start(0, place);
  if (first.kind === "fault") return first;
  const { driver, notice, tftp: bound } = first;
  if (workers > 1 && driver !== "linux") {
    await first.stop("Server cannot start");
    const text =
      `Cannot run ${workers} TFTP workers: they share their port by the Linux UDP driver`;
    return { kind: "fault", faults: [fault(`${text}. ${notice}`), fault('Set "workers" to 1')] };
  }
  const others = await Promise.all(
    requests.slice(1).map((_, index) => start(index + 1, { kind: "join", bound })),
  );
  const threads = [first, ...others].filter((each) => each.kind === "listening");
  const faults = others.filter((each) => each.kind === "fault").flatMap((each) => each.faults);
  if (faults.length > 0) {
    await stopAll(threads, "Server cannot start");
    return { kind: "fault", faults };
  }
  refusals.announced = true;
  return {
    ...{ kind: "listening", bound, driver, requests },
    get notice() {
      return [notice, ...refusals.texts].join("; ");
    },
    configure: (config) =>
      threads.forEach((thread, index) => thread.configure(shareOf(config, { index, workers }))),
    ping: () => Promise.all(threads.map((thread) => thread.ping())).then(() => {}),
    stop: (text) => stopAll(threads, text),
  };
}

/** Ways of sending that were refused: those at the start are in the banner, the others are told. */
class Refusals {
  /** Each once, however many workers met it. */
  readonly texts = new Set<string>();
  announced = false;
  readonly #tell: (text: string) => void;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  add(text: string) {
    if (this.announced && !this.texts.has(text)) this.#tell(text);
    this.texts.add(text);
  }
}

async function stopAll(threads: readonly TftpThread[], text: string): Promise<void> {
  await Promise.all(threads.map((thread) => thread.stop(text)));
}

function fault(text: string): BindRefusal {
  return { text, reason: "other", port: 0 };
}
