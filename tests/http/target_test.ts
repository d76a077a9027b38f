// From request targets to names, and back to paths; and from names to media types.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contentTypeOf } from "../../src/http/content_type.ts";
import { namePath, parseTarget } from "../../src/http/target.ts";

const TARGETS: readonly (readonly [target: string, name: string | null])[] = [
  ["/boot/x.efi", "boot/x.efi"],
  ["/", ""],
  ["//ipxe.efi", "/ipxe.efi"],
  ["/a/../b", "a/../b"],
  ["/a%2e%2e/b", "a../b"],
  ["/%2e%2e/b", "../b"],
  ["/a%252eb", "a%2eb"],
  ["/a%20b+c", "a b+c"],
  ["/a%2Fb", "a/b"],
  ["/a%5cb", "a\\b"],
  ["/a%00b", "a\0b"],
  ["/gr%C3%BCn", "grün"],
  ["/gr%FCn", "grün"],
  ["/x?version=1", "x"],
  ["/x#top", "x"],
  ["/x%3Fy", "x?y"],
  ["http://boot.example/x/y?z", "x/y"],
  ["HTTP://[2001:db8::1]:80//x", "/x"],
  ["http://boot.example", ""],
  ["http://boot.example?x", ""],
  ["/http://x/y", "http://x/y"],
  ["/%", null],
  ["/%2", null],
  ["/%zz", null],
  ["/%FC%z", null],
  ["*", null],
  ["", null],
  ["boot.example:80", null],
];

for (const [target, name] of TARGETS) {
  test(`parseTarget("${target}") is ${JSON.stringify(name)}`, () => {
    const parsed = parseTarget(target);
    assert.equal(parsed.kind === "name" ? parsed.name : null, name);
  });
}

test("namePath() and parseTarget() undo each other", () => {
  for (const name of ["a b/c", "50%", "x?y#z", "grün/日本", "<\"&'>", "a\\b", "a:b"]) {
    assert.deepEqual(parseTarget(namePath(name)), { kind: "name", name });
  }
});

const TYPES: readonly (readonly [name: string, type: string])[] = [
  ["EFI/BOOT/BOOTX64.EFI", "application/efi"],
  ["x.efi", "application/efi"],
  ["x.iso", "application/vnd.efi-iso"],
  ["x.img", "application/vnd.efi-img"],
  ["x.json", "application/json"],
  ["x.html", "text/html"],
  ["grub.cfg", "text/plain"],
  ["vmlinuz", "application/octet-stream"],
  ["a.d/vmlinuz", "application/octet-stream"],
  ["x.constructor", "application/octet-stream"],
  ["x.__proto__", "application/octet-stream"],
  ["x.", "application/octet-stream"],
];

for (const [name, type] of TYPES) {
  test(`contentTypeOf("${name}") is exactly "${type}"`, () => {
    assert.equal(contentTypeOf(name), type);
  });
}
