// hosts.allow and hosts.deny (hosts_access(5)), by which libwrap lets clients ask atftpd and
// tftpd-hpa: the first line of the first file that fits lets them, then one of the second refuses.
import { compileGlob } from "../match/glob.ts";
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
  for (const { place, clients, addresses, allows } of rules) {
    draft.row("access", { clients, addresses, allow: allows ? all : [] }, place);
  }
  const place = { source: "hosts_access(5)", line: 0, text: "who is in neither file" };
  draft.row("access", { allow: all }, place);
}

interface Rule {
  readonly place: Place;
  /** Undefined for everybody. */
  readonly clients: readonly string[] | undefined;
  /** Of ours; undefined for all. */
  readonly addresses: readonly string[] | undefined;
  readonly allows: boolean;
}

/** Names that libwrap knows the daemons by; it compares all words in any letter case. */
const DAEMONS = ["in.tftpd", "tftpd", "atftpd"];

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
  const ours = daemons.split(/[\s,]+/).map((word) => word.split("@"))
    .filter(([name = ""]) => isDaemon(name));
  if (ours.length === 0) return null;
  let allows = place.source.endsWith(".allow");
  for (const option of options.filter((text) => text !== "")) {
    if (/^(?:allow|deny)$/i.test(option)) allows = /^allow$/i.test(option);
    else draft.note(place, `"${option}" has no equal`, "hooks.transfer-end is run for transfers");
  }
  const except = /\bEXCEPT\b/i.test(`${daemons} ${clients}`);
  if (except) draft.note(place, "A rule has no exceptions", allows ? ALLOW_HINT : DENY_HINT);
  // Without the "@", a rule is for requests to any address of ours.
  const at = networksOf(ours.map(([, host = "all"]) => host));
  const from = networksOf(clients.split(/[\s,]+/).filter((pattern) => pattern !== ""));
  const strange = [...at.strange, ...from.strange];
  if (!except) {
    for (const pattern of strange) draft.note(place, `"${pattern}" is no network`, NAME_HINT);
  }
  // What cannot be said exactly lets nobody in who would have been kept out.
  if (!allows && (except || strange.length > 0)) {
    return { place, clients: undefined, addresses: undefined, allows };
  }
  if (except || at.known?.length === 0 || from.known?.length === 0) return null;
  return { place, clients: from.known, addresses: at.known, allows };
}

// libwrap knows "*" and "?" in names.
function isDaemon(pattern: string): boolean {
  const glob = compileGlob(pattern, { caseInsensitive: true });
  return isAll(pattern) || (glob.kind === "glob" && DAEMONS.some((name) => glob.matches(name)));
}

interface Networks {
  /** Undefined for all addresses. */
  readonly known: readonly string[] | undefined;
  readonly strange: readonly string[];
}

function networksOf(patterns: readonly string[]): Networks {
  const all = patterns.some(isAll);
  return {
    known: all ? undefined : patterns.flatMap((pattern) => networkOf(pattern) ?? []),
    strange: patterns.filter((pattern) => !isAll(pattern) && networkOf(pattern) === null),
  };
}

function isAll(pattern: string): boolean {
  return pattern.toUpperCase() === "ALL";
}

const DENY_HINT = "A row of [[access]] for them before it; until then everybody is refused here";
const ALLOW_HINT = "Rows of [[access]] for the others; until then it lets nobody in";
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
