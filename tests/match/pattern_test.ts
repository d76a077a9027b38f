// RE2 patterns: what compiles, what is refused in which words, what a match tells.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePattern, type Pattern, quotePattern } from "../../src/match/pattern.ts";

test("compilePattern() finds unanchored, with numbered and named groups", () => {
  const pattern = compiled("(?P<dir>[a-z]+)/(x)?(?<file>[^/]+)$");
  assert.equal(pattern.groupCount, 3);
  assert.deepEqual([...pattern.groupNames], [["dir", 1], ["file", 3]]);
  const match = pattern.find("/srv/boot/undionly.kpxe");
  assert.deepEqual(match, {
    start: 5,
    end: 23,
    groups: ["boot/undionly.kpxe", "boot", null, "undionly.kpxe"],
  });
  assert.equal(pattern.find("none"), null);
  assert.equal(pattern.test("a/b"), true);
});

test("find() starts at the offset it is given", () => {
  const pattern = compiled("a");
  assert.equal(pattern.find("aba", 1)?.start, 2);
  assert.equal(pattern.find("aba", 3), null);
  assert.equal(pattern.find("aba", 9), null);
});

test("compilePattern() refuses what no linear-time engine has, as a value", () => {
  for (
    const [text, words] of [
      ["(?=a)", "look-around"],
      ["(?<!a)b", "look-around"],
      ["(a)\\1", "backreferences"],
      ["(a", "missing closing )"],
      ["[z-a]", "invalid character class range"],
      ["a{1001}", "invalid repeat count"],
      ["a".repeat(5000), "longer than"],
    ] as const
  ) {
    const bad = compilePattern(text);
    assert.equal(bad.kind, "bad", text.slice(0, 10));
    if (bad.kind === "bad") assert.ok(bad.detail.includes(words), bad.detail);
  }
});

test("a pattern that explodes in backtracking engines takes linear time", () => {
  assert.equal(compiled("^(a+)+$").test("a".repeat(20_000) + "!"), false);
});

test("caseInsensitive makes letter case meaningless", () => {
  const pattern = compilePattern("^boot/bcd$", { caseInsensitive: true });
  assert.ok(pattern.kind === "pattern" && pattern.test("Boot/BCD"));
});

test("quotePattern() gives a pattern for just this text", () => {
  const text = "a.b*c\\d[e]{f}(g)|h^i$j+k?";
  assert.equal(compiled(`^${quotePattern(text)}$`).test(text), true);
});

function compiled(text: string): Pattern {
  const pattern = compilePattern(text);
  if (pattern.kind === "bad") assert.fail(pattern.detail);
  return pattern;
}

test("compilePattern() refuses what would compile for seconds, and keeps what is common", () => {
  for (const bomb of ["a{1000}".repeat(400), `(${"x".repeat(3000)}){999}`, "(a{1000}){1000}"]) {
    const pattern = compilePattern(bomb);
    assert.equal(pattern.kind, "bad", bomb.slice(0, 20));
  }
  for (const text of ["[0-9a-f]{2}(?:-[0-9a-f]{2}){5}", "x{0,255}", "\\{[^}]*\\}"]) {
    assert.equal(compilePattern(text).kind, "pattern", text);
  }
});

test("with longest, the longest of the matches that start first is found", () => {
  const first = compilePattern("a|ab|abc");
  const longest = compilePattern("a|ab|abc", { longest: true });
  assert.ok(first.kind === "pattern" && longest.kind === "pattern");
  assert.equal(first.find("xabcd")?.groups[0], "a");
  assert.equal(longest.find("xabcd")?.groups[0], "abc");
});

test("a pattern says the same however often it is asked, and whatever it was asked between", () => {
  const pattern = compiled("^(a+)([0-9]*)$");
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 100; i++) {
      assert.deepEqual(pattern.find(`aa${i}`)?.groups, [`aa${i}`, "aa", String(i)]);
      assert.equal(pattern.find(`b${i}`), null);
      assert.equal(pattern.test(`a${i}`), true);
    }
  }
  const long = "a".repeat(5000);
  assert.equal(pattern.find(long)?.end, 5000);
  assert.equal(pattern.find(long)?.end, 5000);
});
