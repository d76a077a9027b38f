// hosts.allow and hosts.deny (hosts_access(5)), by which libwrap lets clients ask atftpd and
// tftpd-hpa: the first line of the first file that fits lets them, then one of the second refuses.
import { parseNetwork } from "../match/network.ts";
import type { Draft, Place } from "./draft.ts";
import type { SourceFile } from "./imported.ts";

/** Whether a file is one of the two, by its name: what is in them could be anything. */
export function isHostsFile({ source }: SourceFile): boolean {
  return /(?:^|\/)hosts\.(?:allow|deny)$/.test(source);
}

/** Writes what they say as rows of [[access]]. */
export function importHostsFiles(draft: Draft, files: readonly SourceFile[]): void {
  const rules = [".allow", ".deny"].flatMap((end) =>
    files.filter(({ source }) => source.endsWith(end)).flatMap((file) => rulesOf(draft, file))
  );
  if (rules.length === 0) return;
  const all = ["read", "write"];
  for (const { place, clients, allows } of rules) {
    draft.row("access", { clients, allow: allows ? all : [] }, place);
  }
  const place = { source: "hosts_access(5)", line: 0, text: "who is in neither file" };
  draft.row("access", { allow: all }, place);
}

interface Rule {
  readonly place: Place;
  /** Undefined for everybody. */
  readonly clients: readonly string[] | undefined;
  readonly allows: boolean;
}

/** Names that libwrap knows the daemons by; it compares all words in any letter case. */
const DAEMONS = new Set(["all", "in.tftpd", "tftpd", "atftpd"]);

function rulesOf(draft: Draft, { source, text }: SourceFile): readonly Rule[] {
  const rules: Rule[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const place = { source, line: index + 1, text: lines[index]! };
    while (place.text.endsWith("\\") && index + 1 < lines.length) {
      place.text = place.text.slice(0, -1) + lines[++index]!;
    }
    const rule = place.text.startsWith("#") ? null : ruleOf(draft, place);
    if (rule !== null) rules.push(rule);
  }
  return rules;
}

function ruleOf(draft: Draft, place: Place): Rule | null {
  // Addresses of IPv6 stand in brackets, colons and all.
  const [daemons = "", clients = "", ...options] = place.text
    .split(/:(?![^[]*\])/).map((part) => part.trim());
  const names = daemons.split(/[\s,]+/).map((name) => name.split("@")[0]!.toLowerCase());
  if (!names.some((name) => DAEMONS.has(name))) return null;
  let allows = place.source.endsWith(".allow");
  for (const option of options.filter((text) => text !== "")) {
    if (/^(?:allow|deny)$/i.test(option)) allows = /^allow$/i.test(option);
    else draft.note(place, `"${option}" has no equal`, "hooks.transfer-end is run for transfers");
  }
  const except = /\bEXCEPT\b/i.test(`${daemons} ${clients}`);
  if (except) draft.note(place, "A rule has no exceptions", EXCEPT_HINT);
  const patterns = clients.split(/[\s,]+/).filter((pattern) => pattern !== "");
  const strange = patterns.filter((pattern) => !isAll(pattern) && networkOf(pattern) === null);
  if (!except) {
    for (const pattern of strange) draft.note(place, `"${pattern}" is no network`, NAME_HINT);
  }
  // What cannot be said exactly lets nobody in who would have been kept out.
  if (!allows && (except || strange.length > 0)) return { place, clients: undefined, allows };
  if (except) return null;
  if (patterns.some(isAll)) return { place, clients: undefined, allows };
  const known = patterns.flatMap((pattern) => networkOf(pattern) ?? []);
  return known.length === 0 ? null : { place, clients: known, allows };
}

function isAll(pattern: string): boolean {
  return pattern.toUpperCase() === "ALL";
}

const EXCEPT_HINT = "A row of [[access]] for them before it; until then everybody is refused here";
const NAME_HINT = "Names are not looked up; write addresses";

/** "10.0." and "10.0.0.0/255.0.0.0" as CIDR blocks; null for what is no address. */
function networkOf(pattern: string): string | null {
  const prefix = /^((?:\d{1,3}\.){1,3})$/.exec(pattern)?.[1];
  const masked = /^([\d.]+)\/((?:\d{1,3}\.){3}\d{1,3})$/.exec(pattern);
  let text = pattern.replace(/^\[([^\]]*)\]/, "$1");
  if (prefix !== undefined) {
    const parts = prefix.split(".").slice(0, -1);
    text = `${[...parts, "0", "0", "0"].slice(0, 4).join(".")}/${parts.length * 8}`;
  } else if (masked !== null) {
    const bits = maskBits(masked[2]!);
    if (bits === null) return null;
    text = `${masked[1]}/${bits}`;
  }
  return parseNetwork(text).kind === "network" ? text : null;
}

function maskBits(mask: string): number | null {
  const bits = mask.split(".").map((part) => Number(part).toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) && bits.length === 32 ? bits.replace(/0/g, "").length : null;
}
