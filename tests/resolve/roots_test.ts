// Names of the old days: absolute ones, prefixes, hidden files, and folders of clients.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RewriteConfig } from "../../src/config/config.ts";
import { compileLocal } from "../../src/match/local.ts";
import { isAbsolute } from "../../src/resolve/name_rules.ts";
import type { NameRules } from "../../src/resolve/name_rules.ts";
import type { Ask } from "../../src/resolve/resolution.ts";
import { createResolver } from "../../src/resolve/resolve.ts";
import { createMemoryStore } from "../../src/storage/memory.ts";
import { createTrees, type Root, type TreesOptions } from "../../src/storage/trees.ts";
import { rule } from "./rewriting.ts";

function root(path: string, ...names: string[]): Root {
  const files = new Map(names.map((name) => [name, new TextEncoder().encode(name)]));
  return { path, store: createMemoryStore(files), writable: true };
}

interface Setup {
  readonly names?: Partial<NameRules>;
  readonly rewrite?: readonly RewriteConfig[];
  readonly trees?: Partial<TreesOptions>;
  readonly caseInsensitive?: boolean;
  /** Interfaces by address of ours. */
  readonly interfaces?: Readonly<Record<string, readonly string[]>>;
}

const EVERYWHERE = { interfaces: [], networks: [] };
const PLAIN: NameRules = { stripPrefixes: [], absoluteNames: "root", hiddenFiles: true };

/** "folder: name" that was found or is to be written, or the kind of refusal. */
function outcome(asked: Partial<Ask>, setup: Setup = {}): string {
  const { names = {}, rewrite = [], caseInsensitive = false } = setup;
  const opened = new Map<string, string>();
  const common = [root("/srv/boot", "x", "d/x", ".secret", "d/.s/x"), root("/srv/more", "m")];
  const noting = (each: Root): Root => ({
    ...each,
    store: {
      ...each.store,
      open(name) {
        const file = each.store.open(name);
        if (file.kind === "file") opened.set("at", `${each.path}: ${name}`);
        return file;
      },
    },
  });
  const resolver = createResolver({
    rewrite,
    access: [],
    upload: { enabled: true, create: true, overwrite: true, sizeBytesMax: 0, quotaBytes: 0 },
    caseInsensitive,
    names: { ...PLAIN, ...names },
    trees: createTrees({
      common: [noting(common[0]!), noting(common[1]!)],
      mounts: [],
      clientRoots: [],
      caseInsensitive,
      ...setup.trees,
      openRoot(path) {
        const own = setup.trees?.openRoot?.(path) ?? null;
        return own && noting(own);
      },
    }),
    now: () => 0,
    ...(setup.interfaces ? { interfacesOf: (address) => setup.interfaces?.[address] ?? [] } : {}),
  });
  const resolution = resolver.resolve({
    ...{
      operation: "read",
      via: "tftp",
      name: "x",
      client: "10.0.0.1",
      port: 1,
      local: null,
      size: null,
    },
    ...asked,
  });
  if (resolution.kind === "read") resolution.file.close();
  if (resolution.kind === "write") return `${resolution.place.root}: ${resolution.place.name}`;
  return resolution.kind === "refused" ? resolution.refusal.kind : opened.get("at") ?? "";
}

test("which names are absolute", () => {
  for (const name of ["/x", "\\x", "C:/x", "c:\\x", "//x"]) assert.ok(isAbsolute(name), name);
  for (const name of ["x", "", "C:x", "./x", "x/y"]) assert.ok(!isAbsolute(name), name);
});

const ABSOLUTE = [
  // Name, below the root, as tftpd(8) has it.
  ["x", "/srv/boot: x", "/srv/boot: x"],
  ["m", "/srv/more: m", "/srv/more: m"],
  ["/x", "/srv/boot: x", "forbidden"],
  ["\\x", "/srv/boot: x", "forbidden"],
  ["/srv/boot/x", "/srv/boot: x", "/srv/boot: x"],
  ["//srv//boot//d/./x", "/srv/boot: d/x", "/srv/boot: d/x"],
  ["C:\\srv\\boot\\x", "/srv/boot: x", "/srv/boot: x"],
  ["/srv/more/m", "/srv/more: m", "/srv/more: m"],
  ["/srv/more/x", "not-found", "not-found"],
  ["/srv/boots/x", "not-found", "forbidden"],
  ["/srv/boot", "not-found", "forbidden"],
  ["/etc/passwd", "not-found", "forbidden"],
  ["srv/boot/x", "not-found", "not-found"],
  ["/srv/boot/../boot/x", "bad-name", "bad-name"],
  ["/srv/boot/..", "bad-name", "bad-name"],
] as const;

test("absolute names lie below the root, or only where they say a folder that is served", () => {
  for (const [name, below, listed] of ABSOLUTE) {
    assert.equal(outcome({ name }), below, name);
    assert.equal(outcome({ name }, { names: { absoluteNames: "listed" } }), listed, name);
  }
});

test("every name of HTTP begins with a slash, so none is absolute there", () => {
  const names = { absoluteNames: "listed" } as const;
  assert.equal(outcome({ name: "x", via: "http" }, { names }), "/srv/boot: x");
  assert.equal(outcome({ name: "/x", via: "http" }, { names }), "/srv/boot: x");
});

test("a rule may make the path of a folder that is served, also from a relative name", () => {
  const rewrite = [rule({ match: "^(.*)$", replace: "/srv/more/$1", operation: "any" })];
  const names = { absoluteNames: "listed" } as const;
  assert.equal(outcome({ name: "m" }, { rewrite, names }), "/srv/more: m");
  assert.equal(outcome({ name: "/m" }, { rewrite, names }), "/srv/more: m");
  const operation = "write";
  assert.equal(outcome({ name: "new", operation }, { rewrite, names }), "/srv/more: new");
  const climbing = [rule({ match: "^(.*)$", replace: "/srv/more/../../etc/$1" })];
  assert.equal(outcome({ name: "passwd" }, { rewrite: climbing }), "bad-name");
});

test("what is left of an absolute name behind a prefix is a relative one", () => {
  const names = { stripPrefixes: ["tftpboot"], absoluteNames: "listed" } as const;
  assert.equal(outcome({ name: "/tftpboot/x" }, { names }), "/srv/boot: x");
  assert.equal(outcome({ name: "\\tftpboot\\m" }, { names }), "/srv/more: m");
  assert.equal(outcome({ name: "/x" }, { names }), "forbidden");
});

test("prefixes are taken off by whole parts, once, before any rule", () => {
  const names = { stripPrefixes: ["tftpboot", "d"] };
  const rows = [
    ["/tftpboot/x", "/srv/boot: x"],
    ["tftpboot/x", "/srv/boot: x"],
    ["\\TFTPBOOT\\x", "not-found"],
    ["tftpbootx", "not-found"],
    ["tftpboot", "not-found"],
    ["/tftpboot/d/x", "/srv/boot: d/x"],
    ["/tftpboot/../x", "bad-name"],
    ["d/x", "/srv/boot: x"],
  ] as const;
  for (const [name, expected] of rows) assert.equal(outcome({ name }, { names }), expected, name);
  const caseInsensitive = true;
  assert.equal(outcome({ name: "TFTPBOOT\\x" }, { names, caseInsensitive }), "/srv/boot: x");
  const rewrite = [rule({ match: "^tftpboot/", replace: "none" })];
  assert.equal(outcome({ name: "/tftpboot/x" }, { names, rewrite }), "/srv/boot: x");
});

test("hidden files and what lies in hidden folders can be refused, for reads and writes", () => {
  for (const name of [".secret", "d/.s/x"]) {
    assert.equal(outcome({ name }), `/srv/boot: ${name}`);
    for (const operation of ["read", "write"] as const) {
      assert.equal(outcome({ name, operation }, { names: { hiddenFiles: false } }), "forbidden");
    }
  }
  const rewrite = [rule({ match: "^x$", replace: ".secret" })];
  assert.equal(outcome({}, { rewrite, names: { hiddenFiles: false } }), "forbidden");
});

test("a write goes to the folder that has the file, else to the first", () => {
  const operation = "write";
  assert.equal(outcome({ name: "m", operation }), "/srv/more: m");
  assert.equal(outcome({ name: "new", operation }), "/srv/boot: new");
});

test("a client without any folder reads and writes nothing", () => {
  const trees = {
    clientRoots: [{ networks: [], local: EVERYWHERE, path: "/c/{ip}", fallback: "none" as const }],
  };
  assert.equal(outcome({}, { trees }), "not-found");
  assert.equal(outcome({ operation: "write" }, { trees }), "forbidden");
});

test("a folder may be for some interfaces or addresses of ours only, whichever way they are seen", () => {
  const rule = { networks: [], fallback: "none" as const };
  const faults: string[] = [];
  const local = (interfaces: string[], addresses: string[]) =>
    compileLocal({ interfaces, addresses }, (key) => faults.push(key));
  const trees = {
    clientRoots: [
      { ...rule, path: "/one", local: local(["eth1"], []) },
      { ...rule, path: "/two", local: local([], ["10.2.0.0/16"]) },
      { ...rule, path: "/both", local: local(["br-*"], ["10.3.0.1"]) },
    ],
    openRoot: (path: string) => root(path, "x", "d/x"),
  };
  const interfaces = { "10.1.0.1": ["eth1"], "10.2.0.1": ["eth2"], "10.3.0.1": ["br-lan"] };
  const rows: readonly (readonly [Ask["local"], string])[] = [
    [{ host: "10.1.0.1" }, "/one: x"],
    [{ host: "10.2.0.1" }, "/two: x"],
    [{ host: "10.3.0.1" }, "/both: x"],
    // The driver has seen that it came in by another one.
    [{ host: "10.3.0.1", interface: "eth9" }, "/srv/boot: x"],
    [{ host: "10.9.0.1", interface: "eth1" }, "/one: x"],
    [{ host: "fe80::1%eth1" }, "/srv/boot: x"],
    [{ host: "" }, "/srv/boot: x"],
    [null, "/srv/boot: x"],
  ];
  for (const [local, expected] of rows) {
    assert.equal(outcome({ local }, { trees, interfaces }), expected, JSON.stringify(local));
  }
  assert.deepEqual(faults, []);
  const local1 = { host: "10.1.0.1" };
  assert.equal(outcome({ local: local1, name: "/one/d/x" }, { trees, interfaces }), "/one: d/x");
  const operation = "write";
  assert.equal(outcome({ local: local1, operation }, { trees, interfaces }), "/one: x");
});
