// The store on disk: the suite of all stores, and what only a real file system can do.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { createDiskStore, type DiskOptions } from "../../src/storage/disk.ts";
import type { Store } from "../../src/storage/store.ts";
import { eventually } from "../patience.ts";
import { faultOf, fileName, opened, testStore, textOf } from "./store_suite.ts";
import { makeTree, withTree } from "./temp_tree.ts";

testStore("disk", (files) => {
  const tree = makeTree(files);
  return { store: diskStore(tree.root), dispose: () => tree.dispose() };
});

function diskStore(root: string, options: Partial<DiskOptions> = {}): Store {
  return createDiskStore({
    root,
    symlinks: "inside",
    requireWorldReadable: false,
    caseInsensitive: false,
    ...options,
  });
}

function detailOf(store: Store, name: string): string {
  const file = store.open(fileName(name));
  assert.equal(file.kind, "fault");
  return file.kind === "fault" ? file.detail : "";
}

const isRoot = process.getuid?.() === 0;

test("symlinks = inside follows links that stay in the root and refuses all others", () =>
  withTree({ "a/file": "in", "../root-private/secret": "out" }, (tree) => {
    symlinkSync("a/file", tree.path("relative"));
    symlinkSync(tree.path("a"), tree.path("absolute"));
    symlinkSync("../root-private/secret", tree.path("leaving"));
    symlinkSync("../root-private", tree.path("leaving-directory"));
    symlinkSync("loop", tree.path("loop"));
    symlinkSync("nowhere", tree.path("dangling"));
    const store = diskStore(tree.root);
    assert.equal(textOf(store, "relative"), "in");
    assert.equal(textOf(store, "absolute/file"), "in");
    // "…/root" is a prefix of "…/root-private", but not of its parts.
    assert.equal(faultOf(store, "leaving"), "outside");
    assert.equal(faultOf(store, "leaving-directory/secret"), "outside");
    assert.equal(faultOf(store, "loop"), "not-found");
    assert.equal(faultOf(store, "dangling"), "not-found");
    assert.deepEqual(store.nearest(fileName("dangling")), { name: "dangling", why: "dangling" });
    assert.match(detailOf(store, "nothing"), /^No such file: ".*nothing"$/);
    assert.match(detailOf(store, "no/such/a/b/c/d/e/f/g"), /^No such file: ".*\/g"$/);
    const refused = store.open(fileName("leaving"));
    assert.ok(refused.kind === "fault" && refused.detail.includes('symlinks = "any"'));
  }));

test("symlinks = none refuses any link on the way, symlinks = any follows them all", () =>
  withTree({ "a/file": "in", "../outside": "out" }, (tree) => {
    symlinkSync("a/file", tree.path("link"));
    symlinkSync("a", tree.path("directory"));
    symlinkSync("../outside", tree.path("leaving"));
    const none = diskStore(tree.root, { symlinks: "none" });
    assert.equal(textOf(none, "a/file"), "in");
    assert.equal(faultOf(none, "link"), "outside");
    assert.equal(faultOf(none, "directory/file"), "outside");
    assert.equal(faultOf(none, "leaving"), "outside");
    const any = diskStore(tree.root, { symlinks: "any" });
    assert.equal(textOf(any, "link"), "in");
    assert.equal(textOf(any, "leaving"), "out");
  }));

test("a root that is itself a link is followed, also after it was switched", () =>
  withTree({ "../v1/file": "one", "../v2/file": "two" }, (tree) => {
    rmSync(tree.root, { recursive: true });
    symlinkSync("v1", tree.root);
    for (const symlinks of ["inside", "none"] as const) {
      const store = diskStore(`${tree.root}/`, { symlinks });
      assert.equal(textOf(store, "file"), "one");
      symlinkSync("v2", tree.path("../next"));
      renameSync(tree.path("../next"), tree.root);
      assert.equal(textOf(store, "file"), "two");
      symlinkSync("v1", tree.path("../next"));
      renameSync(tree.path("../next"), tree.root);
    }
  }));

test("directories, FIFOs and devices are not files and never block", () =>
  withTree({ "d/x": "" }, (tree) => {
    execFileSync("mkfifo", [tree.path("fifo")]);
    symlinkSync("/dev/null", tree.path("null"));
    symlinkSync("/dev/zero", tree.path("zero"));
    const store = diskStore(tree.root, { symlinks: "any" });
    for (const name of ["d", "fifo", "null", "zero"]) {
      assert.equal(faultOf(store, name), "not-a-file", name);
    }
    const list = store.list("");
    assert.ok(!("kind" in list));
    assert.deepEqual(list.map(({ name }) => name), ["d"]);
  }));

test("a link swapped between two requests never gives a file outside", () =>
  withTree({ "real/file": "in", "../outside/file": "out" }, (tree) => {
    const store = diskStore(tree.root);
    for (let round = 0; round < 200; round++) {
      symlinkSync(round % 2 === 0 ? "../outside" : "real", tree.path("next"));
      renameSync(tree.path("next"), tree.path("link"));
      const file = store.open(fileName("link/file"));
      if (round % 2 === 0) assert.equal(file.kind === "fault" && file.fault, "outside");
      else assert.equal(file.kind, "file");
      if (file.kind === "file") file.close();
    }
  }));

test("a link swapped by another process never gives a file outside", () =>
  withTree({ "real/file": "in", "../outside/file": "out" }, (tree) => {
    const script = `cd '${tree.root}'; i=0; while [ $i -lt 100 ]; do ` +
      "ln -sfn ../outside link; ln -sfn real link; i=$((i+1)); done; : > ../swapped";
    execFileSync("sh", ["-c", `(${script}) >/dev/null 2>&1 &`]);
    const store = diskStore(tree.root);
    for (let round = 0; !existsSync(tree.path("../swapped")); round++) {
      const file = store.open(fileName("link/file"));
      if (file.kind === "fault") continue;
      const bytes = new Uint8Array(3);
      const count = file.read(0, bytes);
      file.close();
      assert.equal(new TextDecoder().decode(bytes.subarray(0, count)), "in", `round ${round}`);
    }
  }));

test("require-world-readable refuses what others may not read, and hides it", () =>
  withTree({ "open": "1", "closed": "2" }, (tree) => {
    chmodSync(tree.path("open"), 0o644);
    chmodSync(tree.path("closed"), 0o640);
    const store = diskStore(tree.root, { requireWorldReadable: true });
    assert.equal(textOf(store, "open"), "1");
    assert.equal(faultOf(store, "closed"), "forbidden");
    const list = store.list("");
    assert.deepEqual("kind" in list ? list : list.map(({ name }) => name), ["open"]);
    assert.equal(textOf(diskStore(tree.root), "closed"), "2");
  }));

test(
  "what the system denies is forbidden",
  { skip: isRoot && "root may read everything" },
  () =>
    withTree({ "closed": "", "dir/file": "" }, (tree) => {
      chmodSync(tree.path("closed"), 0);
      chmodSync(tree.path("dir"), 0);
      const store = diskStore(tree.root);
      assert.equal(faultOf(store, "closed"), "forbidden");
      assert.equal(faultOf(store, "dir/file"), "forbidden");
      chmodSync(tree.path("dir"), 0o755);
    }),
);

test("a missing root is unavailable, and served as soon as it is there", () =>
  withTree({}, (tree) => {
    const root = tree.path("late");
    const store = diskStore(root);
    assert.equal(faultOf(store, "file"), "unavailable");
    const list = store.list("");
    assert.equal("kind" in list && list.fault, "unavailable");
    mkdirSync(root);
    assert.equal(faultOf(store, "file"), "not-found");
    writeFileSync(join(root, "file"), "here");
    assert.equal(textOf(store, "file"), "here");
    rmSync(root, { recursive: true });
    assert.equal(faultOf(store, "file"), "unavailable");
  }));

test("a path that is too long for the system is refused as such", () =>
  withTree({}, (tree) => {
    const deep = tree.path("x/".repeat(600) + "y".repeat(200));
    assert.equal(faultOf(diskStore(deep), "z/".repeat(1500) + "z"), "name-too-long");
  }));

test("a refused file leaves no descriptor open", () =>
  withTree({ "d/x": "", "../outside": "" }, (tree) => {
    symlinkSync("../outside", tree.path("leaving"));
    const store = diskStore(tree.root);
    // Threads of the runtime have files of their own, now and then.
    return eventually(() => {
      const before = descriptors();
      for (let round = 0; round < 20; round++) {
        faultOf(store, "d");
        faultOf(store, "leaving");
        store.exists(fileName("d/x"));
      }
      assert.equal(descriptors(), before);
    });
  }));

function descriptors(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

test("closing a file twice does not close another one", () =>
  withTree({ "a": "a", "b": "b" }, (tree) => {
    const store = diskStore(tree.root);
    const first = opened(store, "a");
    first.close();
    const second = opened(store, "b");
    first.close();
    assert.equal(second.read(0, new Uint8Array(1)), 1);
    second.close();
  }));

test("a file that was replaced while open is read to its end and has another key after", () =>
  withTree({ "a": "old" }, (tree) => {
    const store = diskStore(tree.root);
    const before = opened(store, "a");
    writeFileSync(tree.path("next"), "new");
    renameSync(tree.path("next"), tree.path("a"));
    const bytes = new Uint8Array(3);
    before.read(0, bytes);
    assert.equal(new TextDecoder().decode(bytes), "old");
    const after = opened(store, "a");
    assert.notEqual(before.key, after.key);
    before.close();
    after.close();
  }));

test("a file that shrinks gives what is left, and one that grows keeps its size", () =>
  withTree({ "a": "0123456789" }, (tree) => {
    const file = opened(diskStore(tree.root), "a");
    closeSync(openSync(tree.path("a"), "w"));
    assert.equal(file.size, 10);
    assert.equal(file.read(0, new Uint8Array(10)), 0);
    file.close();
  }));

test("case-insensitive takes the exact name first, then any case, then what came later", () =>
  withTree(
    { "Boot/BCD": "bcd", "Boot/Fonts/x.TTF": "ttf", "README": "1", "readme": "2" },
    (tree) => {
      const store = diskStore(tree.root, { caseInsensitive: true });
      assert.equal(textOf(store, "Boot/BCD"), "bcd");
      assert.equal(textOf(store, "boot/bcd"), "bcd");
      assert.equal(textOf(store, "BOOT/FONTS/X.ttf"), "ttf");
      assert.equal(textOf(store, "readme"), "2");
      assert.equal(textOf(store, "ReadMe"), "1");
      assert.equal(faultOf(store, "boot/bcd2"), "not-found");
      // The clock of a file system ticks slowly: the change is moved to a later tick.
      writeFileSync(tree.path("Boot/BCD2"), "late");
      const { atime, mtime } = statSync(tree.path("Boot"));
      utimesSync(tree.path("Boot"), atime, new Date(mtime.getTime() + 5000));
      assert.equal(textOf(store, "boot/bcd2"), "late");
      assert.equal(faultOf(store, "boot"), "not-a-file");
      assert.equal(faultOf(diskStore(tree.root), "boot/bcd"), "not-found");
    },
  ));

const anyOctets = { skip: process.platform === "linux" ? false : "names have to be UTF-8 here" };

test(
  "a name in Latin-1 octets is found, as the client's octets pass unchanged",
  anyOctets,
  () =>
    withTree({}, (tree) => {
      // By a program that passes octets as they are, as the runtime under test may not.
      execFileSync("sh", ["-c", "printf latin > \"$0/$(printf 'gr\\374\\337')\"", tree.root]);
      const store = diskStore(tree.root);
      // Deno takes every path for UTF-8.
      if ("Deno" in globalThis) assert.equal(faultOf(store, "gr\u00fc\u00df"), "not-found");
      else assert.equal(textOf(store, "gr\u00fc\u00df"), "latin");
      assert.equal(faultOf(store, "gr\u00fc"), "not-found");
    }),
);

test("list() and nearest() do not look through a link out of the root", () =>
  withTree({ "../outside/secret": "" }, (tree) => {
    symlinkSync("../outside", tree.path("leaving"));
    const store = diskStore(tree.root);
    const list = store.list(fileName("leaving"));
    assert.equal("kind" in list && list.fault, "outside");
    assert.equal(store.nearest(fileName("leaving/secret1")), null);
  }));
