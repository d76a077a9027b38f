// The limits of [limits] before the app: requests a second and transfers at a time, in all and for
// each client. The status pages are not counted: they are what one looks at when it is full.
import type { Admission, Limits } from "../resolve/admission.ts";
import { SparseNotice } from "../resolve/sparse_notice.ts";
import type { Exchange, HttpApp } from "./exchange.ts";
import { textReply } from "./reply.ts";
import { targetPath } from "./target.ts";

/** What is counted, and by what it is judged. */
export interface LimitOptions {
  readonly app: HttpApp;
  /** Counts HTTP alone; outlives a reload. */
  readonly admission: Admission;
  readonly limits: Limits;
  /** Whether there are status pages; requests for them are let through. */
  readonly status: boolean;
  /** Something an operator should know; called at most once a minute. */
  notice(text: string): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** The app within the limits; what is over them is answered 429 or 503 and not reported. */
export function limitedApp(options: LimitOptions): HttpApp {
  const { app, admission, limits, now } = options;
  const notice = new SparseNotice(options.notice);
  const over = (exchange: Exchange, limit: string, status: 429 | 503): Response => {
    notice.add(`Limit "${limit}" reached: turning away requests of ${exchange.client}`, now());
    const text = status === 429 ? "Too many requests\n" : "Server busy, try again\n";
    return textReply(status, text, { "Retry-After": status === 429 ? "1" : "2" });
  };
  return {
    fetch(request, exchange) {
      if (options.status && isStatusPath(exchange.target)) return app.fetch(request, exchange);
      const { client, gone } = exchange;
      if (!admission.request(client, limits.requestsPerSecondPerClientMax, now())) {
        return over(exchange, "requests-per-second-per-client", 429);
      }
      const limit = admission.refuses(client, limits);
      if (limit !== "") return over(exchange, limit, 503);
      if (!gone.aborted) {
        admission.started(client);
        gone.addEventListener("abort", () => admission.ended(client), { once: true });
      }
      return app.fetch(request, exchange);
    },
  };
}

function isStatusPath(target: string): boolean {
  const path = targetPath(target);
  return path === "/.bootsrv" || path.startsWith("/.bootsrv/");
}
