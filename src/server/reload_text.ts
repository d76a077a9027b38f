// What a reload has come to, in words.
import { type Change, changesOf, changeText } from "../config/changes.ts";
import type { Config } from "../config/config.ts";

/** The configurations to compare. */
export interface ReloadChange {
  /** The one that the listeners were bound and the threads started under. */
  readonly started: Config;
  readonly before: Config;
  readonly after: Config;
}

/** Changes named; a file that was rewritten whole needs no whole page in the log. */
const CHANGES_MAX = 40;

/** What has changed, key by key, and what of it only a restart brings about. */
export function reloadText({ started, before, after }: ReloadChange): string {
  const changes = changesOf(before, after).filter((change) => !change.needsRestart);
  const waiting = changesOf(started, after).filter((change) => change.needsRestart);
  const lines = ["Configuration reloaded" + (changes.length === 0 ? ", nothing has changed" : "")];
  lines.push(...listed(changes));
  if (waiting.length > 0) lines.push("Only a restart brings about:", ...listed(waiting));
  return lines.join("\n");
}

function listed(changes: readonly Change[]): readonly string[] {
  const lines = changes.slice(0, CHANGES_MAX).map((change) => `  ${changeText(change)}`);
  const more = changes.length - lines.length;
  return more === 0 ? lines : [...lines, `  and ${more} more`];
}
