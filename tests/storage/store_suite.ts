// What every store must do, whatever it keeps its files in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkName, type FileName } from "../../src/resolve/name.ts";
import type { OpenFile, Store, StoreFault } from "../../src/storage/store.ts";

/** A store that holds `files`, and what removes it after the test. */
export interface MadeStore {
  readonly store: Store;
  dispose(): void;
}

/** A checked name, for tests. */
export function fileName(text: string): FileName {
  const checked = checkName(text);
  if (checked.kind === "bad") assert.fail(`"${text}" ${checked.detail}`);
  return checked.name;
}

/** Opens a file that must be there. */
export function opened(store: Store, name: string): OpenFile {
  const file = store.open(fileName(name));
  if (file.kind === "fault") assert.fail(`${file.fault}: ${file.detail}`);
  return file;
}

/** The fault of a file that must not be had. */
export function faultOf(store: Store, name: string): StoreFault {
  const file = store.open(fileName(name));
  if (file.kind === "fault") return file.fault;
  file.close();
  assert.fail(`"${name}" was opened`);
}

/** The text of a file that must be there. */
export function textOf(store: Store, name: string): string {
  const file = opened(store, name);
  const bytes = new Uint8Array(file.size);
  const count = file.read(0, bytes);
  file.close();
  return new TextDecoder().decode(bytes.subarray(0, count));
}

const FILES: Readonly<Record<string, string>> = {
  "Boot/BCD": "bcd",
  "boot/grub/grub.cfg": "menu",
  "boot/grub/.hidden": "hidden",
  "empty": "",
  "pxelinux.0": "0123456789",
  "über/größe 1.txt": "umlaut",
  ".treeinfo": "tree",
  ".bootsrv-abc.part": "half",
  "boot/.bootsrv-abc.part": "half",
};

/** Runs the suite; `make` gives a store over these files, each a relative name and its text. */
export function testStore(
  kind: string,
  make: (files: Readonly<Record<string, string>>) => MadeStore,
): void {
  const rule = (name: string, body: (store: Store) => void) =>
    test(`${kind}: ${name}`, () => {
      const made = make(FILES);
      try {
        body(made.store);
      } finally {
        made.dispose();
      }
    });
  testReading(rule);
  testDirectories(rule);
}

type Rule = (name: string, body: (store: Store) => void) => void;

function testReading(rule: Rule) {
  rule("open() gives a file with its size and content", (store) => {
    const file = opened(store, "pxelinux.0");
    assert.equal(file.size, 10);
    const into = new Uint8Array(4);
    assert.equal(file.read(2, into), 4);
    assert.equal(new TextDecoder().decode(into), "2345");
    assert.equal(file.read(8, into), 2);
    assert.equal(file.read(10, into), 0);
    assert.equal(file.read(99, into), 0);
    file.close();
    assert.equal(textOf(store, "empty"), "");
    assert.equal(textOf(store, "über/größe 1.txt"), "umlaut");
    assert.equal(textOf(store, ".treeinfo"), "tree");
  });

  rule("the same content has the same key, other content another", (store) => {
    const [first, again, other] = [
      opened(store, "pxelinux.0"),
      opened(store, "pxelinux.0"),
      opened(store, "empty"),
    ];
    assert.equal(first.key, again.key);
    assert.notEqual(first.key, other.key);
    for (const file of [first, again, other]) file.close();
  });

  rule("open() tells a missing file from a directory", (store) => {
    assert.equal(faultOf(store, "missing"), "not-found");
    assert.equal(faultOf(store, "boot/missing"), "not-found");
    assert.equal(faultOf(store, "none/missing"), "not-found");
    assert.equal(faultOf(store, "pxelinux.0/below"), "not-found");
    assert.equal(faultOf(store, "boot"), "not-a-file");
    assert.equal(faultOf(store, "boot/grub"), "not-a-file");
  });

  rule("uploads in progress are never served", (store) => {
    assert.equal(faultOf(store, ".bootsrv-abc.part"), "forbidden");
    assert.equal(faultOf(store, "boot/.bootsrv-abc.part"), "forbidden");
    assert.equal(store.exists(fileName(".bootsrv-abc.part")), false);
  });

  rule("exists() agrees with open()", (store) => {
    assert.equal(store.exists(fileName("Boot/BCD")), true);
    assert.equal(store.exists(fileName("boot")), false);
    assert.equal(store.exists(fileName("missing")), false);
  });
}

function testDirectories(rule: Rule) {
  rule("list() gives the visible entries by name", (store) => {
    const root = store.list("");
    assert.ok(!("kind" in root));
    assert.deepEqual(root.map(({ name, kind, size }) => `${kind} ${name} ${size}`), [
      "directory Boot 0",
      "directory boot 0",
      "file empty 0",
      "file pxelinux.0 10",
      "directory über 0",
    ]);
    const grub = store.list(fileName("boot/grub"));
    assert.ok(!("kind" in grub));
    assert.deepEqual(grub.map(({ name }) => name), ["grub.cfg"]);
  });

  rule("list() refuses what is no directory", (store) => {
    const fault = (name: string) => {
      const list = store.list(fileName(name));
      return "kind" in list ? list.fault : "listed";
    };
    assert.equal(fault("missing"), "not-found");
    assert.equal(fault("pxelinux.0"), "not-a-file");
  });

  rule("nearest() prefers another letter case, then the most similar name", (store) => {
    const near = (name: string) => store.nearest(fileName(name));
    // "Boot" comes first and has no "grub".
    assert.deepEqual(near("BOOT/GRUB/GRUB.CFG"), { name: "boot/grub/grub.cfg", why: "case" });
    assert.equal(near("Boot/BCD"), null);
    assert.deepEqual(near("Boot/bcd"), { name: "Boot/BCD", why: "case" });
    assert.deepEqual(near("boot/Grub/grub.CFG"), { name: "boot/grub/grub.cfg", why: "case" });
    assert.deepEqual(near("pxelinux.1"), { name: "pxelinux.0", why: "similar" });
    assert.deepEqual(near("boot/grub/grubb.cfg"), { name: "boot/grub/grub.cfg", why: "similar" });
    assert.equal(near("boot/grub/unlike-anything.bin"), null);
    assert.equal(near("none/x/y"), null);
    assert.equal(near(".bootsrv-abd.part"), null);
  });
}
