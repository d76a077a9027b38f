// Real paths found by hand are those that the system finds.
import assert from "node:assert/strict";
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { realPath, walk } from "../../src/storage/real_path.ts";
import { withTree } from "./temp_tree.ts";

test("walk() follows links as the system does, absolute, relative and through each other", () =>
  withTree({ "d/file": "" }, (tree) => {
    mkdirSync(tree.path("e/deep"), { recursive: true });
    symlinkSync("../../d/./file", tree.path("e/deep/up"));
    symlinkSync(tree.path("e/deep"), tree.path("d/absolute"));
    symlinkSync("d/absolute/up", tree.path("chain"));
    symlinkSync("/", tree.path("top"));
    for (const name of ["chain", "d/absolute", "e/deep/up", "d/file", ".", "top"]) {
      assert.equal(walk(tree.path(name)), realpathSync(tree.path(name)), name);
      assert.equal(realPath(tree.path(name)), realpathSync(tree.path(name)), name);
    }
    assert.equal(walk("/"), "/");
  }));

test("walk() refuses what is not there, and links in a circle", () =>
  withTree({}, (tree) => {
    symlinkSync("b", tree.path("a"));
    symlinkSync("a", tree.path("b"));
    assert.throws(() => walk(tree.path("a")), { code: "ELOOP" });
    assert.throws(() => walk(tree.path("none/x")), { code: "ENOENT" });
    assert.throws(() => realPath(tree.path("none/x")), { code: "ENOENT" });
  }));
