// What a reload says has changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf, changeText } from "../../src/config/changes.ts";
import { loadGood } from "./loading.ts";

async function changes(before: string, after: string) {
  return changesOf(await loadGood({ file: before }), await loadGood({ file: after }));
}

async function texts(before: string, after: string): Promise<readonly string[]> {
  return (await changes(before, after)).map(changeText);
}

test("The same configuration has no changes, however it is written", async () => {
  assert.deepEqual(await texts("[tftp]\nport = 69\ntimeout = 1", "tftp = { timeout = 1.0 }"), []);
});

test("Each key that differs is named with both values, as the file has them", async () => {
  assert.deepEqual(
    await texts(
      'root = "/a"\n[tftp]\nwindowsize-max = 8\n[upload]\nsize-max = "1 MiB"',
      'root = "/b"\nstrip-prefixes = ["/tftpboot/"]\n[upload]\nsize-max = "2 MiB"',
    ),
    [
      'root: "/a" -> "/b"',
      'strip-prefixes: [] -> ["tftpboot"]',
      "tftp.windowsize-max: 8 -> 64",
      'upload.size-max: "1 MiB" -> "2 MiB"',
    ],
  );
});

test("Rows of tables are named by their number, with the keys that say something", async () => {
  const rule = (allow: string) => `[[access]]\nallow = [${allow}]\n`;
  assert.deepEqual(await texts(rule('"read"'), rule("") + rule('"write"')), [
    '[[access]] 1: { allow = ["read"] } -> { allow = [] }',
    '[[access]] 2: added: { allow = ["write"] }',
  ]);
  const [removed] = await texts(rule(""), "");
  assert.equal(removed, "[[access]] 1: removed: { allow = [] }");
});

test("Long values are cut around the place where they begin to differ", async () => {
  const list = (last: string) =>
    `search = [${Array.from({ length: 50 }, (_, i) => `"/srv/${i}"`)}, "${last}"]`;
  const [change] = await changes(list("/x"), list("/y"));
  assert.ok(change!.from.startsWith("…") && change!.from.includes('"/x"'), change!.from);
  assert.ok(change!.to.includes('"/y"') && change!.to.length <= 82, change!.to);
});

test("What is read once at the start needs a restart, the rest does not", async () => {
  const found = await changes(
    "",
    'address = ["127.0.0.1"]\n[tftp]\nport = 6969\nworkers = 2\nretries = 3\n[http]\nport = 8080',
  );
  assert.deepEqual(found.filter((change) => change.needsRestart).map(({ key }) => key), [
    ...["address", "tftp.port", "tftp.workers", "http.port"],
  ]);
  assert.ok(found.some(({ key, needsRestart }) => key === "tftp.retries" && !needsRestart));
});
