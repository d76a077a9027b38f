// Many folders as one tree: which are asked for a name, by whom, and in which order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileLocal } from "../../src/match/local.ts";
import { parseAddress, parseNetwork } from "../../src/match/network.ts";
import type { FileName } from "../../src/resolve/name.ts";
import { createMemoryStore } from "../../src/storage/memory.ts";
import {
  type ClientRootRule,
  createTrees,
  type Root,
  singleTree,
  type Trees,
  type TreesOptions,
} from "../../src/storage/trees.ts";
import { fileName } from "./store_suite.ts";

function root(path: string, names: readonly string[] = [], writable = true): Root {
  const files = new Map(names.map((name) => [name, new TextEncoder().encode(path)]));
  return { path, store: createMemoryStore(files), writable };
}

interface Setup extends Partial<Omit<TreesOptions, "clientRoots">> {
  /** Folders of clients that exist. */
  readonly folders?: readonly string[];
  readonly clientRoots?: readonly (Partial<ClientRootRule> & { readonly clients?: string })[];
}

const ROOT = root("/srv/boot", ["a", "d/x"]);
const SEARCH = root("/srv/boot/more", ["b"], false);

function trees({ folders = [], clientRoots = [], ...options }: Setup = {}): Trees {
  return createTrees({
    common: [ROOT, SEARCH],
    mounts: [],
    clientRoots: clientRoots.map(({ clients, ...rule }) => {
      const network = parseNetwork(clients ?? "0.0.0.0/0");
      assert.ok(network.kind === "network");
      const local = { interfaces: [], networks: [] };
      return { path: "/c/{ip}", fallback: "file", networks: [network], local, ...rule };
    }),
    openRoot: (path) => folders.includes(path) ? root(path) : null,
    caseInsensitive: false,
    ...options,
  });
}

interface Asked {
  readonly client?: string;
  readonly mac?: string | null;
  readonly operation?: "read" | "write";
  /** The interface. */
  readonly by?: string;
}

function ask({ client = "10.0.0.1", mac = null, operation = "read", by = "eth0" }: Asked = {}) {
  const local = { address: null, interfaces: () => [by] };
  return { operation, client: { address: parseAddress(client), mac: () => mac }, local };
}

/** The places as text: "folder: name". */
function places(tree: Trees, name: string, asked: Asked = {}): readonly string[] {
  const found = tree.places(fileName(name), ask(asked));
  return found.map(({ root, name }) => `${root.path}: ${name}`);
}

function listed(tree: Trees, name: string, asked: Asked = {}): readonly string[] | null {
  const found = tree.listed(fileName(name), ask(asked));
  return found && found.places.map(({ root, name }) => `${root.path}: ${name}`);
}

/** The names of a folder's entries, or the fault. */
function entries(tree: Trees, name: string, asked: Asked = {}): string {
  const list = tree.list(name as FileName | "", ask(asked));
  return "kind" in list ? list.fault : list.map((entry) => entry.name).join(" ");
}

test("a name is looked for in the root, then in the search path; written to the root only", () => {
  assert.deepEqual(places(trees(), "x"), ["/srv/boot: x", "/srv/boot/more: x"]);
  assert.deepEqual(places(trees(), "x", { operation: "write" }), ["/srv/boot: x"]);
});

test("a search folder that takes uploads is written to after the root", () => {
  const tree = trees({ common: [ROOT, { ...SEARCH, writable: true }] });
  const expected = ["/srv/boot: x", "/srv/boot/more: x"];
  assert.deepEqual(places(tree, "x", { operation: "write" }), expected);
});

test("a name that begins with the path of a folder means that folder, the longest one", () => {
  assert.deepEqual(listed(trees(), "srv/boot/x"), ["/srv/boot: x", "/srv/boot/more: x"]);
  assert.deepEqual(listed(trees(), "srv/boot/more/x"), ["/srv/boot/more: x"]);
  assert.deepEqual(listed(trees(), "srv/boot/more/x", { operation: "write" }), []);
  assert.equal(listed(trees(), "srv/boots/x"), null);
  assert.equal(listed(trees(), "srv/boot"), null);
  assert.equal(listed(trees(), "x"), null);
  const jail = trees({ common: [root("/")] });
  assert.deepEqual(listed(jail, "etc/x"), ["/: etc/x"]);
  assert.equal(singleTree(ROOT.store).listed(fileName("x"), ask()), null);
});

test("a mount hides what the root has under its name, the longest name first", () => {
  const mounts = [{ at: "d", root: root("/mnt", ["x"]) }, { at: "d/e", root: root("/usb") }];
  const tree = trees({ mounts });
  assert.deepEqual(places(tree, "d/x"), ["/mnt: x"]);
  assert.deepEqual(places(tree, "d/e/x"), ["/usb: x"]);
  assert.deepEqual(places(tree, "dx"), ["/srv/boot: dx", "/srv/boot/more: dx"]);
  assert.deepEqual(places(tree, "D/x").length, 2);
  assert.deepEqual(places(trees({ mounts, caseInsensitive: true }), "D/E/x"), ["/usb: x"]);
  assert.deepEqual(listed(tree, "srv/boot/d/x"), ["/mnt: x"]);
  const [place] = tree.places(fileName("d"), ask());
  const opened = place!.root.store.open(place!.name);
  assert.equal(opened.kind === "fault" && opened.fault, "not-a-file");
});

test("a client's own folder comes first, and takes its uploads", () => {
  const tree = trees({ clientRoots: [{}], folders: ["/c/10.0.0.1"] });
  const expected = ["/c/10.0.0.1: x", "/srv/boot: x", "/srv/boot/more: x"];
  assert.deepEqual(places(tree, "x"), expected);
  assert.deepEqual(places(tree, "x", { client: "10.0.0.2" }), expected.slice(1));
  assert.deepEqual(places(tree, "x", { operation: "write" }), expected.slice(0, 1));
  assert.deepEqual(places(tree, "x", { operation: "write", client: "10.0.0.2" }), [
    "/srv/boot: x",
  ]);
});

test("the root serves for each missing file, for a missing folder, or never", () => {
  const folders = ["/c/10.0.0.1"];
  const rows = [
    ["file", "10.0.0.1", ["/c/10.0.0.1", "/srv/boot", "/srv/boot/more"]],
    ["file", "10.0.0.2", ["/srv/boot", "/srv/boot/more"]],
    ["folder", "10.0.0.1", ["/c/10.0.0.1"]],
    ["folder", "10.0.0.2", ["/srv/boot", "/srv/boot/more"]],
    ["none", "10.0.0.1", ["/c/10.0.0.1"]],
    ["none", "10.0.0.2", []],
  ] as const;
  for (const [fallback, client, expected] of rows) {
    const tree = trees({ clientRoots: [{ fallback }], folders });
    const found = tree.places(fileName("x"), ask({ client })).map(({ root }) => root.path);
    assert.deepEqual(found, expected, `${fallback} ${client}`);
  }
});

test("a client kept to its own folder sees no other, by whatever name it asks", () => {
  const mounts = [{ at: "m", root: root("/mnt") }];
  const tree = trees({ clientRoots: [{ fallback: "none" }], folders: ["/c/10.0.0.1"], mounts });
  assert.deepEqual(listed(tree, "srv/boot/more/b"), []);
  assert.deepEqual(listed(tree, "srv/boot/a"), ["/c/10.0.0.1: a"]);
  assert.deepEqual(places(tree, "m/x", { client: "10.0.0.2" }), []);
});

test("folders are named after address, hex address or MAC, and rules go on in order", () => {
  const clientRoots = [
    { path: "/mac/{mac}", fallback: "folder" as const },
    { path: "/hex/{ip-hex}", fallback: "folder" as const },
    { path: "/ten", clients: "10.0.0.0/8", fallback: "folder" as const },
  ];
  const folders = ["/mac/01-02-03-0a-0b-0c", "/hex/0A000002", "/ten"];
  const tree = trees({ clientRoots, folders });
  const first = (asked: Asked) => places(tree, "x", asked)[0];
  assert.equal(first({ client: "10.0.0.2", mac: "01-02-03-0a-0b-0c" }), `${folders[0]}: x`);
  assert.equal(first({ client: "10.0.0.2" }), "/hex/0A000002: x");
  assert.equal(first({ client: "10.0.0.3" }), "/ten: x");
  assert.equal(first({ client: "192.0.2.1" }), "/srv/boot: x");
  assert.equal(first({ client: "unknown" }), "/srv/boot: x");
});

test("rules for other interfaces are passed over, also in listings", () => {
  const { interfaces, networks } = compileLocal({ interfaces: ["eth1"], addresses: [] }, () => {});
  const local = { interfaces, networks };
  const clientRoots = [{ path: "/one", fallback: "none" as const, local }];
  const tree = trees({ clientRoots, openRoot: (path) => root(path, ["one"]) });
  assert.deepEqual(places(tree, "x", { by: "eth1" }), ["/one: x"]);
  assert.deepEqual(places(tree, "x"), ["/srv/boot: x", "/srv/boot/more: x"]);
  assert.equal(entries(tree, "", { by: "eth1" }), "one");
  assert.equal(entries(tree, ""), "a b d");
});

test("a name that begins with the path of the client's own folder means that folder", () => {
  const folders = ["/srv/boot/10.0.0.1", "/c/10.0.0.1"];
  const within = trees({ clientRoots: [{ path: "/srv/boot/{ip}" }], folders });
  assert.deepEqual(listed(within, "srv/boot/10.0.0.1/x"), ["/srv/boot/10.0.0.1: x"]);
  assert.equal(listed(within, "srv/boot/10.0.0.2/x", { client: "10.0.0.2" })?.length, 2);
  assert.deepEqual(listed(trees({ clientRoots: [{}], folders }), "c/10.0.0.1/x"), [
    "/c/10.0.0.1: x",
  ]);
  assert.equal(listed(trees({ clientRoots: [{}], folders }), "c/10.0.0.2/x"), null);
});

test("the listing shows mounts among the files, and folders that only lead to mounts", () => {
  const mounts = [
    { at: "usb", root: root("/usb", ["u"]) },
    { at: "far/off", root: root("/off", ["o"]) },
    { at: ".hidden", root: root("/h") },
  ];
  const tree = trees({ mounts });
  assert.equal(entries(tree, ""), "a b d far usb");
  assert.equal(entries(tree, "usb"), "u");
  assert.equal(entries(tree, "USB"), "not-found");
  assert.equal(entries(tree, "far"), "off");
  assert.equal(entries(tree, "far/off"), "o");
  assert.equal(entries(tree, "none"), "not-found");
  assert.equal(entries(trees({ mounts, caseInsensitive: true }), "USB"), "u");
});

test("the listing of a mount shows what is mounted inside it", () => {
  const mounts = [{ at: "d", root: root("/mnt", ["x"]) }, { at: "d/e", root: root("/usb") }];
  assert.equal(entries(trees({ mounts }), "d"), "e x");
});

test("the listing is that of the client's own folder, over the root where that serves, too", () => {
  const tree = (fallback: ClientRootRule["fallback"]) =>
    trees({
      clientRoots: [{ fallback }],
      openRoot: (path) => path === "/c/10.0.0.1" ? root(path, ["own", "d/y"]) : null,
    });
  assert.equal(entries(tree("file"), ""), "a b d own");
  assert.equal(entries(tree("file"), "d"), "x y");
  assert.equal(entries(tree("folder"), ""), "d own");
  assert.equal(entries(tree("none"), ""), "d own");
  assert.equal(entries(tree("folder"), "", { client: "10.0.0.2" }), "a b d");
  assert.equal(entries(tree("none"), "", { client: "10.0.0.2" }), "not-found");
});
