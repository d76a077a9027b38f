// File names: what is made of what clients type, and that nothing they type leaves a root.
import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { checkName } from "../../src/resolve/name.ts";
import { fc } from "../fuzz/properties.ts";

const GOOD: readonly (readonly [typed: string, name: string])[] = [
  ["pxelinux.0", "pxelinux.0"],
  ["/pxelinux.0", "pxelinux.0"],
  ["//boot///x", "boot/x"],
  ["boot\\x64\\wdsnbp.com", "boot/x64/wdsnbp.com"],
  ["\\\\server\\share\\x", "server/share/x"],
  ["C:\\boot\\bcd", "boot/bcd"],
  ["c:boot/bcd", "boot/bcd"],
  ["/C:/boot/bcd", "boot/bcd"],
  ["C:D:/x", "x"],
  ["./C:/x", "x"],
  ["./a/./b", "a/b"],
  ["a..b", "a..b"],
  ["...", "..."],
  ["....//x", "..../x"],
  ["a/...", "a/..."],
  ["%2e%2e/x", "%2e%2e/x"],
  ["%n%s", "%n%s"],
  [".hidden", ".hidden"],
  ["a b", "a b"],
  ["über", "über"],
  ["💾", "💾"],
  ["CON", "CON"],
  ["AUX/NUL/COM1", "AUX/NUL/COM1"],
  ["a:b", "b"],
  ["ab:c", "ab:c"],
  ["x".repeat(255), "x".repeat(255)],
  ["01-aa-bb-cc-dd-ee-ff", "01-aa-bb-cc-dd-ee-ff"],
];

for (const [typed, name] of GOOD) {
  test(`checkName() makes "${typed.slice(0, 30)}" the name "${name.slice(0, 30)}"`, () => {
    assert.deepEqual(checkName(typed), { kind: "name", name, directory: false });
  });
}

const BAD: readonly string[] = [
  ...["", "/", "\\", "//", ".", "./", "C:", "C:\\", "C:/."],
  ...["..", "../x", "x/..", "a/../b", "/../x", "..\\x", "a\\..\\b", "\\..\\", "..\\..\\windows"],
  ...["a/..\\b", "C:..", "C:\\..\\x", "C:../x", "./..", "//../x"],
  ...["a\0b", "\0", "a\nb", "a\rb", "a\tb", "\x1b[2J", "a\x7f", "a\x9bb"],
  ...["\ud800", "a\udc00b"],
  ...[
    "x".repeat(256),
    "ü".repeat(128),
    "a/" + "💾".repeat(64),
    "a/".repeat(1540),
    "y".repeat(65_507),
  ],
];

for (const typed of BAD) {
  test(`checkName() refuses ${JSON.stringify(typed.slice(0, 30))}`, () => {
    assert.equal(checkName(typed).kind, "bad");
  });
}

test("a name that ends in a slash is that of a directory", () => {
  for (const typed of ["boot/", "boot\\", "/boot//", "boot/."]) {
    assert.deepEqual(checkName(typed), { kind: "name", name: "boot", directory: true });
  }
});

/** Texts from the pieces that attacks are made of, next to plain random ones. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.array(
    fc.constantFrom("..", ".", "/", "\\", "C:", "a", "....", " ", "%2e", "\0", "~", "é", "*"),
    { maxLength: 12 },
  ).map((pieces) => pieces.join("")),
);

test("a checked name joined to a root never leaves it", () => {
  fc.assert(
    fc.property(hostile, (typed) => {
      const checked = checkName(typed);
      if (checked.kind === "bad") return;
      const { name } = checked;
      assert.ok(resolve("/srv/boot", name).startsWith("/srv/boot/"));
      assert.equal(join("/srv/boot", name), `/srv/boot/${name}`);
      assert.ok(!name.includes("\0") && !name.includes("\\") && !name.startsWith("/"));
      const parts = name.split("/");
      assert.ok(parts.every((part) => part !== "" && part !== "." && part !== ".."));
      assert.ok(parts.every((part) => new TextEncoder().encode(part).length <= 255));
    }),
    { numRuns: 2000 },
  );
});

test("checking a checked name changes nothing", () => {
  fc.assert(
    fc.property(hostile, (typed) => {
      const checked = checkName(typed);
      if (checked.kind === "bad") return;
      assert.deepEqual(checkName(checked.name), { ...checked, directory: false });
    }),
    { numRuns: 2000 },
  );
});
