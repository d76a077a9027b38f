// Where each key and value stands in the text of a TOML file. Only needed once there is a fault
// to show, so the parser behind it is loaded then.
import type { AST } from "toml-eslint-parser";
import { type KeyPath, pathKey } from "./key_path.ts";

/** A stretch of text: line and columns count from 1, `endColumn` is exclusive. */
export interface Span {
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Finds keys and values by path. */
export interface Positions {
  /** Where the key (or the header of the table) stands; null if the path is not in the file. */
  key(path: KeyPath): Span | null;
  value(path: KeyPath): Span | null;
}

/** The positions in `text`, which must be valid TOML; finds nothing where it is not. */
export async function findPositions(text: string): Promise<Positions> {
  const keys = new Map<string, Span>();
  const values = new Map<string, Span>();
  const { parseTOML } = await import("toml-eslint-parser");
  try {
    const [top] = parseTOML(text, { tomlVersion: "latest" }).body;
    for (const node of top.body) visit(node, [], { keys, values });
  } catch (error) {
    // Both parsers know TOML 1.1; should they ever differ, faults go without their line.
    if (!(error instanceof Error)) throw error;
  }
  return {
    key: (path) => keys.get(pathKey(path)) ?? null,
    value: (path) => values.get(pathKey(path)) ?? keys.get(pathKey(path)) ?? null,
  };
}

interface Index {
  readonly keys: Map<string, Span>;
  readonly values: Map<string, Span>;
}

function visit(node: AST.TOMLKeyValue | AST.TOMLTable, base: KeyPath, index: Index): void {
  if (node.type === "TOMLTable") {
    addHeader(node, index);
    for (const inner of node.body) visit(inner, node.resolvedKey, index);
    return;
  }
  const path = addKey(node.key, { base, index });
  addValue(node.value, path, index);
}

// A header such as [[rewrite]] resolves to ["rewrite", 0]: indices stand behind their word.
function addHeader(table: AST.TOMLTable, index: Index): void {
  const words = [...table.key.keys];
  let place = span(table.key);
  table.resolvedKey.forEach((part, at) => {
    const word = typeof part === "string" ? words.shift() : undefined;
    if (word !== undefined) place = span(word);
    const path = pathKey(table.resolvedKey.slice(0, at + 1));
    if (!index.keys.has(path)) index.keys.set(path, place);
  });
}

function addKey(
  key: AST.TOMLKey,
  to: { readonly base: KeyPath; readonly index: Index },
): KeyPath {
  let path = to.base;
  for (const word of key.keys) {
    path = [...path, word.type === "TOMLBare" ? word.name : word.value];
    if (!to.index.keys.has(pathKey(path))) to.index.keys.set(pathKey(path), span(word));
  }
  return path;
}

function addValue(node: AST.TOMLContentNode, path: KeyPath, index: Index): void {
  index.values.set(pathKey(path), span(node));
  if (node.type === "TOMLArray") {
    node.elements.forEach((element, at) => addValue(element, [...path, at], index));
  } else if (node.type === "TOMLInlineTable") {
    for (const inner of node.body) visit(inner, path, index);
  }
}

function span(node: AST.TOMLNode): Span {
  const { start, end } = node.loc;
  return {
    line: start.line,
    column: start.column + 1,
    // A value over several lines is marked by its first character.
    endColumn: end.line === start.line ? end.column + 1 : start.column + 2,
  };
}
