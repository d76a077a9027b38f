// atftpd's --pcre file: a pattern and a replacement a line. The first pattern that matches a name
// for which there is no file makes another name of it.
import { quoteTemplate } from "../match/template.ts";
import type { Draft, Place } from "./draft.ts";
import { type Converted, convertPcre } from "./pcre.ts";

/** What to read and for which release. */
export interface PcreFile {
  readonly source: string;
  readonly text: string;
  /** 0.7.5 and before put the replacement in place of the whole name, 0.8 of the match. */
  readonly wholeName: boolean;
}

/** Adds a rule for each line. */
export function importPcreFile(draft: Draft, { source, text, wholeName }: PcreFile): void {
  const lines = text.replace(/\n$/, "").split("\n");
  for (const [index, line] of lines.entries()) {
    const place = { source, line: index + 1, text: line };
    const [, match, right] = /^(\S+)\s+(\S+)$/.exec(line.trimEnd()) ?? [];
    if (match === undefined || right === undefined) {
      if (line.trim() === "") continue;
      draft.note(place, "A line is a pattern, white space and a replacement", BAD_LINE);
    } else {
      importRule(draft, { place, match, right, wholeName });
    }
  }
}

const BAD_LINE = "atftpd does without any rules where one line is not of this form";

interface Line {
  readonly place: Place;
  readonly match: string;
  readonly right: string;
  readonly wholeName: boolean;
}

function importRule(draft: Draft, { place, match, right, wholeName }: Line): void {
  const pattern = convertPcre(match);
  if (pattern.kind === "none") return draft.note(place, pattern.why, pattern.hint);
  const replace = wholeName ? wholeTemplate(right, pattern) : partTemplate(right, pattern);
  if (replace === null) {
    const hint = "atftpd 0.8 then serves what the request before had asked for";
    return draft.note(
      place,
      "The replacement asks for a group that the pattern does not have",
      hint,
    );
  }
  const whole = wholeName || /^\^[^|]*\$$/.test(match);
  draft.row("rewrite", {
    match: pattern.text,
    raw: true,
    replace,
    "replace-what": whole ? undefined : "first",
    when: "missing",
  }, place);
}

type Pattern = Extract<Converted, { kind: "pattern" }>;

// 0.7.5 knows $0 to $9 and nothing else; a group that does not exist is empty.
function wholeTemplate(right: string, { groupCount }: Pattern): string {
  return right.replace(/\$(\d)|([^$]+|\$)/g, (_, digit?: string, text?: string) => {
    if (digit === undefined) return quoteTemplate(text ?? "");
    return Number(digit) <= groupCount ? `$${digit}` : "";
  });
}

// PCRE2's substitution: $12, ${12}, $name, ${name}, $$; null for a group that does not exist.
function partTemplate(right: string, { text, groupCount }: Pattern): string | null {
  const names = new Set([...text.matchAll(/\(\?P?<(\w+)>/g)].map((match) => match[1]));
  let valid = true;
  const made = right.replace(
    /\$\$|\$(\d+|[A-Za-z_]\w*)|\$\{(\w+)\}|([^$]+|\$)/g,
    (token: string, bare?: string, braced?: string, literal?: string) => {
      if (token === "$$") return token;
      const group = bare ?? braced;
      if (group === undefined) {
        // A dollar sign that begins nothing is an error in PCRE2.
        if (literal === "$") valid = false;
        return quoteTemplate(literal ?? "");
      }
      const known = /^\d+$/.test(group) ? Number(group) <= groupCount : names.has(group);
      if (!known) valid = false;
      return /^\d$/.test(group) ? `$${group}` : `\${${group}}`;
    },
  );
  return valid ? made : null;
}
