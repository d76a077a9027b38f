// The ready file: whole or not at all.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { writeReadyFile } from "../../src/server/ready.ts";

const READY = { pid: 1, tftp: [], http: [], driver: "none" };

test("writeReadyFile() leaves one file, or none where it cannot write it", async () => {
  const folder = temporaryFolder("ready");
  await writeReadyFile(join(folder.path, "ready"), READY);
  assert.deepEqual(JSON.parse(readFileSync(join(folder.path, "ready"), "utf8")), READY);
  mkdirSync(join(folder.path, "taken"));
  await assert.rejects(writeReadyFile(join(folder.path, "taken"), READY));
  assert.deepEqual(readdirSync(folder.path), ["ready", "taken"]);
  folder.remove();
});
