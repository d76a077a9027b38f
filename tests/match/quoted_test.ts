// Names within sentences.
import assert from "node:assert/strict";
import { test } from "node:test";
import { quoted } from "../../src/match/quoted.ts";

test("quoted() lets nobody end his name early, and leaves names of Windows readable", () => {
  const rows = [
    ["boot/bcd", '"boot/bcd"'],
    ["boot\\bcd", '"boot\\bcd"'],
    ['a": no such file; tried "b', '"a\\": no such file; tried \\"b"'],
    ["a\\", '"a\\\\"'],
    ['a\\"', '"a\\\\\\""'],
    ["", '""'],
  ];
  for (const [text, expected] of rows) assert.equal(quoted(text!), expected);
});
