// Uploads while another process plays with the links of the tree: whatever it does, nothing is
// written outside the root.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { withTree } from "./temp_tree.ts";
import { diskUploads, put } from "./writer.ts";

/** Swaps two names for ever; ended by a signal to its group. */
function swapping(directory: string, [a, b]: readonly [string, string]) {
  const step = `mv -T ${a} c; mv -T ${b} ${a}; mv -T c ${b}`;
  const script = `cd "${directory}" && while :; do ${step}; done`;
  return spawn("sh", ["-c", script], { stdio: "ignore", detached: true });
}

async function swapWhile(
  where: string,
  names: readonly [string, string],
  body: () => Promise<void>,
): Promise<void> {
  const child = swapping(where, names);
  const ended = new Promise((resolve) => child.on("exit", resolve));
  try {
    await body();
  } finally {
    process.kill(-child.pid!, "SIGKILL");
    await ended;
  }
}

/** How long some uploads may take to come through. */
const STORED_MS_MAX = 60_000;

for (const overwrite of [true, false, "version"] as const) {
  test(`a folder swapped for a link leads no upload outside (overwrite = ${overwrite})`, () =>
    withTree({ "d/x": "" }, async (tree) => {
      mkdirSync(tree.path("../outside"));
      symlinkSync(tree.path("../outside"), tree.path("e"));
      const uploads = diskUploads(tree, { overwrite });
      let stored = 0;
      await swapWhile(tree.root, ["d", "e"], async () => {
        // The swapping process may have to wait for its turn, with the link in place.
        const endMs = performance.now() + STORED_MS_MAX;
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
