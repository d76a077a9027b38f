// Templates: what they make of a match, and which ones are refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePattern } from "../../src/match/pattern.ts";
import { compileTemplate, quoteTemplate, RENDERED_CHARS_MAX } from "../../src/match/template.ts";

function compile(text: string, match: string) {
  const pattern = compilePattern(match);
  if (pattern.kind === "bad") assert.fail(pattern.detail);
  return { pattern, template: compileTemplate(text, pattern) };
}

const CASES: readonly (readonly [match: string, name: string, text: string, made: string])[] = [
  ["^.*$", "a/b", "x/$0", "x/a/b"],
  ["(a)(b)?(c)", "ac", "$1-$2-$3", "a--c"],
  ["(a)", "a", "$10", "a0"],
  ["(?P<arch>x64|x86)/(.*)", "x64/f", "${arch}/${2}/$1", "x64/f/x64"],
  ["a", "a", "{ip}-{ip-hex}:{port}", "192.0.2.1-C0000201:2070"],
  ["a", "a", "{mac}/\\U{mac-hex}", "02-00-5e-10-00-01/02005E100001"],
  ["(.*)", "Boot", "\\U$1\\E-\\L$1-{ip-hex}\\E-$1", "BOOT-boot-c0000201-Boot"],
  ["a", "a", "$$0 \\$ \\{ip} \\\\ }", "$0 $ {ip} \\ }"],
  ["a", "a", "ü/💾", "ü/💾"],
  ["a", "a", "", ""],
];

for (const [match, name, text, made] of CASES) {
  test(`the template "${text}" makes "${made}" of "${name}"`, () => {
    const { pattern, template } = compile(text, match);
    if (template.kind === "bad") assert.fail(template.detail);
    const groups = pattern.find(name)?.groups ?? assert.fail("no match");
    const facts = {
      ...{ "ip": "192.0.2.1", "ip-hex": "C0000201", "port": "2070" },
      ...{ "mac": "02-00-5e-10-00-01", "mac-hex": "02005e100001" },
    };
    assert.equal(template.render(groups, (variable) => facts[variable]), made);
  });
}

test("compileTemplate() refuses groups and facts that do not exist, and loose ends", () => {
  const texts = ["$2", "${2}", "${nope}", "$x", "$", "a$", "${", "{nope}", "{", "{ip", "\\q", "\\"];
  texts.push("${}", "{}", "$ {ip}", "{IP}", "${1", "x".repeat(5000));
  for (const text of texts) {
    const { template } = compile(text, "(?P<one>a)");
    assert.equal(template.kind, "bad", text.slice(0, 20));
  }
});

test("a template that multiplies its match is cut, not obeyed", () => {
  const { pattern, template } = compile("$0".repeat(2000), ".*");
  assert.ok(template.kind === "template");
  const groups = pattern.find("x".repeat(3000))?.groups ?? [];
  assert.ok(template.render(groups, () => "").length <= RENDERED_CHARS_MAX + 3000);
});

test("quoteTemplate() makes a template of any text that makes this text", () => {
  for (const text of ["a$1${x}", "{ip}\\U\\", "$$", "", "}{"]) {
    const { template } = compile(quoteTemplate(text), "(a)");
    if (template.kind === "bad") assert.fail(template.detail);
    assert.equal(template.render(["a", "a"], () => "?"), text);
  }
});
