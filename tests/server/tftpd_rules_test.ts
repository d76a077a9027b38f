// The rules of tftpd(8) on files as a table: what is served and what may be written, by mode bits,
// through the tree that the server makes of a configuration.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { tftpError } from "../../src/resolve/refusal.ts";
import { openTree, openUploads } from "../../src/server/tree.ts";
import { loadGood } from "../config/loading.ts";
import { type TempTree, withTree } from "../storage/temp_tree.ts";

interface Row {
  /** Added to the configuration. */
  readonly config?: string;
  /** Of the file "x"; none means that there is none. */
  readonly mode?: number;
  /** The TFTP error code, or the file's content afterwards. */
  readonly read: number | string;
  readonly write: number | string;
}

const ROWS: readonly Row[] = [
  // The default of the classic server: others must be allowed what we do for them.
  { mode: 0o644, read: "old", write: 2 },
  { mode: 0o666, read: "old", write: "new" },
  { mode: 0o646, read: "old", write: "new" },
  { mode: 0o660, read: 2, write: 2 },
  { mode: 0o600, read: 2, write: 2 },
  { mode: 0o662, read: 2, write: "new" },
  { mode: 0o004, read: "old", write: 2 },
  { mode: 0o777, read: "old", write: "new" },
  { read: 1, write: 1 },
  // -c of NetBSD and tftpd-hpa, -w of FreeBSD: new files, too. Old ones keep the rule.
  { config: "create = true", read: 1, write: "new" },
  { config: "create = true", mode: 0o644, read: "old", write: 2 },
  { config: "create = true", mode: 0o646, read: "old", write: "new" },
  // -W of FreeBSD: nothing is lost.
  { config: 'create = true\noverwrite = "version"', mode: 0o646, read: "old", write: "new" },
  { config: "create = true\noverwrite = false", mode: 0o646, read: "old", write: 6 },
  // Uploads switched off: what busybox calls -r.
  { config: "enabled = false", mode: 0o666, read: "old", write: 2 },
];

/** -p of tftpd-hpa: only the rights of our own user count. */
const PERMISSIVE: readonly Row[] = [
  { mode: 0o600, read: "old", write: "new" },
  { mode: 0o644, read: "old", write: "new" },
  { read: 1, write: 1 },
];

async function configOf(tree: TempTree, text: string) {
  return await loadGood({ file: `root = "${tree.root}"\n${text}` });
}

type Configured = Awaited<ReturnType<typeof configOf>>;

/** The content that is read, or the TFTP error code. */
function read(config: Configured, name = "x"): number | string {
  const resolver = openTree(config, { now: () => 0, look: null, neighbours: () => null });
  const resolution = resolver.resolve({
    ...{
      operation: "read",
      via: "tftp",
      name,
      client: "10.0.0.1",
      port: 1,
      local: null,
      size: null,
    },
  });
  if (resolution.kind === "refused") return tftpError(resolution.refusal).code;
  assert.ok(resolution.kind === "read");
  const bytes = new Uint8Array(resolution.file.size);
  resolution.file.read(0, bytes);
  resolution.file.close();
  return new TextDecoder().decode(bytes);
}

/** The content of the file after an upload of "new", or the TFTP error code. */
async function write(config: Configured, name = "x"): Promise<number | string> {
  const resolver = openTree(config, { now: () => 0, look: null, neighbours: () => null });
  const resolution = resolver.resolve({
    ...{ operation: "write", via: "tftp", name, client: "10.0.0.1", port: 1, local: null, size: 3 },
  });
  if (resolution.kind === "refused") return tftpError(resolution.refusal).code;
  assert.ok(resolution.kind === "write");
  const { place } = resolution;
  return await new Promise((resolve) => {
    const upload = openUploads(config).begin({ ...place, size: 3, client: "10.0.0.1" }, {
      opened() {
        upload.write(new TextEncoder().encode("new"));
        upload.commit();
      },
      drained() {},
      committed: () => resolve(readFileSync(`${place.root}/${place.name}`, "utf8")),
      failed: (refusal) => resolve(tftpError(refusal).code),
    });
  });
}

for (const [world, rows] of [[true, ROWS], [false, PERMISSIVE]] as const) {
  for (const { config = "", mode, read: reads, write: writes } of rows) {
    const file = mode === undefined ? "no file" : mode.toString(8).padStart(3, "0");
    const rule = `${world ? "tftpd(8)" : "tftpd-hpa -p"}, ${file}, ${config.replace("\n", ", ")}`;
    test(`${rule}: read ${reads}, write ${writes}`, () =>
      withTree(mode === undefined ? {} : { "x": "old" }, async (tree) => {
        if (mode !== undefined) chmodSync(tree.path("x"), mode);
        const enabled = config.includes("enabled") ? "" : "enabled = true\n";
        const text = `require-world-readable = ${world}\n[upload]\n${enabled}${config}\n`;
        const loaded = await configOf(tree, text);
        assert.equal(read(loaded), reads);
        assert.equal(await write(loaded), writes);
      }));
  }
}

test("tftpd(8): directories, links out and climbing names are refused, whatever their mode", () =>
  withTree({ "d/x": "old" }, async (tree) => {
    tree.write("../outside", "secret");
    chmodSync(tree.path("../outside"), 0o666);
    symlinkSync(tree.path("../outside"), tree.path("link"));
    const text = "require-world-readable = true\n[upload]\nenabled = true\ncreate = true\n";
    const config = await configOf(tree, text);
    for (const name of ["d", "link", "../outside", "d/../../outside", "/../outside"]) {
      assert.equal(read(config, name), 2, name);
      assert.equal(await write(config, name), 2, name);
    }
    assert.equal(readFileSync(tree.path("../outside"), "utf8"), "secret");
  }));

test("tftpd(8): absolute names only below the folders given, relative ones searched in order", () =>
  withTree({ "x": "first" }, async (tree) => {
    tree.write("../more/x", "second");
    tree.write("../more/y", "second");
    tree.write("../other/z", "third");
    for (const file of ["x", "../more/x", "../more/y"]) chmodSync(tree.path(file), 0o666);
    const more = tree.path("../more");
    const text = `search = ["${more}"]\nabsolute-names = "listed"\n` +
      "require-world-readable = true\n[upload]\nenabled = true\n";
    const config = await configOf(tree, text);
    assert.equal(read(config, "x"), "first");
    assert.equal(read(config, "y"), "second");
    assert.equal(read(config, `${more}/x`), "second");
    assert.equal(read(config, `${tree.root}/y`), "second", "the root stands for all of it");
    assert.equal(read(config, tree.path("../other/z")), 2);
    assert.equal(read(config, "/x"), 2);
    assert.equal(await write(config, "y"), "new", "a searched file that everybody may write");
    assert.equal(read(config, "y"), "new");
  }));

test("without the rule of tftpd(8), the search path is read only", () =>
  withTree({}, async (tree) => {
    tree.write("../more/y", "second");
    chmodSync(tree.path("../more/y"), 0o666);
    const text = `search = ["${tree.path("../more")}"]\n[upload]\nenabled = true\n`;
    const config = await configOf(tree, text);
    assert.equal(read(config, "y"), "second");
    assert.equal(await write(config, "y"), 1);
  }));

test("a root that vanishes is unavailable, and served and written to when it is back", () =>
  withTree({ "x": "old" }, async (tree) => {
    const config = await configOf(tree, "[upload]\nenabled = true\n");
    renameSync(tree.root, tree.path("../away"));
    assert.equal(read(config), 0);
    assert.equal(await write(config), 0);
    renameSync(tree.path("../away"), tree.root);
    assert.equal(read(config), "old");
    assert.equal(await write(config), "new");
  }));

test("dnsmasq: a client has a folder by its address, else all have the root", () =>
  withTree({ "x": "old" }, async (tree) => {
    const text = '[[client-root]]\npath = "{ip}"\nfallback = "folder"\n';
    const config = await configOf(tree, text);
    assert.equal(read(config), "old");
    mkdirSync(tree.path("10.0.0.1"));
    assert.equal(read(config), 1);
    tree.write("10.0.0.1/x", "own");
    assert.equal(read(config), "own");
  }));

test("a quota counts what access rules let somebody write, mounts included", () =>
  withTree({ "boot/image": "x".repeat(1000), "backups/old": "12345" }, async (tree) => {
    tree.write("../usb/a", "12345");
    const text =
      '[upload]\nenabled = true\ncreate = true\nquota = 12\n[[access]]\npaths = ["b*/**"]\n' +
      `allow = ["read"]\n[[mount]]\nat = "backups/usb"\npath = "${tree.path("../usb")}"\n`;
    const some = text.replace('["b*/**"]', '["backups/**"]').replace('["read"]', '["write"]');
    assert.equal(await write(await configOf(tree, some), "backups/new"), 3);
    assert.equal(await write(await configOf(tree, some), "backups/usb/new"), 3);
    const more = some.replace("quota = 12", "quota = 16");
    assert.equal(await write(await configOf(tree, more), "backups/usb/new"), "new");
    assert.equal(await write(await configOf(tree, more), "backups/new"), "new");
    assert.equal(await write(await configOf(tree, more), "backups/other"), 3);
    assert.equal(await write(await configOf(tree, text), "backups/new"), 2);
  }));
