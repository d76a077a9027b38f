// tftpd-hpa's map file, the language of release 6.0, of which 5.2 knows a part: operations, an
// expression and a replacement a line, from the top down, each rule on what those above have made.
import { quoteTemplate } from "../match/template.ts";
import type { Draft, Place } from "./draft.ts";
import { convertEre, needsLongest } from "./ere.ts";

/** What to read. */
export interface MapFile {
  readonly source: string;
  readonly text: string;
  /** Label of the rule to go on at where the file says that it ends; undefined for none. */
  readonly end: string | undefined;
}

/** Adds a rule for each line that has one. */
export function importMapFile(draft: Draft, { source, text, end }: MapFile): void {
  const labels: Label[] = [];
  const lines = text.split("\n").map((line) => line.replace(/[\r\0]/g, ""));
  const known = new Set(lines.flatMap((line) => fieldsOf(line)[0]?.match(/^:(.+)/)?.[1] ?? []));
  const seen = new Set<string>();
  for (const [index, line] of lines.entries()) {
    const place = { source, line: index + 1, text: line };
    const [operations = "", regex, replacement = ""] = fieldsOf(line);
    if (operations === "") continue;
    if (/^:./.test(operations)) {
      const name = operations.slice(1);
      if (seen.has(name)) {
        draft.note(place, "The label is there already, and only the first counts");
      } else labels.push({ name, place });
      seen.add(name);
    } else importRule(draft, { place, operations, regex, replacement, labels, known, end });
  }
  // A label behind the last rule is a way to the end.
  for (const { name, place } of labels) {
    const way = end === undefined ? { stop: true } : { jump: end };
    draft.row("rewrite", { label: name, match: "", operation: "any", ...way }, place);
  }
}

interface Label {
  readonly name: string;
  readonly place: Place;
}

interface Line {
  readonly place: Place;
  readonly operations: string;
  readonly regex: string | undefined;
  readonly replacement: string;
  /** Labels that stand in front of this rule; those used are taken out. */
  readonly labels: Label[];
  /** All labels of the file. */
  readonly known: ReadonlySet<string>;
  readonly end: string | undefined;
}

/** Fields are separated by white space; "\" keeps what follows, "#" begins a comment. */
function fieldsOf(line: string): readonly string[] {
  const fields: string[] = [];
  for (const [token] of line.matchAll(/#[^]*|(?:\\[^]|[^\\\s#])(?:\\[^]|[^\\\s#])*|\\$/g)) {
    if (token.startsWith("#")) break;
    fields.push(token);
  }
  return fields;
}

function importRule(draft: Draft, line: Line): void {
  const { place, operations, regex, replacement, labels } = line;
  const has = (letter: string) => operations.includes(letter);
  const fault = faultOf(operations, regex);
  if (fault !== "") return draft.note(place, fault, STOPS);
  if ((has("G") && has("P")) || (has("4") && has("6"))) {
    return draft.note(place, "The rule is for both of two things at once, and so never holds");
  }
  const pattern = convertEre(regex!);
  if (pattern.kind === "none") return draft.note(place, pattern.why, pattern.hint);
  const template = (text: string) => templateOf(text, has("~") ? -1 : pattern.groupCount);
  const way = wayOf(operations, { text: template(replacement), end: line.end });
  if (way === null) return;
  if (has("j") && !/\\[0-9ix]/.test(replacement) && !line.known.has(replacement)) {
    return draft.note(place, `There is no label "${replacement}"`, "in.tftpd refuses the request");
  }
  const label = labels.pop()?.name;
  for (const { name, place } of labels.splice(0)) {
    draft.row("rewrite", { label: name, match: "", operation: "any", continue: true }, place);
  }
  const rewrites = has("r") && !has("a");
  draft.row("rewrite", {
    label,
    match: pattern.text,
    "ignore-case": has("i") || undefined,
    longest: needsLongest(regex!) && !has("~") || undefined,
    invert: has("~") || undefined,
    raw: true,
    replace: rewrites ? template(replacement) : undefined,
    "replace-what": rewrites ? replaceWhat(operations) : undefined,
    operation: has("G") ? "read" : has("P") ? "write" : "any",
    family: has("4") ? "ipv4" : has("6") ? "ipv6" : undefined,
    ...way,
  }, place);
}

const STOPS = "in.tftpd does not start with such a line";

/** Pairs that 6.0 does not take; 5.2 takes those of its own letters, and obeys the first. */
const ILLEGAL = ["r~", "rj", "aj", "ej", "eE", "Ej", "aE", "Es"];

function faultOf(operations: string, regex: string | undefined): string {
  const unknown = /[^rgeEsaji~46GP]/.exec(operations);
  if (unknown !== null) return `"${unknown[0]}" is no operation`;
  const pair = ILLEGAL.find(([a, b]) => operations.includes(a!) && operations.includes(b!));
  if (pair !== undefined) return `"${pair[0]}" and "${pair[1]}" cannot be combined`;
  return regex === undefined ? "The rule has no expression" : "";
}

function replaceWhat(operations: string): "first" | "all" | "repeat" {
  const times = operations.split("g").length - 1;
  return times === 0 ? "first" : times === 1 ? "repeat" : "all";
}

/** Where the rule leads; null for one that does nothing at all. */
function wayOf(
  operations: string,
  { text, end }: { readonly text: string; readonly end: string | undefined },
): Readonly<Record<string, string | boolean>> | null {
  const has = (letter: string) => operations.includes(letter);
  if (has("a")) return { refuse: text === "" ? "Access denied" : text };
  if (has("j")) return { jump: text };
  if (has("E")) return { "stop-if-exists": true };
  if (has("e") && end !== undefined) return { jump: end };
  if (has("e")) return has("r") ? {} : { stop: true };
  if (has("s")) return { restart: true };
  return has("r") ? { continue: true } : null;
}

// A group beyond the last one is empty, and any other character behind a "\" is itself.
function templateOf(text: string, groupCount: number): string {
  return text.replace(/\\([^])|([^\\]+|\\)/g, (token, escaped?: string, plain?: string) => {
    if (plain !== undefined) return quoteTemplate(plain);
    if (escaped === undefined) return quoteTemplate(token);
    if (/\d/.test(escaped)) return Number(escaped) <= groupCount ? `$${escaped}` : "";
    if (/[ULE]/.test(escaped)) return token;
    if (escaped === "i") return "{ip}";
    return escaped === "x" ? "{ip-hex}" : quoteTemplate(escaped);
  });
}
