// TypeScript source to tokens with line numbers: just enough of a lexer to find words, brackets
// and string literals without being fooled by comments, templates or regular expressions.

/** One token; `line` counts from 1. For strings `text` is the content without quotes. */
export interface Token {
  readonly kind: "word" | "string" | "number" | "regex" | "template" | "punct" | "comment";
  readonly text: string;
  readonly line: number;
}

/** All tokens of a source, comments included. Never throws: unclosed literals end at the end. */
export function tokenize(source: string): Token[] {
  const lexer = new Lexer(source);
  lexer.run();
  return lexer.tokens;
}

/** Words after which a slash opens a regular expression rather than divides. */
const REGEX_AFTER = new Set([
  "return",
  "typeof",
  "case",
  "in",
  "of",
  "delete",
  "void",
  "throw",
  "new",
  "else",
  "do",
  "instanceof",
  "yield",
  "await",
]);

const WORD = /[\p{ID_Start}$_#@][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /\.?\d(?:[eE][+-]?\d|[\w.])*/y;
const PUNCT = /=>|\.\.\.|\?\.(?!\d)|[^\s]/uy;
const SPACE = /\s+/y;

class Lexer {
  readonly tokens: Token[] = [];
  readonly #source: string;
  #at = 0;
  #line = 1;
  /** One entry for each template we are inside of: the brace depth of its `${`. */
  readonly #templates: number[] = [];
  #depth = 0;
  #previous: Token | null = null;

  constructor(source: string) {
    this.#source = source;
  }

  run(): void {
    while (this.#at < this.#source.length) this.#next();
  }

  #next(): void {
    const source = this.#source;
    const char = source[this.#at]!;
    const two = source.slice(this.#at, this.#at + 2);
    if (this.#match(SPACE, null)) return;
    if (two === "//" || (two === "#!" && this.#at === 0)) {
      this.#emit("comment", this.#until("\n", 0));
    } else if (two === "/*") {
      this.#emit("comment", this.#until("*/", 2));
    } else if (char === '"' || char === "'") {
      this.#string(char);
    } else if (char === "`") {
      this.#template(1);
    } else if (char === "/" && this.#regexMayStart()) {
      this.#regex();
    } else if (!this.#match(WORD, "word") && !this.#match(NUMBER, "number")) {
      this.#punct(char);
    }
  }

  #punct(char: string): void {
    if (char === "{") this.#depth += 1;
    if (char === "}") {
      this.#depth -= 1;
      if (this.#templates.at(-1) === this.#depth) {
        this.#templates.pop();
        this.#template(1);
        return;
      }
    }
    if (!this.#match(PUNCT, "punct")) this.#at += 1;
  }

  /** A template from its opening backquote, or from the brace that closes a substitution. */
  #template(skip: number): void {
    const source = this.#source;
    let end = this.#at + skip;
    while (end < source.length && source[end] !== "`" && !source.startsWith("${", end)) {
      end += source[end] === "\\" ? 2 : 1;
    }
    const opens = source.startsWith("${", end);
    this.#emit("template", source.slice(this.#at, end + (opens ? 2 : 1)));
    if (opens) {
      this.#templates.push(this.#depth);
      this.#depth += 1;
      // What follows the brace is an expression, so a slash there opens a regular expression.
      this.#previous = null;
    }
  }

  #string(quote: string): void {
    const source = this.#source;
    let end = this.#at + 1;
    while (end < source.length && source[end] !== quote && source[end] !== "\n") {
      end += source[end] === "\\" ? 2 : 1;
    }
    const content = source.slice(this.#at + 1, end);
    this.#emit("string", source.slice(this.#at, end + 1), content);
  }

  #regex(): void {
    const source = this.#source;
    let end = this.#at + 1;
    let inClass = false;
    while (end < source.length && source[end] !== "\n" && (inClass || source[end] !== "/")) {
      if (source[end] === "[") inClass = true;
      if (source[end] === "]") inClass = false;
      end += source[end] === "\\" ? 2 : 1;
    }
    end += 1;
    while (/[a-z]/.test(source[end] ?? "")) end += 1;
    this.#emit("regex", source.slice(this.#at, end));
  }

  #regexMayStart(): boolean {
    const previous = this.#previous;
    if (previous === null) return true;
    if (previous.kind === "word") return REGEX_AFTER.has(previous.text);
    return previous.kind === "punct" && !["}", ")", "]"].includes(previous.text);
  }

  #until(end: string, skip: number): string {
    const index = this.#source.indexOf(end, this.#at + skip);
    if (index < 0) return this.#source.slice(this.#at);
    return this.#source.slice(this.#at, end === "\n" ? index : index + end.length);
  }

  #match(pattern: RegExp, kind: Token["kind"] | null): boolean {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#source)?.[0];
    if (text === undefined) return false;
    if (kind === null) this.#advance(text);
    else this.#emit(kind, text);
    return true;
  }

  #emit(kind: Token["kind"], raw: string, text = raw): void {
    const token = { kind, text, line: this.#line };
    this.tokens.push(token);
    if (kind !== "comment") this.#previous = token;
    this.#advance(raw);
  }

  #advance(raw: string): void {
    for (const char of raw) if (char === "\n") this.#line += 1;
    this.#at += raw.length;
  }
}
