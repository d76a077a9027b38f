// Command lines of other daemons: words as a shell splits them, options as getopt_long(3) reads
// them.

/** An option of a daemon. */
export interface OptionSpec {
  /** Names as they are typed: "--port", "-p". The first one stands for the option. */
  readonly names: readonly string[];
  readonly argument: "none" | "required" | "optional";
}

/** An option found, or a word that is none. */
export type Word =
  | {
    readonly kind: "option";
    readonly name: string;
    readonly value: string;
    readonly text: string;
  }
  | { readonly kind: "operand"; readonly text: string }
  | { readonly kind: "unknown"; readonly text: string };

/** Splits at white space; quotes and backslashes as in a POSIX shell, nothing is expanded. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  for (const [token] of line.matchAll(/(?:[^\s'"\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*"|['"\\])+/g)) {
    words.push(token.replace(/\\([^])|'([^']*)'|"((?:[^"\\]|\\[^])*)"/g, unquote));
  }
  return words;
}

function unquote(_: string, escaped?: string, single?: string, double?: string): string {
  if (escaped !== undefined) return escaped;
  return single ?? double?.replace(/\\(["\\$`])/g, "$1") ?? "";
}

/** Reads options wherever they stand; after "--" all words are operands. */
export function readOptions(
  words: readonly string[],
  specs: readonly OptionSpec[],
): readonly Word[] {
  const found: Word[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "--") {
      found.push(...words.slice(at + 1).map((text): Word => ({ kind: "operand", text })));
      break;
    }
    const next = words[at + 1];
    const read = word.startsWith("--")
      ? readLong(word, next, specs)
      : /^-./.test(word)
      ? readShort(word, next, specs)
      : { words: [{ kind: "operand", text: word } as const], tookNext: false };
    found.push(...read.words);
    if (read.tookNext) at++;
  }
  return found;
}

interface Read {
  readonly words: readonly Word[];
  readonly tookNext: boolean;
}

function readLong(word: string, next: string | undefined, specs: readonly OptionSpec[]): Read {
  const [, typed = word, , attached] = /^(--[^=]*)(=(.*))?$/s.exec(word) ?? [];
  const spec = longSpec(typed, specs);
  if (spec === null) return { words: [{ kind: "unknown", text: word }], tookNext: false };
  return take(spec, { attached: attached ?? null, next, text: word });
}

// Any beginning that fits one option only is enough, as getopt_long has it.
function longSpec(typed: string, specs: readonly OptionSpec[]): OptionSpec | null {
  const exact = specs.find(({ names }) => names.includes(typed));
  if (exact !== undefined) return exact;
  const near = specs.filter(({ names }) => names.some((name) => name.startsWith(typed)));
  return near.length === 1 && typed.length > 2 ? near[0]! : null;
}

function readShort(word: string, next: string | undefined, specs: readonly OptionSpec[]): Read {
  const words: Word[] = [];
  for (let at = 1; at < word.length; at++) {
    const spec = specs.find(({ names }) => names.includes(`-${word[at]}`));
    if (spec === undefined) {
      words.push({ kind: "unknown", text: `-${word[at]}` });
      continue;
    }
    const rest = word.slice(at + 1);
    const attached = spec.argument === "none" || rest === "" ? null : rest;
    const read = take(spec, { attached, next, text: `-${word[at]}${attached ?? ""}` });
    words.push(...read.words);
    if (attached !== null || read.tookNext) return { words, tookNext: read.tookNext };
  }
  return { words, tookNext: false };
}

function take(
  spec: OptionSpec,
  from: { readonly attached: string | null; readonly next: string | undefined; text: string },
): Read {
  const name = spec.names[0]!;
  const { attached, next, text } = from;
  if (spec.argument === "required" && attached === null) {
    if (next === undefined) return { words: [{ kind: "unknown", text }], tookNext: false };
    const word = { kind: "option", name, value: next, text: `${text} ${next}` } as const;
    return { words: [word], tookNext: true };
  }
  return { words: [{ kind: "option", name, value: attached ?? "", text }], tookNext: false };
}
