// The right side of a rewrite rule: a text with groups of the match and facts of the request.
// `$0`…`$9` `${12}` `${name}` are groups, `{ip}` `{ip-hex}` `{port}` `{mac}` `{mac-hex}` facts,
// `\U` `\L` change the case of what follows up to `\E`, and `$$` `\\` `\{` stand for themselves.
import { type BadText, type Pattern, PATTERN_CHARS_MAX } from "./pattern.ts";

/** Facts of a request that a template may name. */
export const TEMPLATE_VARIABLES = ["ip", "ip-hex", "port", "mac", "mac-hex"] as const;

/** The name of such a fact. */
export type TemplateVariable = typeof TEMPLATE_VARIABLES[number];

/** Rendering stops beyond this many UTF-16 units, far above any name: templates can multiply. */
export const RENDERED_CHARS_MAX = 8192;

/** A compiled template, bound to the groups of one pattern. */
export interface Template {
  readonly kind: "template";
  readonly text: string;
  /** The facts it names. */
  readonly variables: ReadonlySet<TemplateVariable>;
  /** Whether it names a group. */
  readonly asksGroups: boolean;
  /** Groups that took no part in the match are empty. */
  render(
    groups: readonly (string | null)[],
    variable: (name: TemplateVariable) => string,
  ): string;
}

/** `text` as a template that makes just this text. */
export function quoteTemplate(text: string): string {
  return text.replace(/[\\${]/g, (char) => char === "$" ? "$$" : `\\${char}`);
}

/** Compiles a template for `pattern`. Groups and facts that do not exist come back as a value. */
export function compileTemplate(text: string, pattern: Pattern): Template | BadText {
  if (text.length > PATTERN_CHARS_MAX) {
    return { kind: "bad", detail: `longer than ${PATTERN_CHARS_MAX} characters` };
  }
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length;) {
    const token = TOKEN.exec(text.slice(at))?.[0] ?? text.charAt(at);
    const piece = readPiece(token, pattern);
    if (piece.kind === "bad") return piece;
    pieces.push(piece);
    at += token.length;
  }
  return {
    kind: "template",
    text,
    variables: new Set(pieces.flatMap((each) => each.kind === "variable" ? [each.name] : [])),
    asksGroups: pieces.some((each) => each.kind === "group"),
    render: (groups, variable) => render(pieces, groups, variable),
  };
}

type Case = "upper" | "lower" | "as-is";

type Piece =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "group"; readonly group: number }
  | { readonly kind: "variable"; readonly name: TemplateVariable }
  | { readonly kind: "case"; readonly to: Case };

const TOKEN = /^(?:[^$\\{]+|\$\{[^}]*\}|\$.|\{[^}]*\}|\\.)/su;
const CASES: Readonly<Record<string, Case>> = { "\\U": "upper", "\\L": "lower", "\\E": "as-is" };

function readPiece(token: string, pattern: Pattern): Piece | BadText {
  if (token.startsWith("$")) return readGroup(token, pattern);
  if (token.startsWith("{")) return readVariable(token);
  if (!token.startsWith("\\")) return { kind: "literal", text: token };
  const to = CASES[token];
  if (to !== undefined) return { kind: "case", to };
  if (/^\\[\\${}]$/.test(token)) return { kind: "literal", text: token.slice(1) };
  return { kind: "bad", detail: `"${token}" is none of \\U \\L \\E \\\\ \\$ \\{ \\}` };
}

function readGroup(token: string, pattern: Pattern): Piece | BadText {
  if (token === "$$") return { kind: "literal", text: "$" };
  const name = token.startsWith("${") ? token.slice(2, -1) : token.slice(1);
  const number = /^\d{1,4}$/.test(name) ? Number(name) : pattern.groupNames.get(name);
  if (number !== undefined && (token !== `$${name}` || /^\d$/.test(name))) {
    if (number <= pattern.groupCount) return { kind: "group", group: number };
    return { kind: "bad", detail: `"${token}" asks for a group that the pattern does not have` };
  }
  if (token.startsWith("${")) {
    return { kind: "bad", detail: `"${token}" names a group that the pattern does not have` };
  }
  return { kind: "bad", detail: `"${token}" is no group: write $0 to $9, \${name} or $$` };
}

function readVariable(token: string): Piece | BadText {
  const name = TEMPLATE_VARIABLES.find((known) => token === `{${known}}`);
  if (name !== undefined) return { kind: "variable", name };
  const known = TEMPLATE_VARIABLES.map((each) => `{${each}}`).join(" ");
  return { kind: "bad", detail: `"${token}" is none of ${known}; write \\{ for the character` };
}

function render(
  pieces: readonly Piece[],
  groups: readonly (string | null)[],
  variable: (name: TemplateVariable) => string,
): string {
  let rendered = "";
  let to: Case = "as-is";
  for (const piece of pieces) {
    if (piece.kind === "case") {
      to = piece.to;
      continue;
    }
    let text: string;
    if (piece.kind === "literal") text = piece.text;
    else if (piece.kind === "group") text = groups[piece.group] ?? "";
    else text = variable(piece.name);
    rendered += to === "upper" ? text.toUpperCase() : to === "lower" ? text.toLowerCase() : text;
    if (rendered.length > RENDERED_CHARS_MAX) break;
  }
  return rendered;
}
