// From POSIX extended regular expressions, with the extensions of the GNU C library, to RE2 syntax.
// The two differ in what a backslash does inside and outside of brackets, and in a few corners.
import { checked, type Converted } from "./pcre.ts";

/** Converts an expression as regcomp(3) with REG_EXTENDED reads it. */
export function convertEre(text: string): Converted {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length;) {
    const rest = text.slice(at);
    const [token] = TOKEN.exec(rest) ?? [rest.charAt(0)];
    const converted = convert(token);
    if (typeof converted !== "string") return converted;
    if (token === ")") closeGroup(pieces);
    else if (QUANTIFIER.test(token)) quantify(pieces, converted);
    else pieces.push({ kind: token === "(" ? "open" : "atom", text: converted });
    at += token.length;
  }
  return checked(pieces.map((piece) => piece.text).join(""));
}

/**
 * Whether the longest match can differ from the one that a backtracking engine finds first: only
 * with alternatives, or with two parts of which one can take from the other.
 */
export function needsLongest(text: string): boolean {
  return text.includes("|") || (text.match(/[*+?{]/g) ?? []).length > 1;
}

const TOKEN =
  /^(?:\\[^]|\[\^?\]?(?:\[:\w+:\]|\[\.[^\]]*\.\]|\[=[^\]]*=\]|[^\]])*\]|\{\d*(?:,\d*)?\}|[*+?])/u;

const QUANTIFIER = /^(?:[*+?]|\{\d*(?:,\d*)?\})$/;

function convert(token: string): string | Extract<Converted, { kind: "none" }> {
  if (token.startsWith("\\")) return convertEscape(token.slice(1));
  if (token.startsWith("[") && token.length > 1) return convertBracket(token);
  // The C library lets the lower bound be left out.
  if (/^\{,\d+\}$/.test(token)) return `{0${token.slice(1)}`;
  return token;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\b",
  ">": "\\b",
  "`": "\\A",
  "'": "\\z",
};

function convertEscape(char: string): string | Extract<Converted, { kind: "none" }> {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  if (/[wWsSbB]/.test(char)) return `\\${char}`;
  if (/[1-9]/.test(char)) {
    return {
      kind: "none",
      why: "Back-references are not regular, and a linear-time engine has none",
      hint: "If the parts are known, write one rule for each: a/a, b/b and so on",
    };
  }
  // Anything else is the character itself: \d is a "d" to regcomp(3), not a digit.
  return /[\p{L}\p{N}]/u.test(char) ? char : `\\${char}`;
}

function convertBracket(token: string): string | Extract<Converted, { kind: "none" }> {
  if (/\[[.=]/.test(token.slice(1))) {
    return {
      kind: "none",
      why: "RE2 syntax has no collating symbols such as [.x.] and [=x=]",
      hint: "Write the characters themselves",
    };
  }
  const [, open = "[", inner = ""] = /^(\[\^?)([^]*)\]$/.exec(token) ?? [];
  // Within brackets POSIX has no escapes: a backslash is a character like any other.
  const converted = inner.replace(
    /\[:\w+:\]|[\\\[\]]/g,
    (part) => part.length > 1 ? part : `\\${part}`,
  );
  return `${open}${converted}]`;
}

interface Piece {
  readonly kind: "open" | "atom" | "quantified";
  readonly text: string;
}

function closeGroup(pieces: Piece[]) {
  const open = pieces.findLastIndex((piece) => piece.kind === "open");
  // A parenthesis that closes nothing is a character to the C library.
  if (open < 0) pieces.push({ kind: "atom", text: "\\)" });
  else {
    const inner = pieces.splice(open).map((piece) => piece.text).join("");
    pieces.push({ kind: "atom", text: `${inner})` });
  }
}

// `a+?` means (a+)? to POSIX, and "as few as possible" to RE2; so what has a quantifier already is
// put in a group before it gets another one.
function quantify(pieces: Piece[], quantifier: string) {
  const last = pieces.pop() ?? { kind: "atom", text: "" };
  const text = last.kind === "quantified" ? `(?:${last.text})` : last.text;
  pieces.push({ kind: "quantified", text: text + quantifier });
}
