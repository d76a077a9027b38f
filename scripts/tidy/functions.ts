// Finds the functions of a tokenised source and how many lines each takes: declarations,
// methods, accessors and arrow functions with a block.
import type { Token } from "./tokens.ts";

/** A function with a body; lines count from its name (arrows: from `=>`) to the closing brace. */
export interface FunctionSpan {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  /** It registers tests: a grouping, whose parts are functions of their own. */
  readonly holdsTests: boolean;
}

/** The functions of a source in the order of their bodies. `tokens` holds no comments. */
export function functionSpans(tokens: readonly Token[]): FunctionSpan[] {
  const closers = matchBrackets(tokens);
  const spans: FunctionSpan[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const head = headAt(tokens, index, closers);
    if (head === null) continue;
    const close = closers.get(head.body) ?? tokens.length - 1;
    const line = tokens[index]!.line;
    spans.push({
      name: head.name,
      line,
      lines: tokens[close]!.line - line + 1,
      holdsTests: holdsTests(tokens, head.body, close),
    });
  }
  return spans;
}

interface Head {
  readonly name: string;
  /** Index of the opening brace. */
  readonly body: number;
}

const CONTROL = new Set(["if", "for", "while", "switch", "catch", "with", "return"]);
const BEFORE_METHOD = new Set([
  ...["{", "}", ";", ",", "*", "async", "get", "set", "static", "override", "private", "public"],
  ...["protected", "abstract", "readonly", "function"],
]);
/** After these a brace belongs to a type, not to a body. */
const BEFORE_TYPE = new Set([
  ...[":", "|", "&", "<", ",", "(", "[", "=>", "is", "keyof", "extends", "readonly", "asserts"],
]);

/** The function that starts at `index`: at `=>`, at `function` or at the name of a method. */
function headAt(
  tokens: readonly Token[],
  index: number,
  closers: ReadonlyMap<number, number>,
): Head | null {
  const token = tokens[index]!;
  if (token.text === "=>" && token.kind === "punct") {
    return isPunct(tokens[index + 1], "{") ? { name: "arrow function", body: index + 1 } : null;
  }
  if (token.kind !== "word" && token.kind !== "string" && !isPunct(token, "]")) return null;
  if (CONTROL.has(token.text) && token.kind === "word") return null;
  const before = tokens[index - 1];
  const open = skipGenerics(tokens, index + 1);
  if (!isPunct(tokens[open], "(")) return null;
  if (token.text !== "function" && !isPunct(token, "]")) {
    if (before !== undefined && !BEFORE_METHOD.has(before.text)) return null;
  }
  const close = closers.get(open);
  if (close === undefined) return null;
  const body = bodyAfter(tokens, close + 1, closers);
  return body === null ? null : { name: token.text, body };
}

/** Index of the body's brace after the parameters, past a return type; null where none follows. */
function bodyAfter(
  tokens: readonly Token[],
  index: number,
  closers: ReadonlyMap<number, number>,
): number | null {
  if (isPunct(tokens[index], "{")) return index;
  if (!isPunct(tokens[index], ":")) return null;
  for (let at = index + 1; at < tokens.length; at += 1) {
    const token = tokens[at]!;
    if (token.kind !== "punct") continue;
    if (token.text === "{" && !BEFORE_TYPE.has(tokens[at - 1]!.text)) return at;
    if ([";", ")", "}", "]", "="].includes(token.text)) return null;
    at = closers.get(at) ?? at;
  }
  return null;
}

/** Past `<…>` if there is one. */
function skipGenerics(tokens: readonly Token[], index: number): number {
  if (!isPunct(tokens[index], "<")) return index;
  let depth = 0;
  for (let at = index; at < tokens.length; at += 1) {
    if (isPunct(tokens[at], "<")) depth += 1;
    if (isPunct(tokens[at], ">")) depth -= 1;
    if (depth === 0) return at + 1;
    if (isPunct(tokens[at], ";")) return index;
  }
  return index;
}

/** Whether tests are registered between these tokens. */
function holdsTests(tokens: readonly Token[], from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const isTest = tokens[at]!.text === "test" || tokens[at]!.text === "it";
    if (isTest && isPunct(tokens[at + 1], "(") && !isPunct(tokens[at - 1], ".")) return true;
  }
  return false;
}

/** Opening bracket index to closing bracket index. */
function matchBrackets(tokens: readonly Token[]): Map<number, number> {
  const closers = new Map<number, number>();
  const open: number[] = [];
  tokens.forEach((token, index) => {
    const text = token.text;
    if (token.kind === "template") {
      // "}…${" closes one substitution and opens the next.
      if (text.startsWith("}") && open.length > 0) closers.set(open.pop()!, index);
      if (text.endsWith("${")) open.push(index);
    } else if (token.kind === "punct") {
      if (text === "(" || text === "[" || text === "{") open.push(index);
      if ((text === ")" || text === "]" || text === "}") && open.length > 0) {
        closers.set(open.pop()!, index);
      }
    }
  });
  return closers;
}

function isPunct(token: Token | undefined, text: string): boolean {
  return token?.kind === "punct" && token.text === text;
}
