// Uploads while another process plays with the links of the tree: whatever it does, nothing is
// written outside the root.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PATIENCE_MS } from "../patience.ts";
import { withTree } from "./temp_tree.ts";
import { diskUploads, put } from "./writer.ts";

/** Plays `body` while another process swaps two names in a directory again and again. */
async function swapWhile(
  where: string,
  [a, b]: readonly [string, string],
  body: () => Promise<void>,
): Promise<void> {
  const enough = join(where, "..", "enough");
  const step = `mv -T ${a} c; mv -T ${b} ${a}; mv -T c ${b}`;
  const script = `cd "${where}" && while [ ! -e "${enough}" ]; do ${step}; done`;
  const child = spawn("sh", ["-c", script], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  try {
    await body();
  } finally {
    writeFileSync(enough, "");
    await ended;
  }
}

for (const overwrite of [true, false, "version"] as const) {
  test(`a folder swapped for a link leads no upload outside (overwrite = ${overwrite})`, () =>
    withTree({ "d/x": "" }, async (tree) => {
      mkdirSync(tree.path("../outside"));
      symlinkSync(tree.path("../outside"), tree.path("e"));
      const uploads = diskUploads(tree, { overwrite });
      let stored = 0;
      await swapWhile(tree.root, ["d", "e"], async () => {
        // The swapping process may have to wait for its turn, with the link in place.
        const endMs = performance.now() + PATIENCE_MS;
        for (let turn = 0; turn < 150 || (stored < 5 && performance.now() < endMs); turn++) {
          if (await put(uploads, `d/new${turn}`) === null) stored++;
        }
      });
      assert.deepEqual(readdirSync(tree.path("../outside")), []);
      assert.ok(stored > 0, "some came through");
    }));
}

test("a file swapped for a link is not written through the link", () =>
  withTree({ "x": "old", "../outside/y": "secret" }, async (tree) => {
    symlinkSync(tree.path("../outside/y"), tree.path("link"));
    chmodSync(tree.path("../outside/y"), 0o666);
    const uploads = diskUploads(tree, { create: false });
    await swapWhile(tree.root, ["x", "link"], async () => {
      for (let turn = 0; turn < 150; turn++) await put(uploads, "x");
    });
    assert.equal(readFileSync(tree.path("../outside/y"), "utf8"), "secret");
    assert.deepEqual(readdirSync(tree.path("../outside")), ["y"]);
  }));
