// The modules a tokenised source refers to: static and dynamic imports, re-exports, and
// `new URL("./x.ts", import.meta.url)`, which is how workers are named.
import { posix } from "node:path";
import type { Token } from "./tokens.ts";

/** One reference; `specifier` is as written. */
export interface Import {
  readonly specifier: string;
  /** True where only types are taken, so that nothing is loaded at run time. */
  readonly typesOnly: boolean;
  readonly line: number;
}

/** The references of a source in their order. `tokens` holds no comments. */
export function importsOf(tokens: readonly Token[]): Import[] {
  const imports: Import[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== "word" || tokens[index - 1]?.text === ".") return;
    const found = token.text === "import"
      ? importAt(tokens, index)
      : token.text === "export"
      ? reexportAt(tokens, index)
      : token.text === "URL"
      ? urlAt(tokens, index)
      : null;
    if (found !== null) imports.push({ ...found, line: token.line });
  });
  return imports;
}

/** The path inside the project that a relative specifier of the file `from` names. */
export function targetOf(from: string, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

type Found = Omit<Import, "line">;

function importAt(tokens: readonly Token[], index: number): Found | null {
  const next = tokens[index + 1];
  if (next === undefined) return null;
  if (next.kind === "string") return { specifier: next.text, typesOnly: false };
  if (next.text === "(") {
    const argument = tokens[index + 2];
    return argument?.kind === "string" ? { specifier: argument.text, typesOnly: false } : null;
  }
  return clauseAt(tokens, index);
}

function reexportAt(tokens: readonly Token[], index: number): Found | null {
  const next = tokens[index + 1]?.text;
  const afterType = next === "type" ? tokens[index + 2]?.text : next;
  return afterType === "*" || afterType === "{" ? clauseAt(tokens, index) : null;
}

/** `import|export [type] … from "x"`. */
function clauseAt(tokens: readonly Token[], index: number): Found | null {
  const from = tokens.findIndex((token, at) =>
    at > index && (token.text === ";" || token.text === "from" && tokens[at + 1]?.kind === "string")
  );
  if (from < 0 || tokens[from]!.text === ";") return null;
  const clause = tokens.slice(index + 1, from);
  return { specifier: tokens[from + 1]!.text, typesOnly: isTypesOnly(clause) };
}

function isTypesOnly(clause: readonly Token[]): boolean {
  if (clause[0]?.text === "type" && clause[1]?.text !== "from") return true;
  if (clause[0]?.text !== "{") return false;
  const names = clause.filter((token, index) =>
    token.kind === "word" && ["{", ","].includes(clause[index - 1]?.text ?? "")
  );
  return names.length > 0 && names.every((token) => token.text === "type");
}

function urlAt(tokens: readonly Token[], index: number): Found | null {
  const argument = tokens[index + 2];
  const isModule = tokens[index + 1]?.text === "(" && argument?.kind === "string" &&
    argument.text.endsWith(".ts");
  return isModule ? { specifier: argument.text, typesOnly: false } : null;
}
