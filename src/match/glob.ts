// Globs over whole relative names, compiled to RE2 so that no glob can take more than linear time:
// `*` and `?` stay inside one part, `**` crosses parts, `[a-z]` `[!a-z]` classes, `{a,b}` choices.
import { type BadText, compilePattern, PATTERN_CHARS_MAX, quotePattern } from "./pattern.ts";

/** A compiled glob. */
export interface Glob {
  readonly kind: "glob";
  readonly text: string;
  /** Whether the whole of `name` fits. */
  matches(name: string): boolean;
}

/** What `compileGlob` may be asked for. */
export interface GlobOptions {
  /** Letter case makes no difference. */
  readonly caseInsensitive?: boolean;
}

/** Deepest nesting of `{…}`. */
const BRACES_MAX = 8;

/**
 * Compiles a glob. A leading "/" is dropped, as names are relative to the root; `\` takes the
 * next character literally; `dir/**` means everything below `dir`. Faults come back as a value.
 */
export function compileGlob(text: string, options: GlobOptions = {}): Glob | BadText {
  if (text.length > PATTERN_CHARS_MAX) {
    return { kind: "bad", detail: `longer than ${PATTERN_CHARS_MAX} characters` };
  }
  const glob = text.replace(/^\/+/, "");
  if (glob === "") return { kind: "bad", detail: "empty" };
  const source = translate(glob);
  if (source.kind === "bad") return source;
  const pattern = compilePattern(source.regex, options);
  if (pattern.kind === "bad") return pattern;
  return { kind: "glob", text, matches: (name) => pattern.test(name) };
}

/** `name` as a glob that matches just this name. */
export function quoteGlob(name: string): string {
  return name.replace(/[*?[\]{}\\]/g, "\\$&");
}

type Step = { readonly regex: string; readonly next: number };

function translate(glob: string): { readonly kind: "regex"; readonly regex: string } | BadText {
  let regex = "(?s)^";
  let depth = 0;
  for (let at = 0; at < glob.length;) {
    const char = glob.charAt(at);
    let step: Step | BadText;
    if (char === "*") step = stars(glob, at);
    else if (char === "[") step = charClass(glob, at);
    else if (char === "?") step = { regex: "[^/]", next: at + 1 };
    else if (char === "{" && ++depth > BRACES_MAX) {
      step = { kind: "bad", detail: `"{" nested deeper than ${BRACES_MAX}` };
    } else if (char === "{") step = { regex: "(?:", next: at + 1 };
    else if (char === "}" && depth > 0) {
      depth--;
      step = { regex: ")", next: at + 1 };
    } else if (char === "," && depth > 0) step = { regex: "|", next: at + 1 };
    else if (char === "\\") step = escaped(glob, at);
    else step = { regex: quotePattern(char), next: at + 1 };
    if ("kind" in step) return step;
    regex += step.regex;
    at = step.next;
  }
  if (depth > 0) return { kind: "bad", detail: 'missing closing "}"' };
  return { kind: "regex", regex: `${regex}$` };
}

// "**" spans parts only where it is a whole part; elsewhere it is a plain "*", as in gitignore(5).
function stars(glob: string, at: number): Step {
  let next = at;
  while (glob.charAt(next) === "*") next++;
  const opens = at === 0 || "/{,".includes(glob.charAt(at - 1));
  if (next - at < 2 || !opens) return { regex: "[^/]*", next };
  if (glob.charAt(next) === "/") return { regex: "(?:.*/)?", next: next + 1 };
  const closes = next === glob.length || ",}".includes(glob.charAt(next));
  return { regex: closes ? ".+" : "[^/]*", next };
}

function charClass(glob: string, at: number): Step | BadText {
  let next = at + 1;
  const negated = glob.charAt(next) === "!" || glob.charAt(next) === "^";
  if (negated) next++;
  let members = "";
  // A "]" straight after the opening is a member, not the end (glob(7)).
  for (const first = next; next < glob.length;) {
    if (glob.charAt(next) === "]" && next > first) {
      return { regex: negated ? `[^/${members}]` : `[${members}]`, next: next + 1 };
    }
    const low = member(glob, next);
    next = low.next;
    let high = low;
    if (glob.charAt(next) === "-" && !["]", ""].includes(glob.charAt(next + 1))) {
      high = member(glob, next + 1);
      next = high.next;
    }
    if (low.char === "/" || high.char === "/") return { kind: "bad", detail: '"/" inside "[…]"' };
    members += range(low.char, high.char);
  }
  return { kind: "bad", detail: 'missing closing "]"' };
}

function member(glob: string, at: number): { readonly char: string; readonly next: number } {
  const start = glob.charAt(at) === "\\" ? at + 1 : at;
  const char = String.fromCodePoint(glob.codePointAt(start) ?? 0);
  return { char, next: start + char.length };
}

// A class never matches "/", so a range that spans it is cut in two.
function range(low: string, high: string): string {
  if (low === high) return quoteMember(low);
  if (low < "/" && high > "/") return `${range(low, ".")}${range("0", high)}`;
  return `${quoteMember(low)}-${quoteMember(high)}`;
}

function quoteMember(char: string): string {
  return /[\\\]\[^\-&~]/.test(char) ? `\\${char}` : char;
}

function escaped(glob: string, at: number): Step | BadText {
  if (at + 1 >= glob.length) return { kind: "bad", detail: 'nothing follows the last "\\"' };
  return { regex: quotePattern(glob.charAt(at + 1)), next: at + 2 };
}
