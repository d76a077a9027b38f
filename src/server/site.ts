// What is served under one configuration: the tree, its rules, its uploads and the HTTP app over
// them. A reload makes a new one and swaps it in whole; requests keep the one they began with.
import type { Config } from "../config/config.ts";
import type { ServerInfo } from "../http/activity_view.ts";
import { createHttpApp } from "../http/app.ts";
import type { HttpAppOptions } from "../http/deps.ts";
import type { HttpApp } from "../http/exchange.ts";
import { limitedApp } from "../http/limits.ts";
import type { Admission } from "../resolve/admission.ts";
import type { Report } from "../resolve/report.ts";
import type { Uploads } from "../storage/upload.ts";
import type { Activity } from "./activity.ts";
import type { Metrics } from "./metrics.ts";
import { openTree, openUploads, type TreeTools } from "./tree.ts";

/** One configuration at work, on the main thread. */
export interface Site {
  readonly config: Config;
  readonly uploads: Uploads;
  readonly app: HttpApp;
  /** How often each rewrite rule has held for HTTP. */
  hits(): readonly number[];
}

/** What outlives a reload. */
export interface SiteParts {
  readonly activity: Activity;
  readonly metrics: Metrics;
  /** Counts HTTP requests and transfers. */
  readonly admission: Admission;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly tools: TreeTools;
  report(report: Report): void;
  notice(text: string): void;
  info(): ServerInfo;
  reload: NonNullable<HttpAppOptions["reload"]>;
}

/** Opens nothing on the disk yet. Throws where a rule does not compile. */
export function openSite(config: Config, parts: SiteParts): Site {
  const { now, activity, metrics } = parts;
  const resolver = openTree(config, parts.tools);
  const { http, upload } = config;
  const uploads = openUploads(config);
  const app = createHttpApp({
    resolver,
    uploads: upload.enabled ? uploads : null,
    config: { listing: http.listing, status: http.status },
    activity,
    report: parts.report,
    info: parts.info,
    metrics: () => metrics.collect(),
    reload: parts.reload,
    now,
  });
  const { admission, notice } = parts;
  const { limits } = config;
  return {
    config,
    uploads,
    hits: () => resolver.hits(),
    app: limitedApp({ app, admission, limits, status: http.status, notice, now }),
  };
}
