// Files that are made anew: nobody loses the old one before there is a new one.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { replaceFile } from "../../scripts/lib/replace_file.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";

test("replaceFile() keeps the old file where making the new one fails", async () => {
  const folder = temporaryFolder("replace");
  const path = join(folder.path, "dist", "bootsrv");
  await replaceFile(path, (at) => Promise.resolve(writeFileSync(at, "old")));
  const fail = (at: string) => {
    // As deno compile does before it fetches anything.
    rmSync(at, { force: true });
    return Promise.reject(new Error("no network"));
  };
  await assert.rejects(replaceFile(path, fail), /no network/);
  assert.equal(readFileSync(path, "utf8"), "old");
  const failLate = (at: string) => {
    writeFileSync(at, "half");
    return Promise.reject(new Error("disk full"));
  };
  await assert.rejects(replaceFile(path, failLate), /disk full/);
  assert.equal(readFileSync(path, "utf8"), "old");
  await replaceFile(path, (at) => {
    assert.equal(basename(at), "bootsrv");
    return Promise.resolve(writeFileSync(at, "new"));
  });
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.deepEqual(readdirSync(join(folder.path, "dist")), ["bootsrv"]);
  folder.remove();
});
