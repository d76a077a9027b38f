// What the app is given: everything it needs, nothing it makes itself.
import type { Context } from "hono";
import type { Report } from "../resolve/report.ts";
import type { Resolver } from "../resolve/resolution.ts";
import type { Uploads } from "../storage/upload.ts";
import type { ActivityView, ServerInfo } from "./activity_view.ts";
import type { Exchange } from "./exchange.ts";

/** The parts and settings of the app. */
export interface HttpAppOptions {
  readonly resolver: Pick<Resolver, "resolve" | "list">;
  /** Null where uploads are off; PUT is then not a method of this server. */
  readonly uploads: Uploads | null;
  readonly config: { readonly listing: boolean; readonly status: boolean };
  readonly activity: ActivityView;
  /** Takes the report of each request that has ended, except those for the status pages. */
  report(report: Report): void;
  /** What the status page says of the server itself. */
  info(): ServerInfo;
  /** The metrics in the Prometheus text format, with their media type. */
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  /** Reloads the configuration; the text says what came of it. */
  reload?(): Promise<{ readonly ok: boolean; readonly text: string }>;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** A hono context whose `env` is the exchange of the request. */
export type HttpContext = Context<{ Bindings: Exchange }>;
