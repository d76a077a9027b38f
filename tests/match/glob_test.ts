// Globs over relative names, row by row.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileGlob, quoteGlob } from "../../src/match/glob.ts";

const CASES: readonly (readonly [glob: string, hits: string[], misses: string[]])[] = [
  ["*.cfg", ["a.cfg", ".cfg", "ü.cfg"], ["a/b.cfg", "a.cfgx"]],
  ["**/*.cfg", ["a.cfg", "a/b.cfg", "a/b/c.cfg"], ["a.cf"]],
  ["backups/**", ["backups/a", "backups/a/b"], ["backups", "backups2/a", "x/backups/a"]],
  ["/backups/**", ["backups/a"], ["x/backups/a"]],
  ["**", ["a", "a/b"], []],
  ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/xb", "ab"]],
  ["a**b", ["ab", "axxb"], ["a/b"]],
  ["?.txt", ["a.txt"], ["/.txt", "ab.txt", ".txt"]],
  ["[a-c]x", ["ax", "cx"], ["dx", "-x"]],
  ["[!a-c]x", ["dx"], ["ax", "/x"]],
  ["[]x]y", ["]y", "xy"], ["ay"]],
  ["[a^]y", ["ay", "^y"], ["by"]],
  ["{a,b/**}/c", ["a/c", "b/x/c"], ["c", "b/c"]],
  ["{pxelinux.cfg,grub}/*", ["pxelinux.cfg/default", "grub/x"], ["pxelinuxxcfg/default"]],
  ["a.{c,h{h,pp}}", ["a.c", "a.hh", "a.hpp"], ["a.h"]],
  ["a,b}", ["a,b}"], ["a"]],
  ["a\\*b", ["a*b"], ["axb"]],
  ["a+(b)|c$", ["a+(b)|c$"], ["aab"]],
  ["a[+-9]b", ["a+b", "a.b", "a5b"], ["a/b", "a:b"]],
  ["[à-ü😀]", ["é", "😀"], ["e"]],
  ["a[\\]-]b", ["a]b", "a-b"], ["ab"]],
];

for (const [text, hits, misses] of CASES) {
  test(`compileGlob("${text}") matches what it should and no more`, () => {
    const glob = compileGlob(text);
    if (glob.kind === "bad") assert.fail(glob.detail);
    for (const name of hits) assert.equal(glob.matches(name), true, name);
    for (const name of misses) assert.equal(glob.matches(name), false, name);
  });
}

test("quoteGlob() makes a glob that matches one name and no other", () => {
  for (const name of ["eth0", "a*", "?", "[a]", "{a,b}", "a\\", "a\\*"]) {
    const glob = compileGlob(quoteGlob(name));
    if (glob.kind === "bad") assert.fail(glob.detail);
    assert.equal(glob.matches(name), true, name);
    assert.equal(glob.matches(name.replace(/[*?[{\\]/, "x")), name === "eth0", name);
  }
});

test("compileGlob() gives bad globs back as values", () => {
  for (const text of ["", "/", "[a", "{a,b", "a\\", "[a/b]", "[z-a]", "{".repeat(9), "[]"]) {
    assert.equal(compileGlob(text).kind, "bad", text);
  }
});

test("a glob that explodes in backtracking engines takes linear time", () => {
  const glob = compileGlob("*a".repeat(25) + "b");
  assert.ok(glob.kind === "glob" && !glob.matches("a".repeat(3000)));
});

test("compileGlob() can ignore letter case", () => {
  const glob = compileGlob("Backups/**", { caseInsensitive: true });
  assert.ok(glob.kind === "glob" && glob.matches("BACKUPS/x"));
});
