// Regular expressions in linear time: RE2 syntax (PCRE-like, without look-around and backreferences).
// Patterns and the names they meet are both hostile, so the engine of the runtime is never used.
import { RE2JS } from "re2js";

/** Longest pattern accepted, in UTF-16 units. */
export const PATTERN_CHARS_MAX = 4096;
/** Most repetitions times characters: `a{1000}` a hundred times over compiles for seconds. */
export const PATTERN_REPEATS_MAX = 100_000;

/** One match of a pattern in a text; offsets are UTF-16 units, `end` is exclusive. */
export interface PatternMatch {
  readonly start: number;
  readonly end: number;
  /** Element 0 is the whole match; null for a group that took no part. */
  readonly groups: readonly (string | null)[];
}

/** A compiled pattern. It is not anchored unless its text is. */
export interface Pattern {
  readonly kind: "pattern";
  readonly text: string;
  /** How many groups it has, the whole match not counted. */
  readonly groupCount: number;
  /** Named groups and their numbers. */
  readonly groupNames: ReadonlyMap<string, number>;
  /** Whether it matches anywhere in `text`. */
  test(text: string): boolean;
  /** The first match at or after `from`, or null. */
  find(text: string, from?: number): PatternMatch | null;
}

/** A text that is no pattern, glob or network; `detail` says why, fit to follow a colon. */
export interface BadText {
  readonly kind: "bad";
  readonly detail: string;
}

/** What `compilePattern` may be asked for. */
export interface PatternOptions {
  /** Letter case makes no difference, as with a leading `(?i)`. */
  readonly caseInsensitive?: boolean;
  /** Of the matches that start first the longest wins, as in POSIX, not the one tried first. */
  readonly longest?: boolean;
}

/** Compiles RE2 syntax. Faults in the text come back as a value. */
export function compilePattern(text: string, options: PatternOptions = {}): Pattern | BadText {
  if (text.length > PATTERN_CHARS_MAX) {
    return { kind: "bad", detail: `longer than ${PATTERN_CHARS_MAX} characters` };
  }
  if (repetitions(text) * text.length > PATTERN_REPEATS_MAX) {
    return { kind: "bad", detail: "repeats too much: use smaller counts in {} or several rules" };
  }
  const flags = (options.caseInsensitive ? RE2JS.CASE_INSENSITIVE : 0) |
    (options.longest ? RE2JS.LONGEST_MATCH : 0);
  const key = `${flags} ${text}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  try {
    return remember(key, wrap(text, RE2JS.compile(text, flags)));
  } catch (error) {
    return { kind: "bad", detail: explain(error) };
  }
}

/** `text` as a pattern that matches just this text. */
export function quotePattern(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}

// Compiling takes a third of a millisecond, and each rule is compiled by the check of the file,
// by the check of its replacement and by the resolver. A pattern holds no state, so it is shared.
const compiled = new Map<string, Pattern>();
const COMPILED_MAX = 16_384;

function remember(key: string, pattern: Pattern): Pattern {
  const oldest = compiled.size >= COMPILED_MAX ? compiled.keys().next() : null;
  if (oldest?.done === false) compiled.delete(oldest.value);
  compiled.set(key, pattern);
  return pattern;
}

// More than there are where braces are escaped or in a class, which only errs to the safe side.
function repetitions(text: string): number {
  let sum = 0;
  for (const [, least, most] of text.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    sum += Number(most || least);
  }
  return sum;
}

function wrap(text: string, regex: RE2JS): Pattern {
  const groupCount = regex.groupCount();
  const groupNames = new Map<string, number>(Object.entries(regex.namedGroups()));
  const test = recalling((subject) => regex.test(subject));
  const findFrom = (subject: string, from: number): PatternMatch | null => {
    if (from > subject.length) return null;
    const matcher = regex.matcher(subject);
    if (!matcher.find(from)) return null;
    const groups: (string | null)[] = [];
    for (let group = 0; group <= groupCount; group++) groups.push(matcher.group(group));
    return { start: matcher.start(), end: matcher.end(), groups };
  };
  const findFirst = recalling((subject) => findFrom(subject, 0));
  return {
    kind: "pattern",
    text,
    groupCount,
    groupNames,
    test,
    find: (subject, from = 0) => from === 0 ? findFirst(subject) : findFrom(subject, from),
  };
}

/** Texts whose answers a pattern remembers, and the longest of them in UTF-16 units. */
const RECALLED_MAX = 32;
const RECALLED_CHARS_MAX = 256;

/** `ask`, which must be pure, with a memory: many machines boot by the same few names. */
function recalling<T extends NonNullable<unknown> | null>(
  ask: (text: string) => T,
): (text: string) => T {
  const answers = new Map<string, T>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = ask(text);
    if (text.length > RECALLED_CHARS_MAX) return answer;
    if (answers.size === RECALLED_MAX) answers.clear();
    answers.set(text, answer);
    return answer;
  };
}

// The library words its faults "error parsing regexp: what: `where`"; the two constructs that
// people bring along from PCRE and that no linear-time engine has get a sentence of their own.
function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const detail = message.replace(/^error parsing regexp: /, "");
  if (/\(\?<?[=!]/.test(detail)) return `${detail} (look-around is not supported)`;
  if (/invalid escape sequence: `\\[1-9]/.test(detail)) {
    return `${detail} (backreferences are not supported)`;
  }
  return detail;
}
