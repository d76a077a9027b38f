// The main thread's handle on one TFTP worker: starts it, passes its words on, wakes it, stops it.
import type { Config } from "../../config/config.ts";
import type { Uploads } from "../../storage/upload.ts";
import { EventFd } from "../../sys/eventfd.ts";
import { openLibc } from "../../sys/libc.ts";
import type { BindRefusal } from "../bound.ts";
import type { Told } from "../log/told.ts";
import type { FromWorker, Place, Snapshot, ToWorker } from "./messages.ts";
import { UploadDesk } from "./upload_desk.ts";

/** What a worker has to tell. */
export interface ThreadEvents {
  /** Requests that have ended, notices and traced packets, in their order. */
  told(told: readonly Told[]): void;
  /** How often each rewrite rule has held since the last `configure`. */
  hits(hits: readonly number[]): void;
  live(snapshot: Snapshot): void;
  /** The driver sends in another way from here on. */
  sending(text: string): void;
  /** The worker has died of something unforeseen; nothing is served by it any more. */
  crashed(text: string): void;
  /** The uploads of the configuration in force. */
  uploads(): Uploads;
}

type Listening = Extract<FromWorker, { kind: "listening" }>;

/** A worker that listens. */
export interface TftpThread extends Listening {
  /** Serves by this configuration; before the first call, requests wait. */
  configure(config: Config): void;
  /** Resolves when the worker has answered: it is alive. */
  ping(): Promise<void>;
  /** Ends all transfers with this text for their peers; resolves when the sockets are closed. */
  stop(text: string): Promise<void>;
}

/** Why there is no worker. */
export interface ThreadFault {
  readonly kind: "fault";
  readonly faults: readonly BindRefusal[];
}

/** What a worker begins with. */
export interface ThreadOptions {
  readonly config: Config;
  readonly place: Place;
  readonly events: ThreadEvents;
}

/** How long a stop may take before the worker is ended without its say. */
const STOP_MS_MAX = 2_000;

/** Starts a worker; resolves to its handle, or to why it cannot listen. */
export async function startThread(options: ThreadOptions): Promise<TftpThread | ThreadFault> {
  const { config, place, events } = options;
  const wake = config.tftp.driver === "portable" ? null : await openWake();
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const post = (message: ToWorker) => {
    worker.postMessage(message);
    wake?.signal();
  };
  const desk = new UploadDesk(events.uploads, (id, event) => post({ kind: "upload", id, event }));
  const stopped = Promise.withResolvers<void>();
  const started = Promise.withResolvers<Extract<FromWorker, { kind: "listening" | "fault" }>>();
  /** Those who wait for an answer, in the order they asked. */
  const pinging: (() => void)[] = [];
  worker.onmessage = ({ data }: { data: FromWorker }) => {
    switch (data.kind) {
      case "listening":
      case "fault":
        return started.resolve(data);
      case "stopped":
        return stopped.resolve();
      case "pong":
        return pinging.shift()?.();
      default:
        return passOn(data, { events, desk });
    }
  };
  worker.onerror = (event) => {
    event.preventDefault();
    const text = event.message || "TFTP worker failed";
    started.resolve({ kind: "fault", faults: [{ text, reason: "other", port: 0 }] });
    events.crashed(text);
    stopped.resolve();
  };
  post({ kind: "start", config, wakeFd: wake?.fd ?? null, place });
  const answer = await started.promise;
  if (answer.kind === "fault") {
    worker.terminate();
    wake?.close();
    return answer;
  }
  return {
    ...answer,
    configure: (config) => post({ kind: "configure", config }),
    ping() {
      const pong = Promise.withResolvers<void>();
      pinging.push(pong.resolve);
      post({ kind: "ping" });
      return pong.promise;
    },
    async stop(text) {
      post({ kind: "stop", text });
      const timer = setTimeout(stopped.resolve, STOP_MS_MAX);
      await stopped.promise;
      clearTimeout(timer);
      desk.close();
      worker.terminate();
      wake?.close();
    },
  };
}

type News = Exclude<FromWorker, { kind: "listening" | "fault" | "stopped" | "pong" }>;

function passOn(
  news: News,
  { events, desk }: { readonly events: ThreadEvents; readonly desk: UploadDesk },
) {
  switch (news.kind) {
    case "told":
      return events.told(JSON.parse(news.json));
    case "hits":
      return events.hits(news.hits);
    case "live":
      return events.live(news);
    case "sending":
      return events.sending(news.text);
    default:
      return desk.serve(news);
  }
}

/** Null where C cannot be called: the worker will find that, too, and say why. */
async function openWake(): Promise<EventFd | null> {
  try {
    return new EventFd(await openLibc());
  } catch {
    return null;
  }
}
