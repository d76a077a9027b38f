// The server as its status pages describe it.
import type { Config } from "../config/config.ts";
import type { ServerInfo } from "../http/activity_view.ts";
import type { Listeners } from "./listeners.ts";
import { describeHits, type RuleHit } from "./rule_hits.ts";

/** What is known of the server. */
export interface InfoParts {
  readonly version: string;
  readonly startedAtMs: number;
  readonly config: Config;
  /** Null before anything is bound. */
  readonly listeners: Listeners | null;
  readonly ready: boolean;
  readonly ruleHits: readonly RuleHit[];
}

/** The description, as of now. */
export function serverInfo(parts: InfoParts): ServerInfo {
  const { version, startedAtMs, config, listeners, ready, ruleHits } = parts;
  const tftp = listeners?.tftp ?? null;
  const workers = tftp === null || tftp.requests.length === 1
    ? []
    : [{ name: "TFTP workers", value: `requests ended: ${tftp.requests.join(" + ")}` }];
  return {
    version,
    startedAtMs,
    root: config.root,
    driver: tftp?.notice ?? "TFTP is off",
    listeners: [
      ...(listeners?.bound.tftp ?? []).map((bound) => ({ via: "tftp" as const, ...bound })),
      ...(listeners?.bound.http ?? []).map((bound) => ({ via: "http" as const, ...bound })),
    ],
    ready,
    facts: [
      ...workers,
      { name: "Rewrite rules", value: describeHits(config.rewrite.length, ruleHits) },
      { name: "Access rules", value: String(config.access.length) },
      { name: "Uploads", value: config.upload.enabled ? "on" : "off" },
    ],
  };
}
