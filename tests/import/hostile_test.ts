// Files that are not what they seem: what is printed loads all the same, in bounded time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DAEMONS } from "../../src/import/import.ts";
import { splitWords } from "../../src/import/words.ts";
import { imported } from "./importing.ts";
import { fc } from "../fuzz/properties.ts";

const word = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("r", "rg", "a", ":x", "j", "E", "(a|b)", "[^/]+", "\\1", "\\U$1", "${x}", "{ip}"),
  fc.constantFrom(
    "tftp-root=",
    "--port",
    "-a",
    "::1",
    "239.255.69.1",
    "1758",
    "a{9}",
    "(?=x)",
    "#",
  ),
);
const text = fc.array(fc.array(word, { maxLength: 4 }).map((words) => words.join(" ")), {
  maxLength: 8,
})
  .map((lines) => lines.join("\n"));

for (const daemon of DAEMONS) {
  test(`whatever is imported from ${daemon}, the TOML loads`, async () => {
    await fc.assert(
      fc.asyncProperty(text, text, async (file, args) => {
        await imported(daemon, { files: { file }, args: args.replaceAll("\n", " ") });
      }),
      { numRuns: 300 },
    );
  });
}

test("a map file of 10,000 lines is imported and loaded in bounded time", async () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, index) => `r ^host${index}/(.*)$ by/${index}/\\1`,
  );
  const { config, notes } = await imported("tftpd-hpa", { files: { map: lines.join("\n") } });
  assert.equal(config.rewrite.length, 10_000);
  assert.deepEqual(notes, []);
});

test("patterns that explode are named, not compiled", async () => {
  const bombs = [
    "(a{1000}){1000}",
    "a{1000}".repeat(400),
    `(${"x".repeat(3000)}){999}`,
    "a".repeat(5000),
  ];
  const { notes } = await imported("atftpd", {
    files: { f: bombs.map((bomb) => `${bomb} x`).join("\n") },
  });
  assert.equal(notes.length, bombs.length);
});

test("splitWords() splits as a shell does, and never hangs", () => {
  assert.deepEqual(splitWords(`a 'b c' "d \\" e" f\\ g h"i"'j' ''`), [
    "a",
    "b c",
    'd " e',
    "f g",
    "hij",
    "",
  ]);
  assert.deepEqual(splitWords("'open \\"), ["'open", "\\"]);
  assert.ok(splitWords("'\"".repeat(50_000)).length > 0);
});
