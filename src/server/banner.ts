// What the start-up lines say: what is served, where, under which rules, and by which driver.
import type { Config } from "../config/config.ts";
import { authority } from "../match/authority.ts";
import { surveyTree } from "../storage/loaders.ts";
import type { Bound } from "./bound.ts";

export interface BannerInput {
  readonly version: string;
  readonly config: Config;
  readonly configFile: string | null;
  readonly tftp: readonly Bound[];
  readonly http: readonly Bound[];
  /** Which UDP driver and why. */
  readonly notice: string;
}

/** The lines, in order, without the tree: that takes time. */
export function banner(input: BannerInput): string[] {
  const { config } = input;
  const lines = [
    `bootsrv ${input.version}, configuration: ${input.configFile ?? "flags and defaults"}`,
  ];
  if (input.tftp.length > 0) lines.push(`TFTP on ${addresses(input.tftp)}. ${input.notice}`);
  if (input.http.length > 0) lines.push(`HTTP on ${addresses(input.http)}`);
  lines.push(
    `Rewrite rules: ${config.rewrite.length}, access rules: ${config.access.length}, ` +
      `uploads: ${config.upload.enabled ? "on" : "off"}`,
  );
  return lines;
}

/**
 * What the root holds, or what was seen of it when `over` is aborted. Rejects with a message for the
 * operator where it cannot be read.
 */
export async function describeTree(root: string, over: AbortSignal): Promise<string> {
  const { real, files, bytes, loaders, complete } = await surveyTree(root, over);
  const name = real === root ? `"${root}"` : `"${root}" (really "${real}")`;
  const more = complete ? "" : "at least ";
  const platforms = [...new Set(loaders.map(({ platform }) => platform))].sort();
  return `Root ${name}: ${more}${files} files, ${size(bytes)}; ` +
    `boot loaders: ${platforms.length > 0 ? platforms.join(", ") : "none known"}`;
}

/** Addresses named; the portable driver has a socket for each that the machine has. */
const ADDRESSES_MAX = 8;

function addresses(list: readonly Bound[]): string {
  const named = list.slice(0, ADDRESSES_MAX).map(({ address, port }) => authority(address, port));
  if (list.length > ADDRESSES_MAX) named.push(`${list.length - ADDRESSES_MAX} more`);
  return named.join(", ");
}

function size(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
}
