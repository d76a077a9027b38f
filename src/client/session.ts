// What get and put have in common: the words on standard error, the progress bar, the exit codes.
import type { ClientEnvironment } from "./environment.ts";
import type { Outcome, Watcher } from "./conversation.ts";
import { failureText, unacknowledgedText } from "./failure.ts";
import type { HttpEnd, HttpJob } from "./http.ts";
import type { TransferOptions } from "./options.ts";
import { type Figures, NO_PROGRESS, openProgress, type Progress, summaryText } from "./report.ts";
import { shown } from "./text.ts";
import type { TftpEnd, TftpJob } from "./tftp.ts";
import { Trace } from "./trace.ts";
import { type HttpUrl, parseUrl, type TftpUrl } from "./url.ts";

/** Exit codes of the client. */
export const EXIT = { done: 0, failed: 1, misused: 2, interrupted: 130 } as const;

/** What a TFTP transfer was about, for its messages. */
export interface Subject {
  readonly operation: "rrq" | "wrq";
  readonly name: string;
  /** Our file as typed. */
  readonly file: string;
}

const HTTP_TIMEOUT_MS_DEFAULT = 30_000;

/** Runs a `get` or `put` on the URL of its options, and gives the exit code. Closes the environment. */
export async function inSession(
  { options, environment }: {
    readonly options: TransferOptions;
    readonly environment: ClientEnvironment;
  },
  run: (session: Session, url: TftpUrl | HttpUrl) => Promise<number>,
): Promise<number> {
  const session = new Session(options, environment);
  try {
    const url = parseUrl(options.url);
    if (url.kind === "bad") return session.misused(url.reason);
    if (url.kind === "http" && options.mode === "netascii") {
      return session.misused("Mode netascii is known to TFTP only, not to HTTP");
    }
    return await run(session, url);
  } finally {
    session.close();
  }
}

/** One run of `get` or `put`. */
export class Session {
  readonly options: TransferOptions;
  readonly environment: ClientEnvironment;
  readonly #trace: Trace | null;
  #progress: Progress = NO_PROGRESS;

  constructor(options: TransferOptions, environment: ClientEnvironment) {
    this.options = options;
    this.environment = environment;
    this.#trace = options.trace ? new Trace((line) => environment.stderr(line + "\n")) : null;
  }

  /** Prepares the bar, where there is a terminal to draw on and nothing else to print. */
  async begin(name: string): Promise<void> {
    const { terminal } = this.environment;
    if (terminal === null || this.options.quiet || this.options.trace) return;
    this.#progress = await openProgress(terminal, name);
  }

  /** All of a TFTP job but what makes it a get or a put. */
  tftpJob(
    url: TftpUrl,
    mode: TftpJob["mode"],
  ): Omit<TftpJob, "operation" | "cargo" | "multicast" | "interfaceHost"> {
    return {
      url,
      mode,
      options: this.options,
      environment: this.environment,
      trace: this.#trace,
      watch: this.#watch,
      note: (text) => this.#note(text),
    };
  }

  /** An HTTP job on this URL. */
  httpJob({ url }: HttpUrl): HttpJob {
    const { timeoutSeconds } = this.options;
    return {
      url,
      timeoutMs: timeoutSeconds === null ? HTTP_TIMEOUT_MS_DEFAULT : timeoutSeconds * 1000,
      signal: this.environment.signal,
      trace: this.#trace,
      watch: this.#watch,
    };
  }

  /** Reports the end of a TFTP job; `figures` is asked for only if all went well. */
  endOfTftp(end: TftpEnd, subject: Subject, figures: (outcome: Outcome) => Figures): number {
    if (end.kind === "aborted") return this.#interrupted(subject.name);
    if (end.kind === "unsent") return this.failed(end.reason);
    const { outcome, sendFault } = end;
    switch (outcome.result.kind) {
      case "done":
        return this.#done(figures(outcome));
      case "done-unacknowledged":
        return this.failed(unacknowledgedText(outcome, subject.name));
      case "probe":
        return this.failed(`Server refused ${shown(subject.name)}`);
      case "failed": {
        const { failure } = outcome.result;
        if (failure.kind === "aborted") return this.#interrupted(subject.name);
        return this.failed(failureText(failure, { ...subject, outcome, sendFault }));
      }
    }
  }

  /** Reports the end of an HTTP job. A fault of our file is the caller's to report. */
  endOfHttp(
    end: Exclude<HttpEnd, { kind: "file" }>,
    name: string,
    figures: () => Pick<Figures, "bytes" | "digest">,
  ): number {
    if (end.kind === "aborted") return this.#interrupted(name);
    if (end.kind === "failed") return this.failed(end.text);
    const { status, elapsedMs } = end;
    return this.#done({ name, elapsedMs, details: [status], ...figures() });
  }

  /** A failure, told whatever the options say. */
  failed(text: string): number {
    this.#say(text);
    return EXIT.failed;
  }

  /** A request that makes no sense. */
  misused(text: string): number {
    this.#say(text);
    return EXIT.misused;
  }

  close(): void {
    this.#progress.stop();
    this.environment.close();
  }

  readonly #watch: Watcher = (doneBytes, totalBytes) => {
    this.#progress.update(doneBytes, totalBytes);
  };

  #done(figures: Figures): number {
    if (!this.options.quiet) this.#say(summaryText(figures));
    return EXIT.done;
  }

  #interrupted(name: string): number {
    this.#say(`Transfer of ${shown(name)} aborted by user`);
    return EXIT.interrupted;
  }

  #note(text: string): void {
    if (!this.options.quiet) this.#say(`Note: ${text}`);
  }

  #say(text: string): void {
    this.#progress.stop();
    this.environment.stderr(text + "\n");
  }
}
