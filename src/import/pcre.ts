// From PCRE to RE2 syntax, as far as there is a way. What RE2 has under another name is renamed;
// what no linear-time engine can do is named, with what to do instead.
import { compilePattern } from "../match/pattern.ts";

/** A pattern in RE2 syntax, or why there is none. */
export type Converted =
  | { readonly kind: "pattern"; readonly text: string; readonly groupCount: number }
  | { readonly kind: "none"; readonly why: string; readonly hint: string };

/** Converts a pattern of PCRE or PCRE2. */
export function convertPcre(text: string): Converted {
  let made = "";
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const beyond = BEYOND.find(({ begins }) => begins.test(rest));
    if (beyond !== undefined) return { kind: "none", why: beyond.why, hint: beyond.hint };
    const [token] = TOKEN.exec(rest) ?? [rest.charAt(0)];
    made += rename(token);
    at += token.length;
  }
  return checked(made);
}

/** The pattern if it compiles; else the fault of the engine as the reason. */
export function checked(text: string): Converted {
  const pattern = compilePattern(text);
  if (pattern.kind === "bad") {
    return {
      kind: "none",
      why: `The pattern is not valid in RE2 syntax: ${pattern.detail}`,
      hint: "",
    };
  }
  return { kind: "pattern", text, groupCount: pattern.groupCount };
}

interface Beyond {
  /** Matches at the start of what is left of the pattern. */
  readonly begins: RegExp;
  readonly why: string;
  readonly hint: string;
}

const BACKREFERENCE = {
  why: "Back-references are not regular, and a linear-time engine has none",
  hint: "If the parts are known, write one rule for each: a/a, b/b and so on",
};

/** Escapes and classes are passed over whole by TOKEN, so these see their own beginning only. */
const BEYOND: readonly Beyond[] = [
  {
    begins: /^\(\?<?!/,
    why: "A linear-time engine has no look-around",
    hint: "Put a rule in front that matches what must not be there, with stop = true",
  },
  {
    begins: /^\(\?<?=/,
    why: "A linear-time engine has no look-around",
    hint: "Match that part as well, in a group, and put it back with $1 in the replacement",
  },
  {
    begins: /^\(\?>/,
    why: "A linear-time engine has no atomic groups",
    hint: "(?:…) in its place matches the same names, unless less backtracking was to match less",
  },
  {
    begins: /^(?:[*+?]|\{\d+(?:,\d*)?\})\+/,
    why: "A linear-time engine has no possessive quantifiers",
    hint: "Without the + behind it, it matches the same names or more, and cannot explode",
  },
  { begins: /^(?:\\[1-9]|\\g\{?-?\w|\\k[<{']|\(\?P=)/, ...BACKREFERENCE },
  {
    begins: /^\(\?(?:R|\d|[+-]\d|&|P>|\()/,
    why: "Recursion and conditions are not regular, and a linear-time engine has none",
    hint: "Write one rule for each case",
  },
  {
    begins: /^\\K/,
    why: "RE2 syntax has no \\K",
    hint: "Put what stands before it in a group, and $1 at the start of the replacement",
  },
  {
    begins: /^(?:\(\*|\(\?\||\\[GXC])/,
    why: "RE2 syntax has no such construct",
    hint: "",
  },
  {
    begins: /^\(\?\^?[imsnUJ-]*[xnJ]/,
    why: "RE2 syntax has none of the flags x, n and J",
    hint: "Write the pattern without them",
  },
];

// A whole escape, class, comment or beginning of a group; anything else is one character.
const TOKEN =
  /^(?:\\Q[^]*?(?:\\E|$)|\\[pP](?:\{[^}]*\}|.)|\\x\{[^}]*\}|\\[^]|\(\?#[^)]*\)|\(\?'\w+'|\[\^?\]?(?:\[:\^?\w+:\]|\\[^]|[^\]])*\])/u;

const RENAMED: Readonly<Record<string, string>> = {
  "\\Z": "\\z",
  "\\h": "[\\t ]",
  "\\H": "[^\\t ]",
  "\\v": "[\\n-\\r]",
  "\\V": "[^\\n-\\r]",
  "\\R": "(?:\\r\\n|[\\n-\\r])",
  "\\N": "[^\\n]",
  "\\e": "\\x1b",
  "\\E": "",
};

function rename(token: string): string {
  if (token.startsWith("(?#")) return "";
  if (token.startsWith("(?'")) return `(?P<${token.slice(3, -1)}>`;
  return RENAMED[token] ?? token;
}
