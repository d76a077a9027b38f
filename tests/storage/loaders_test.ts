// The survey of a tree at start.
import assert from "node:assert/strict";
import { test } from "node:test";
import { surveyTree } from "../../src/storage/loaders.ts";
import { withTree } from "./temp_tree.ts";

test("A root that is no folder is said to be none, with the key and the flag that name it", () =>
  withTree({ file: "" }, async (tree) => {
    for (const [name, why] of [["file", "it is not a folder"], ["none", "no such folder"]]) {
      const message = `Cannot read root "${tree.path(name!)}" (key "root", flag --root): ${why}`;
      await assert.rejects(surveyTree(tree.path(name!)), { message });
    }
  }));
