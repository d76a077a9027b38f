// The house rules that a linter does not know, as a pure function over the sources.
import { posix } from "node:path";
import { arrowFault, folderOf } from "./arrows.ts";
import { circlesOf } from "./circles.ts";
import { functionSpans } from "./functions.ts";
import { type Import, importsOf, targetOf } from "./imports.ts";
import { type Token, tokenize } from "./tokens.ts";

/** A broken rule; `line` counts from 1. */
export interface Fault {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** All broken rules of a project, given as path (relative, with "/") to text, in path order. */
export function tidy(sources: ReadonlyMap<string, string>): Fault[] {
  const faults: Fault[] = [];
  const used = new Set<string>();
  const inSrc = new Map<string, readonly Import[]>();
  for (const path of [...sources.keys()].sort()) {
    const text = sources.get(path)!;
    const all = tokenize(text);
    const code = all.filter((token) => token.kind !== "comment");
    const imports = importsOf(code);
    if (folderOf(path) !== null) inSrc.set(path, imports);
    for (const imported of imports) {
      const target = targetOf(path, imported.specifier);
      if (target !== null && target !== path) used.add(target);
    }
    for (const started of startedPaths(path, code)) used.add(started);
    const fault = (line: number, message: string) => faults.push({ path, line, message });
    checkShape(path, text, all, fault);
    checkFunctions(path, code, fault);
    checkImports(path, imports, fault);
    checkBannedNames(path, code, fault);
    checkSyntax(code, fault);
  }
  for (const { path, line, way } of circlesOf(inSrc)) {
    faults.push({ path, line, message: `Imports run in a circle: ${way.join(", ")}` });
  }
  for (const path of sources.keys()) {
    if (!used.has(path) && !isEntry(path)) {
      faults.push({ path, line: 1, message: "Nobody imports this file" });
    }
  }
  return faults.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line);
}

/** Scripts and tests start processes by path: any string that may be one keeps that file alive. */
function startedPaths(path: string, code: readonly Token[]): string[] {
  if (folderOf(path) !== null) return [];
  const strings = code.filter((token) => token.kind === "string" && token.text.endsWith(".ts"));
  return strings.map(({ text }) => posix.join(posix.dirname(path), text));
}

const FILE_LINES_MAX = 400;
const TEST_FILE_LINES_MAX = 600;
const FUNCTION_LINES_MAX = 60;
const HEADER_LINES_MAX = 5;

type Report = (line: number, message: string) => void;

function checkShape(path: string, text: string, tokens: readonly Token[], fault: Report): void {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const max = path.startsWith("tests/") ? TEST_FILE_LINES_MAX : FILE_LINES_MAX;
  if (lines > max) fault(max + 1, `File has ${lines} lines, at most ${max} are allowed`);
  checkHeader(tokens, fault);
  const mark = /\b(?:TODO|FIXME|XXX)\b/;
  for (const token of tokens) {
    const found = token.kind === "comment" ? mark.exec(token.text) : null;
    if (found === null) continue;
    const before = token.text.slice(0, found.index).split("\n").length - 1;
    fault(token.line + before, `Comment holds "${found[0]}": do it or describe it elsewhere`);
  }
}

/** The header: line comments from the first line on, without a gap, and not a docstring. */
function checkHeader(tokens: readonly Token[], fault: Report): void {
  const shebangs = tokens[0]?.text.startsWith("#!") ? 1 : 0;
  const header = tokens.slice(shebangs);
  const first = header[0];
  if (first?.kind !== "comment" || first.line !== 1 + shebangs || first.text.startsWith("/**")) {
    fault(1, "File has no header comment that says what it is");
    return;
  }
  let count = 1;
  while (header[count]?.kind === "comment" && header[count]!.line === first.line + count) {
    count += 1;
  }
  if (count > HEADER_LINES_MAX) {
    fault(1, `Header comment has ${count} lines, at most ${HEADER_LINES_MAX} are allowed`);
  }
}

function checkFunctions(path: string, code: readonly Token[], fault: Report): void {
  const inTests = path.startsWith("tests/");
  for (const span of functionSpans(code)) {
    if (span.lines <= FUNCTION_LINES_MAX || (inTests && span.holdsTests)) continue;
    const max = FUNCTION_LINES_MAX;
    fault(span.line, `"${span.name}" has ${span.lines} lines, at most ${max} are allowed`);
  }
}

function checkImports(path: string, imports: readonly Import[], fault: Report): void {
  for (const imported of imports) {
    const wrong = arrowFault(path, imported);
    if (wrong !== null) fault(imported.line, wrong);
  }
}

/** Names that wire and proto never use: they have no clock, no chance, no runtime. */
const IMPURE = new Set([
  ...["Date", "performance", "setTimeout", "setInterval", "setImmediate", "queueMicrotask"],
  ...["crypto", "Deno", "Bun", "console", "process", "globalThis"],
]);
const CLOCK = new Set(["performance", "setTimeout", "setInterval", "setImmediate"]);
/** Folders that own a clock, and those that may draw random numbers. */
const CLOCK_FOLDERS = new Set(["net", "server", "client", "cli"]);
const RANDOM_FOLDERS = new Set([...CLOCK_FOLDERS, "storage"]);

function checkBannedNames(path: string, code: readonly Token[], fault: Report): void {
  const folder = folderOf(path);
  if (folder === null) return;
  const pure = folder === "wire" || folder === "proto";
  code.forEach((token, index) => {
    if (token.kind === "string" && token.text === "node:crypto" && !RANDOM_FOLDERS.has(folder)) {
      fault(token.line, `"node:crypto" is not for "${folder}": inject the random source`);
    }
    if (token.kind !== "word" || isProperty(code, index)) return;
    if (pure && IMPURE.has(token.text)) {
      fault(token.line, `"${token.text}" must not be used in "${folder}"`);
    } else if (!CLOCK_FOLDERS.has(folder) && readsClock(code, index)) {
      fault(token.line, `"${token.text}" reads the clock: inject it into "${folder}"`);
    } else if (!RANDOM_FOLDERS.has(folder) && drawsRandom(code, index)) {
      fault(token.line, `"${token.text}" draws random numbers: inject them into "${folder}"`);
    }
  });
}

/** Whether the word is a member, a key of an object or a field, rather than a global. */
function isProperty(code: readonly Token[], index: number): boolean {
  const before = code[index - 1]?.text;
  const after = code[index + 1]?.text;
  if (before === "." || before === "?.") return true;
  const opens = before === "{" || before === "," || before === ";" || before === "readonly";
  return opens && (after === ":" || after === "?");
}

function readsClock(code: readonly Token[], index: number): boolean {
  const word = code[index]!.text;
  if (CLOCK.has(word)) return true;
  if (word !== "Date") return false;
  const [one, two] = [code[index + 1]?.text, code[index + 2]?.text];
  if (one === "." && two === "now") return true;
  return code[index - 1]?.text === "new" && (one !== "(" || two === ")");
}

function drawsRandom(code: readonly Token[], index: number): boolean {
  const word = code[index]!.text;
  return word === "crypto" || (word === "Math" && code[index + 2]?.text === "random");
}

function checkSyntax(code: readonly Token[], fault: Report): void {
  code.forEach((token, index) => {
    if (token.kind !== "word" || isProperty(code, index)) return;
    const [one, two] = [code[index + 1], code[index + 2]];
    if (token.text === "export" && one?.text === "default") {
      fault(token.line, "Default exports are not used: give it a name");
    }
    if (token.text === "enum" && one?.kind === "word" && two?.text === "{") {
      fault(token.line, `Enums are not used: make "${one.text}" a union of strings`);
    }
  });
}

/** Files that are started, not imported. */
function isEntry(path: string): boolean {
  return path === "main.ts" || path.endsWith("_test.ts") || /^scripts\/[^/]+\.ts$/.test(path);
}
