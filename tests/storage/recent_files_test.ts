// Files found again by their path: one descriptor for many, never a stale one.
import assert from "node:assert/strict";
import { renameSync, rmSync, statSync, symlinkSync, utimesSync } from "node:fs";
import { test } from "node:test";
import { createDiskStore } from "../../src/storage/disk.ts";
import type { Stamp } from "../../src/sys/look.ts";
import type { Store } from "../../src/storage/store.ts";
import { openLook } from "../../src/sys/look.ts";
import { faultOf, opened, testStore, textOf } from "./store_suite.ts";
import { makeTree, withTree } from "./temp_tree.ts";

let now = 0;

function lookByNode(path: string): Stamp | null {
  let stat;
  try {
    stat = statSync(path, { bigint: true });
  } catch {
    return null;
  }
  return {
    mode: Number(stat.mode),
    device: Number(stat.dev),
    inode: Number(stat.ino),
    size: Number(stat.size),
    mtimeNs: Number(stat.mtimeNs),
  };
}

function keepingStore(root: string): Store {
  return createDiskStore({
    root,
    symlinks: "inside",
    requireWorldReadable: false,
    caseInsensitive: false,
    look: lookByNode,
    now: () => now,
  });
}

testStore("disk, with open files found again", (files) => {
  const tree = makeTree(files);
  return { store: keepingStore(tree.root), dispose: () => tree.dispose() };
});

test("readers of one file share a descriptor, until the last has closed it", async () => {
  await withTree({ a: "text" }, (tree) => {
    const store = keepingStore(tree.root);
    const first = opened(store, "a");
    const second = opened(store, "a");
    assert.equal(second.fd, first.fd);
    first.close();
    first.close();
    const bytes = new Uint8Array(4);
    assert.equal(second.read(0, bytes), 4);
    second.close();
    assert.throws(() => second.read(0, bytes));
  });
});

test("a file that was replaced, changed or removed is not found again", async () => {
  await withTree({ a: "old", b: "new" }, (tree) => {
    const store = keepingStore(tree.root);
    const held = opened(store, "a");
    renameSync(tree.path("b"), tree.path("a"));
    assert.equal(textOf(store, "a"), "new");
    const replaced = opened(store, "a");
    utimesSync(tree.path("a"), 1, 1);
    const changed = opened(store, "a");
    assert.notEqual(changed.fd, replaced.fd);
    rmSync(tree.path("a"));
    assert.equal(faultOf(store, "a"), "not-found");
    for (const file of [held, replaced, changed]) file.close();
  });
});

test("a file that is still in the tree is found again after a second, too", async () => {
  await withTree({ a: "text" }, (tree) => {
    const store = keepingStore(tree.root);
    const first = opened(store, "a");
    now += 1_000;
    const second = opened(store, "a");
    assert.equal(second.fd, first.fd);
    first.close();
    second.close();
  });
});

test("after a second the proof that a file lies in the tree is made again", async () => {
  await withTree({ "a": "inside", "../outside": "outside" }, (tree) => {
    const store = keepingStore(tree.root);
    const held = opened(store, "a");
    // The same file, now beside the tree, and a link to it in its place.
    renameSync(tree.path("a"), tree.path("../moved"));
    symlinkSync("../moved", tree.path("a"));
    now += 1_000;
    assert.equal(faultOf(store, "a"), "outside");
    held.close();
  });
});

test("statx says of a file what stat says", async (context) => {
  const look = await openLook();
  if (look === null) return context.skip("the C library cannot be called here");
  await withTree({ a: "text", "sub/b": "" }, (tree) => {
    for (const name of ["a", "sub/b", "sub"]) {
      const stamp: Stamp = look(tree.path(name))!;
      const expected: Stamp = lookByNode(tree.path(name))!;
      assert.deepEqual({ ...stamp, mtimeNs: 0, device: 0 }, { ...expected, mtimeNs: 0, device: 0 });
      assert.ok(Math.abs(stamp.mtimeNs - expected.mtimeNs) < 2e6, "the same millisecond");
    }
    assert.equal(look(tree.path("missing")), null);
    assert.equal(look(tree.path("a/below")), null);
    assert.equal(look("\0"), null);
    assert.equal(look("x".repeat(5000)), null);
  });
});
