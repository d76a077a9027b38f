// The checker of the house rules, on small sources in memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { functionSpans } from "../../scripts/tidy/functions.ts";
import { importsOf } from "../../scripts/tidy/imports.ts";
import { tidy } from "../../scripts/tidy/check.ts";
import { tokenize } from "../../scripts/tidy/tokens.ts";

const HEADER = "// What it is.\n";

/** The faults of one file, as "line: message", without the one that nobody imports it. */
function faultsOf(path: string, body: string): string[] {
  const sources = new Map([[path, HEADER + body]]);
  return tidy(sources)
    .filter((fault) => fault.message !== "Nobody imports this file")
    .map((fault) => `${fault.line}: ${fault.message}`);
}

function code(source: string) {
  return tokenize(source).filter((token) => token.kind !== "comment");
}

function spans(source: string): string[] {
  return functionSpans(code(source)).map((span) => `${span.name} ${span.line} ${span.lines}`);
}

test("tokenize() tells regular expressions, divisions, templates and comments apart", () => {
  const kinds = tokenize("a = b / c / d; x = /[/}]\\/{/g; // {\n`{${ { a: `}` } }{`; /* { */ '{'")
    .map((token) => `${token.kind}:${token.text}`);
  assert.deepEqual(kinds.filter((kind) => !/^(word|punct):/.test(kind)), [
    "regex:/[/}]\\/{/g",
    "comment:// {",
    "template:`{${",
    "template:`}`",
    "template:}{`",
    "comment:/* { */",
    "string:{",
  ]);
});

test("tokenize() counts lines inside templates and comments", () => {
  const last = tokenize("`\n\n`;\n/*\n*/ end").at(-1)!;
  assert.deepEqual(last, { kind: "word", text: "end", line: 5 });
});

test("tokenize() ends on unclosed literals", () => {
  for (const source of ["`a${", "'a", "/*", "/[", '"\\', "`a${b}"]) {
    assert.ok(tokenize(source).length > 0, source);
  }
});

test("functionSpans() finds declarations, methods, accessors and arrow functions", () => {
  assert.deepEqual(spans("function a<T extends { x: 1 }>(b: T): { y: T } {\n\n}"), ["a 1 3"]);
  assert.deepEqual(spans("export async function* a() {\n}"), ["a 1 2"]);
  assert.deepEqual(spans("class C {\n  #a(x = (1)): Map<string, { b: 1 }> {\n  }\n}"), ["#a 2 2"]);
  assert.deepEqual(spans("class C {\n  get a(): x is { b: 1 } {\n  }\n}"), ["a 2 2"]);
  assert.deepEqual(spans("const o = {\n  a(b) {\n  },\n  [k](c): D {\n  },\n};"), [
    "a 2 2",
    "] 4 2",
  ]);
  assert.deepEqual(spans("const a = async (b) => {\n};"), ["arrow function 1 2"]);
});

test("functionSpans() takes no control flow, types or calls for functions", () => {
  assert.deepEqual(spans("if (a) {\n}\nfor (;;) {}\nswitch (f(x)) { case g(x): {} }"), []);
  assert.deepEqual(spans("interface I { a(b: { c: 1 }): { d: 2 }; e: (f: 1) => void; }"), []);
  assert.deepEqual(spans("declare function a(): { b: 1 };\nconst x = a ? f(b) : {};"), []);
  assert.deepEqual(spans("f(a); g(`${h({})}`);"), []);
});

test("importsOf() gives static, dynamic, re-exported and worker modules", () => {
  const found = importsOf(code(`
    import { a, type B } from "./one.ts";
    import type { C } from "./two.ts";
    import { type D, type E } from "./three.ts";
    import "./four.ts";
    export * from "./five.ts";
    export type { F } from "./six.ts";
    export const from = 1;
    const g = await import("./seven.ts");
    new Worker(new URL("./eight.ts", import.meta.url));
    // import "./nine.ts";
  `));
  assert.deepEqual(
    found.map((one) => `${one.specifier}${one.typesOnly ? " types" : ""}`),
    [
      "./one.ts",
      "./two.ts types",
      "./three.ts types",
      "./four.ts",
      "./five.ts",
      "./six.ts types",
      "./seven.ts",
      "./eight.ts",
    ],
  );
});

test("An import against the arrows is a fault", () => {
  const wrong = '2: "net" must not import "src/wire/packet.ts"';
  assert.deepEqual(faultsOf("src/net/a.ts", 'import "../wire/packet.ts";'), [wrong]);
  assert.deepEqual(faultsOf("src/tftp/a.ts", 'import "../wire/packet.ts";'), []);
  assert.deepEqual(faultsOf("src/cli/a.ts", 'import "../../scripts/a.ts";'), [
    '2: "cli" must not import "scripts/a.ts"',
  ]);
  assert.deepEqual(faultsOf("src/odd/a.ts", 'import "../wire/packet.ts";'), [
    '2: Folder "src/odd" is not in the table of arrows',
  ]);
});

test("An arrow for types admits types only", () => {
  assert.deepEqual(faultsOf("src/tftp/a.ts", 'import type { A } from "../config/config.ts";'), []);
  assert.deepEqual(faultsOf("src/tftp/a.ts", 'import { A } from "../config/config.ts";'), [
    '2: "tftp" may import only types from "src/config/config.ts"',
  ]);
});

test("An arrow to one file does not admit its neighbours", () => {
  assert.deepEqual(faultsOf("src/tftp/a.ts", 'import type { A } from "../net/driver.ts";'), []);
  assert.deepEqual(faultsOf("src/tftp/a.ts", 'import type { A } from "../net/linux.ts";'), [
    '2: "tftp" must not import "src/net/linux.ts"',
  ]);
});

test("Imports that run in a circle are a fault of the one that closes it, types or not", () => {
  const sources = new Map([
    ["src/net/a.ts", 'import "./b.ts";\nimport "./d.ts";'],
    ["src/net/b.ts", 'import "./d.ts";\nimport type { C } from "./c.ts";'],
    ["src/net/c.ts", 'import type { A } from "./a.ts";\nimport type { C } from "./c.ts";'],
    ["src/net/d.ts", ""],
    ["tests/e.ts", 'import "./f.ts";'],
    ["tests/f.ts", 'import "./e.ts";'],
  ].map(([path, body]) => [path!, HEADER + body] as const));
  assert.deepEqual(tidy(sources), [{
    path: "src/net/c.ts",
    line: 2,
    message: "Imports run in a circle: src/net/a.ts, src/net/b.ts, src/net/c.ts, src/net/a.ts",
  }]);
});

test("wire and proto import no package and no builtin", () => {
  assert.deepEqual(faultsOf("src/wire/a.ts", 'import "node:net";\nimport "hono";'), [
    '2: "wire" must not import "node:net"',
    '3: "wire" must not import "hono"',
  ]);
});

test("wire and proto use no clock, no chance and no runtime", () => {
  const body =
    "Deno.exit();\nnew Date(0);\nMath.random();\nx.Deno;\ny = { Date: 1 };\nconsole.log();";
  assert.deepEqual(faultsOf("src/proto/a.ts", body), [
    '2: "Deno" must not be used in "proto"',
    '3: "Date" must not be used in "proto"',
    '4: "Math" draws random numbers: inject them into "proto"',
    '7: "console" must not be used in "proto"',
  ]);
});

test("The clock is read only where it is owned, dates may be computed anywhere", () => {
  const body = "Date.now();\nnew Date();\nnew Date(0);\nsetTimeout(f);\nDate.parse(x);";
  assert.deepEqual(faultsOf("src/http/a.ts", body), [
    '2: "Date" reads the clock: inject it into "http"',
    '3: "Date" reads the clock: inject it into "http"',
    '5: "setTimeout" reads the clock: inject it into "http"',
  ]);
  assert.deepEqual(faultsOf("src/net/a.ts", body), []);
});

test("storage may draw random names, resolve may not", () => {
  const body = 'import { randomBytes } from "node:crypto";\ncrypto.randomUUID();';
  assert.deepEqual(faultsOf("src/storage/a.ts", body), []);
  assert.equal(faultsOf("src/resolve/a.ts", body).length, 2);
});

test("Long files and long functions are faults", () => {
  const long = "a;\n".repeat(400);
  assert.deepEqual(faultsOf("src/cli/a.ts", long), [
    "401: File has 401 lines, at most 400 are allowed",
  ]);
  assert.deepEqual(faultsOf("tests/cli/a_test.ts", long), []);
  assert.deepEqual(faultsOf("src/cli/a.ts", `function a() {\n${"b;\n".repeat(59)}}`), [
    '2: "a" has 61 lines, at most 60 are allowed',
  ]);
  assert.deepEqual(faultsOf("src/cli/a.ts", `function a() {\n${"b;\n".repeat(58)}}`), []);
});

test("A function that only groups tests may be long, the tests in it may not", () => {
  const group = (body: string) => `describe("a", () => {\n${"b;\n".repeat(60)}${body}\n});`;
  assert.deepEqual(faultsOf("tests/a_test.ts", group('test("b", () => {});')), []);
  assert.equal(faultsOf("tests/a_test.ts", group('/b/.test("c");')).length, 1);
  assert.equal(faultsOf("src/cli/a.ts", group('test("b", () => {});')).length, 1);
  const long = `test("b", () => {\n${"c;\n".repeat(60)}});`;
  assert.equal(faultsOf("tests/a_test.ts", group(long)).length, 1);
});

test("A file without a header comment is a fault", () => {
  const headless = (text: string) => tidy(new Map([["main.ts", text]])).map((f) => f.message);
  const message = "File has no header comment that says what it is";
  assert.deepEqual(headless("const a = 1;\n"), [message]);
  assert.deepEqual(headless("/** A docstring. */\nexport const a = 1;\n"), [message]);
  assert.deepEqual(headless(""), [message]);
  assert.deepEqual(headless("#!/usr/bin/env -S deno run\n// What it is.\n"), []);
  assert.deepEqual(headless("// a\n".repeat(6)), [
    "Header comment has 6 lines, at most 5 are allowed",
  ]);
});

test("Marks of unfinished work in comments are faults, in strings they are not", () => {
  const mark = "FIX" + "ME";
  assert.deepEqual(faultsOf("src/cli/a.ts", `/*\n ${mark} */ a = "${mark}";`), [
    `3: Comment holds "${mark}": do it or describe it elsewhere`,
  ]);
});

test("Default exports and enums are faults", () => {
  assert.deepEqual(faultsOf("src/cli/a.ts", "export default 1;\nexport enum A { B }"), [
    "2: Default exports are not used: give it a name",
    '3: Enums are not used: make "A" a union of strings',
  ]);
});

test("A file that a script starts by its path is not dead", () => {
  const sources = new Map([
    ["scripts/x.ts", HEADER + 'run(join(here, "bench/load.ts"));'],
    ["scripts/bench/load.ts", HEADER + 'f("x.ts");'],
  ]);
  assert.deepEqual(tidy(sources), []);
});

test("A file that nobody imports is a fault, entry points excepted", () => {
  const sources = new Map([
    ["main.ts", HEADER + 'import "./src/cli/a.ts";'],
    ["src/cli/a.ts", HEADER],
    ["src/cli/b.ts", HEADER],
    ["scripts/x.ts", HEADER],
    ["tests/a_test.ts", HEADER],
  ]);
  assert.deepEqual(tidy(sources), [
    { path: "src/cli/b.ts", line: 1, message: "Nobody imports this file" },
  ]);
});
