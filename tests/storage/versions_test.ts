// overwrite = "version": what was there stays, under a dated name.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, utimesSync } from "node:fs";
import { test } from "node:test";
import { keepVersion } from "../../src/storage/versions.ts";
import { until } from "../patience.ts";
import { type TempTree, withTree } from "./temp_tree.ts";
import { diskUploads, put, Writer } from "./writer.ts";

/** Noon local time, so that no time zone makes it another day. */
const DAY = new Date(2026, 2, 9, 12);

function dated(tree: TempTree, name: string) {
  utimesSync(tree.path(name), DAY, DAY);
}

function contents(tree: TempTree): Record<string, string> {
  const names = readdirSync(tree.root).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(tree.path(name), "utf8")]));
}

test("the old file stays as NAME.YYYYMMDD.NN with its own day, the new one has the name", () =>
  withTree({ "r1.cfg": "first" }, async (tree) => {
    const uploads = diskUploads(tree, { overwrite: "version" });
    dated(tree, "r1.cfg");
    assert.equal(await put(uploads, "r1.cfg", { content: "second" }), null);
    dated(tree, "r1.cfg");
    assert.equal(await put(uploads, "r1.cfg", { content: "third" }), null);
    assert.deepEqual(contents(tree), {
      "r1.cfg": "third",
      "r1.cfg.20260309.00": "first",
      "r1.cfg.20260309.01": "second",
    });
  }));

test("a new name needs no version", () =>
  withTree({}, async (tree) => {
    assert.equal(await put(diskUploads(tree, { overwrite: "version" }), "new"), null);
    assert.deepEqual(contents(tree), { new: "new" });
  }));

test("an upload that ends badly makes no version", () =>
  withTree({ "a": "old" }, async (tree) => {
    const writer = new Writer(diskUploads(tree, { overwrite: "version" }), { name: "a" });
    await writer.opened;
    writer.upload.write(new Uint8Array(10));
    writer.upload.abort();
    await until(() => readdirSync(tree.root).length === 1);
    const again = diskUploads(tree, { overwrite: "version", sizeBytesMax: 1 });
    assert.equal((await put(again, "a"))?.kind, "too-large");
    assert.deepEqual(contents(tree), { a: "old" });
  }));

test("a name without room for the date is refused before the client sends", () =>
  withTree({ ["n".repeat(250)]: "old" }, async (tree) => {
    const writer = new Writer(diskUploads(tree, { overwrite: "version" }), {
      name: "n".repeat(250),
    });
    assert.equal((await writer.ended)?.kind, "bad-name");
    assert.deepEqual(writer.events, ["failed: bad-name"]);
  }));

test("numbers go on where one is taken, and end", () =>
  withTree({ "a": "x" }, async (tree) => {
    dated(tree, "a");
    for (let number = 0; number < 120; number++) {
      const version = await keepVersion(tree.path("a"), 0);
      const expected = `a.20260309.${String(number).padStart(2, "0")}`;
      assert.equal(version, tree.path(expected));
    }
    assert.equal(await keepVersion(tree.path("none"), 0), null);
    for (let number = 120; number < 1000; number++) tree.write(`a.20260309.${number}`, "");
    await assert.rejects(keepVersion(tree.path("a"), 0), /1000 versions/);
  }));
