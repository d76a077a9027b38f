// The whole path from a name to a file or a refusal, and what the trail tells of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { UploadConfig } from "../../src/config/config.ts";
import { tftpError } from "../../src/resolve/refusal.ts";
import type { Ask, Resolution } from "../../src/resolve/resolution.ts";
import { createResolver, type ResolverOptions } from "../../src/resolve/resolve.ts";
import { createMemoryStore } from "../../src/storage/memory.ts";
import type { OpenFile, Store } from "../../src/storage/store.ts";
import { singleTree } from "../../src/storage/trees.ts";
import { rule } from "./rewriting.ts";

/** A store that counts what is open, so that no test overlooks a leak. */
function counted(store: Store): { readonly store: Store; readonly open: () => number } {
  let open = 0;
  const counting: Store = {
    ...store,
    open(name) {
      const file = store.open(name);
      if (file.kind === "fault") return file;
      open++;
      const counted: OpenFile = { ...file, close: () => void open-- };
      return counted;
    },
  };
  return { store: counting, open: () => open };
}

function memory(...names: string[]): Store {
  return createMemoryStore(new Map(names.map((name) => [name, new TextEncoder().encode(name)])));
}

const UPLOAD: UploadConfig = {
  enabled: true,
  create: false,
  overwrite: true,
  sizeBytesMax: 100,
  quotaBytes: 0,
};
const RULE = rule({});

interface Setup extends Partial<ResolverOptions> {
  readonly files?: readonly string[];
  /** Takes the place of `files`. */
  readonly store?: Store;
}

function resolve(asked: Partial<Ask>, setup: Setup = {}): Resolution {
  const { files = ["boot/grub.cfg", "Boot/BCD", "old"], store: given, ...options } = setup;
  const { store, open } = counted(given ?? memory(...files));
  const resolver = createResolver({
    rewrite: [],
    access: [],
    upload: UPLOAD,
    caseInsensitive: false,
    trees: singleTree(store),
    now: () => 0,
    ...options,
  });
  const resolution = resolver.resolve({
    operation: "read",
    via: "tftp",
    name: "old",
    client: "192.0.2.1",
    port: 2070,
    local: null,
    size: null,
    ...asked,
  });
  if (resolution.kind === "read") resolution.file.close();
  assert.equal(open(), 0, "every other file that was opened on the way is closed");
  return resolution;
}

/** The file that came of it, or the kind of refusal. */
function outcome(resolution: Resolution): string {
  return resolution.kind === "refused" ? resolution.refusal.kind : resolution.name;
}

test("a file is read by the name that it has", () => {
  const resolution = resolve({ name: "\\boot\\grub.cfg" });
  assert.ok(resolution.kind === "read");
  assert.equal(resolution.file.path, "boot/grub.cfg");
  assert.deepEqual(resolution.trail, ['requested "\\boot\\grub.cfg"', 'read as "boot/grub.cfg"']);
  assert.deepEqual(resolve({ name: "old" }).trail, ['requested "old"']);
});

test("bad names, missing files and directories are told apart", () => {
  assert.equal(outcome(resolve({ name: "../x" })), "bad-name");
  assert.equal(outcome(resolve({ name: "" })), "bad-name");
  assert.equal(outcome(resolve({ name: "none" })), "not-found");
  assert.equal(outcome(resolve({ name: "boot" })), "not-a-file");
  assert.equal(outcome(resolve({ name: "boot/" })), "not-a-file");
  assert.equal(outcome(resolve({ name: "none/" })), "not-found");
  assert.equal(outcome(resolve({ name: "old/" })), "not-found");
  assert.equal(outcome(resolve({ name: ".bootsrv-1.part" })), "forbidden");
});

test("the trail of a missing file tells what it became, what was tried and what is near", () => {
  const rewrite = [{ ...RULE, match: "^win/(.*)", replace: "boot/\\L$1" }];
  assert.deepEqual(resolve({ name: "win/GRUBB.cfg" }, { rewrite }).trail, [
    'requested "win/GRUBB.cfg"',
    'rule 1 matched -> "boot/grubb.cfg"',
    'tried "boot/grubb.cfg": no such file',
    'nearest: "boot/grub.cfg" (similar)',
  ]);
  assert.equal(resolve({ name: "boot/bcd" }).trail.at(-1), 'nearest: "Boot/BCD" (case differs)');
  assert.equal(
    resolve({ name: "caf\xe9" }, { files: ["caf\ufffd"] }).trail.at(-1),
    'nearest: "caf\ufffd" (its name on disk is not UTF-8)',
  );
});

test("near names are looked for a few times a second only", () => {
  let now = 0;
  let looks = 0;
  const store: Store = { ...memory("old"), nearest: () => (looks++, null) };
  const resolver = createResolver({
    ...{ rewrite: [], access: [], upload: UPLOAD, caseInsensitive: false },
    ...{ trees: singleTree(store), now: () => now },
  });
  const missAll = () => {
    for (let miss = 0; miss < 100; miss++) {
      resolver.resolve({
        ...{
          operation: "read",
          via: "tftp",
          name: "none",
          client: "192.0.2.1",
          port: 1,
          local: null,
          size: null,
        },
      });
    }
  };
  missAll();
  assert.equal(looks, 10);
  now = 1000;
  missAll();
  assert.equal(looks, 20);
});

test("when = missing tries the literal file first, and opens it once", () => {
  const rewrite = [{ ...RULE, match: ".*", replace: "old", when: "missing" as const }];
  let opens = 0;
  const store = memory("old", "new");
  const counting: Store = { ...store, open: (name) => (opens++, store.open(name)) };
  assert.equal(outcome(resolve({ name: "new" }, { rewrite, store: counting })), "new");
  assert.equal(opens, 1);
  assert.equal(outcome(resolve({ name: "none" }, { rewrite })), "old");
  const always = [{ ...RULE, match: "^old$", replace: "none", continue: true }, ...rewrite];
  assert.equal(outcome(resolve({ name: "old" }, { rewrite: always })), "old");
});

test("access is decided on the name after rewriting, before the tree is asked", () => {
  const access = [{
    clients: [],
    interfaces: [],
    addresses: [],
    paths: ["secret/**"],
    via: "any" as const,
    allow: [],
  }];
  const rewrite = [{ ...RULE, match: "^open/(.*)", replace: "secret/$1" }];
  const files = ["secret/x"];
  assert.equal(outcome(resolve({ name: "open/x" }, { access, rewrite, files })), "forbidden");
  assert.equal(outcome(resolve({ name: "secret/none" }, { access, files })), "forbidden");
});

test("writes follow enabled, create, overwrite and the size limit", () => {
  const write = (asked: Partial<Ask>, upload: Partial<UploadConfig> = {}) =>
    outcome(resolve({ operation: "write", ...asked }, { upload: { ...UPLOAD, ...upload } }));
  assert.equal(write({ name: "old" }), "old");
  assert.equal(write({ name: "old" }, { enabled: false }), "read-only");
  assert.equal(write({ name: "none" }, { enabled: false }), "read-only");
  assert.equal(write({ name: "old" }, { overwrite: false }), "exists");
  assert.equal(write({ name: "new" }), "not-found");
  assert.equal(write({ name: "new" }, { create: true }), "new");
  assert.equal(write({ name: "new" }, { create: true, overwrite: false }), "new");
  assert.equal(write({ name: "boot" }, { create: true }), "not-a-file");
  assert.equal(write({ name: "new/" }, { create: true }), "not-a-file");
  assert.equal(write({ name: "../x" }, { create: true }), "bad-name");
  assert.equal(write({ name: "old", size: 100 }), "old");
  assert.equal(write({ name: "old", size: 101 }), "too-large");
  assert.equal(write({ name: "old", size: 101 }, { sizeBytesMax: 0 }), "old");
});

test("a file that may not be read is left to the upload, which knows whether it may be written", () => {
  const fault = { kind: "fault", fault: "forbidden", detail: "EACCES" } as const;
  const store: Store = { ...memory(), open: () => fault };
  const resolution = resolve({ operation: "write" }, { store });
  assert.ok(resolution.kind === "write");
  assert.equal(resolution.existing, null);
  assert.equal(outcome(resolve({}, { store })), "forbidden");
});

test("a write tells which file it replaces", () => {
  const old = resolve({ operation: "write", name: "old" });
  assert.ok(old.kind === "write");
  assert.equal(old.existing?.size, 3);
  assert.deepEqual(old.place, { root: "", name: "old" });
});

test("every fault of the tree has its refusal, and local words stay out of the text", () => {
  const faults = [
    ["not-found", "not-found"],
    ["forbidden", "forbidden"],
    ["outside", "forbidden"],
    ["not-a-file", "not-a-file"],
    ["name-too-long", "bad-name"],
    ["busy", "busy"],
    ["unavailable", "unavailable"],
  ] as const;
  for (const [fault, kind] of faults) {
    const detail = "/srv/secret/path: EWHATEVER";
    const store: Store = { ...memory(), open: () => ({ kind: "fault", fault, detail }) };
    const resolution = resolve({}, { store });
    assert.ok(resolution.kind === "refused");
    assert.equal(resolution.refusal.kind, kind);
    assert.equal(resolution.refusal.detail, detail);
    assert.ok(!tftpError(resolution.refusal).message.includes("/"));
  }
});

test("createResolver() throws on rules that do not compile, all of them named", () => {
  const rewrite = [RULE, { ...RULE, match: "(" }, { ...RULE, replace: "$9" }];
  assert.throws(
    () => resolve({}, { rewrite }),
    /\[\[rewrite\]\] 2 match.*\[\[rewrite\]\] 3 replace/,
  );
});

test("quotation marks in a name cannot fake a step of the trail", () => {
  const { trail } = resolve({ name: 'a"; tried "b' });
  assert.equal(trail[0], 'requested "a\\"; tried \\"b"');
});
