// hosts.allow and hosts.deny (hosts_access(5)), by which libwrap lets clients ask atftpd and
// tftpd-hpa: the first line of the first file that fits lets them, then one of the second refuses.
import { compileGlob } from "../match/glob.ts";
import { type Network, parseNetwork } from "../match/network.ts";
import { withoutNetworks } from "../match/network_split.ts";
import type { Draft, Place } from "./draft.ts";
import type { SourceFile } from "./imported.ts";

/** Whether a file is one of the two, by its name: what is in them could be anything. */
export function isHostsFile({ source }: SourceFile): boolean {
  return /(?:^|\/)hosts\.(?:allow|deny)$/.test(source);
}

/** What libwrap is told when a client asks. */
export interface Asked {
  /** Which address of the server was asked. */
  readonly address: boolean;
}

/** Writes what they say as rows of [[access]]. */
export function importHostsFiles(draft: Draft, files: readonly SourceFile[], asked: Asked): void {
  const rules = [".allow", ".deny"].flatMap((end) =>
    files.filter(({ source }) => source.endsWith(end)).flatMap((file) =>
      rulesOf(draft, file, asked)
    )
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

/** The name libwrap knows both daemons by; it compares all words in any letter case. */
const DAEMON = "in.tftpd";

function rulesOf(draft: Draft, { source, text }: SourceFile, asked: Asked): readonly Rule[] {
  const rules: Rule[] = [];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const place = { source, line: index + 1, text: lines[index]! };
    while (place.text.endsWith("\\") && index + 1 < lines.length) {
      place.text = place.text.slice(0, -1) + lines[++index]!;
    }
    const rule = place.text.startsWith("#") ? null : ruleOf(draft, place, asked);
    if (rule !== null) rules.push(rule);
  }
  return rules;
}

function ruleOf(draft: Draft, place: Place, asked: Asked): Rule | null {
  // Addresses of IPv6 stand in brackets, colons and all.
  const [daemons = "", clients = "", ...options] = place.text
    .split(/:(?![^[]*\])/).map((part) => part.trim());
  const hosts = hostsOf(draft, { place, daemons }, asked);
  if (hosts.length === 0) return null;
  let allows = place.source.endsWith(".allow");
  for (const option of options.filter((text) => text !== "")) {
    if (/^(?:allow|deny)$/i.test(option)) allows = /^allow$/i.test(option);
    else draft.note(place, `"${option}" has no equal`, "hooks.transfer-end is run for transfers");
  }
  const at = networksOf([hosts]);
  const from = networksOf(listsOf(clients));
  const strange = [...at.strange, ...from.strange];
  for (const pattern of strange) draft.note(place, `"${pattern}" is no network`, NAME_HINT);
  // What cannot be said exactly lets nobody in who would have been kept out.
  if (!allows && strange.length > 0) {
    return { place, clients: undefined, addresses: undefined, allows };
  }
  if (at.known?.length === 0 || from.known?.length === 0) return null;
  return { place, clients: from.known, addresses: at.known, allows };
}

/** Which addresses of ours the line is about, "ALL" among them; none if it is not about TFTP. */
function hostsOf(
  draft: Draft,
  { place, daemons }: { readonly place: Place; readonly daemons: string },
  asked: Asked,
): readonly string[] {
  const lists = listsOf(daemons).map((list) => list.map((word) => word.split("@")));
  const holds = (at: number): boolean =>
    lists[at]!.some(([name = ""]) => isDaemon(name)) && !(at + 1 < lists.length && holds(at + 1));
  if (lists.flat().some(([name = ""]) => /^a?tftpd$/i.test(name))) {
    draft.note(place, `Both daemons are "${DAEMON}" to libwrap, by any other name nothing holds`);
  }
  if (!holds(0)) return [];
  const hosts = lists[0]!.filter(([name = ""]) => isDaemon(name)).map(([, host = "ALL"]) => host);
  if (asked.address || hosts.every(isAll)) return hosts;
  draft.note(place, "atftpd does not say which address was asked, so no host holds", HOST_HINT);
  return hosts.filter(isAll);
}

/** "a b EXCEPT c EXCEPT d": each list is without what the next one stands for. */
function listsOf(text: string): readonly (readonly string[])[] {
  const lists: string[][] = [[]];
  for (const word of text.split(/[\s,]+/).filter((word) => word !== "")) {
    if (/^EXCEPT$/i.test(word)) lists.push([]);
    else lists.at(-1)!.push(word);
  }
  return lists;
}

// libwrap knows "*" and "?" in names.
function isDaemon(pattern: string): boolean {
  const glob = compileGlob(pattern, { caseInsensitive: true });
  return isAll(pattern) || (glob.kind === "glob" && glob.matches(DAEMON));
}

interface Networks {
  /** Undefined for all addresses. */
  readonly known: readonly string[] | undefined;
  readonly strange: readonly string[];
}

function networksOf(lists: readonly (readonly string[])[]): Networks {
  const strange = lists.flat().filter((pattern) => networkOf(pattern).length === 0);
  if (lists.length === 1 && lists[0]!.some(isAll)) return { known: undefined, strange };
  // An exception that is not known may be anybody.
  if (lists.length > 1 && strange.length > 0) return { known: [], strange };
  let left: readonly Network[] = [];
  for (const list of lists.toReversed()) left = withoutNetworks(list.flatMap(networkOf), left);
  return { known: left.map(({ text }) => text), strange };
}

function isAll(pattern: string): boolean {
  return pattern.toUpperCase() === "ALL";
}

const HOST_HINT = "Here it would: a row of [[access]] with addresses";
const NAME_HINT = "Names are not looked up; write addresses";

/** "10.0." and "10.0.0.0/255.0.0.0" as CIDR blocks; none for what is no address. */
function networkOf(pattern: string): readonly Network[] {
  if (isAll(pattern)) return ["0.0.0.0/0", "::/0"].flatMap(networkOf);
  const prefix = /^((?:\d{1,3}\.){1,3})$/.exec(pattern)?.[1];
  const masked = /^([\d.]+)\/((?:\d{1,3}\.){3}\d{1,3})$/.exec(pattern);
  let text = pattern.replace(/^\[([^\]]*)\]/, "$1");
  if (prefix !== undefined) {
    const parts = prefix.split(".").slice(0, -1);
    text = `${[...parts, "0", "0", "0"].slice(0, 4).join(".")}/${parts.length * 8}`;
  } else if (masked !== null) {
    const bits = maskBits(masked[2]!);
    if (bits === null) return [];
    text = `${masked[1]}/${bits}`;
  }
  const network = parseNetwork(text);
  return network.kind === "network" ? [network] : [];
}

function maskBits(mask: string): number | null {
  const bits = mask.split(".").map((part) => Number(part).toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) && bits.length === 32 ? bits.replace(/0/g, "").length : null;
}
