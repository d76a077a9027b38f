// Uploads: all or nothing, within limits, one writer a file, nothing left behind.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { QUEUE_BYTES_MAX, SILENT_MS } from "../../src/storage/disk_upload.ts";
import { removeLeftovers } from "../../src/storage/leftovers.ts";
import type { Uploads } from "../../src/storage/upload.ts";
import { until } from "../patience.ts";
import { type TempTree, withTree } from "./temp_tree.ts";
import { diskUploads, put, Writer } from "./writer.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (tree: TempTree, name: string) => readFileSync(tree.path(name), "utf8");
const parts = (directory: string) =>
  readdirSync(directory).filter((name) => name.startsWith(".bootsrv-"));

/** The kind of refusal that must come. */
async function refusedPut(uploads: Uploads, name: string): Promise<string | undefined> {
  return (await put(uploads, name))?.kind;
}

test("an upload appears whole, at its commit and not before", () =>
  withTree({ "d/x": "" }, async (tree) => {
    const writer = new Writer(diskUploads(tree), { name: "d/new", size: 6 });
    writer.upload.write(bytes("abc"));
    await writer.opened;
    writer.upload.write(bytes("def"));
    assert.equal(existsSync(tree.path("d/new")), false);
    assert.equal(parts(tree.path("d")).length, 1);
    writer.upload.commit();
    assert.equal(await writer.ended, null);
    assert.equal(text(tree, "d/new"), "abcdef");
    assert.deepEqual(parts(tree.path("d")), []);
    assert.deepEqual(writer.events, ["opened", "committed"]);
    assert.equal(statSync(tree.path("d/new")).mode & 0o777, 0o666 & ~process.umask());
  }));

test("octets are copied: the caller may use its buffer again", () =>
  withTree({}, async (tree) => {
    const writer = new Writer(diskUploads(tree), { name: "new" });
    const buffer = bytes("abc");
    writer.upload.write(buffer);
    buffer.fill(0);
    writer.upload.commit();
    await writer.ended;
    assert.equal(text(tree, "new"), "abc");
  }));

test("an empty upload makes an empty file", () =>
  withTree({}, async (tree) => {
    assert.equal(await put(diskUploads(tree), "new", { content: "" }), null);
    assert.equal(statSync(tree.path("new")).size, 0);
  }));

test("an aborted upload leaves nothing and is in nobody's way, whenever the abort comes", () =>
  withTree({ "old": "old" }, async (tree) => {
    const uploads = diskUploads(tree);
    for (let turns = 0; turns < 12; turns++) {
      const writer = new Writer(uploads, { name: "old" });
      writer.upload.write(bytes("half"));
      for (let turn = 0; turn < turns; turn++) await new Promise((done) => setImmediate(done));
      writer.upload.abort();
      writer.upload.write(bytes("ignored"));
      writer.upload.commit();
      // The client may try again at once: the aborted upload is out of its way.
      assert.equal(await put(uploads, "old", { content: `again ${turns}` }), null);
      await until(() => parts(tree.root).length === 0);
      assert.equal(text(tree, "old"), `again ${turns}`);
      assert.equal(writer.events.includes("committed"), false);
    }
  }));

test("create and overwrite say which files may be written", () =>
  withTree({ "old": "old" }, async (tree) => {
    const noCreate = diskUploads(tree, { create: false });
    assert.equal(await refusedPut(noCreate, "new"), "not-found");
    assert.equal(await put(noCreate, "old"), null);
    const noOverwrite = diskUploads(tree, { overwrite: false });
    assert.equal(await refusedPut(noOverwrite, "old"), "exists");
    assert.equal(await put(noOverwrite, "new"), null);
    assert.deepEqual(readdirSync(tree.root).sort(), ["new", "old"]);
  }));

test("overwrite = false holds even if the file appears during the upload", () =>
  withTree({}, async (tree) => {
    const writer = new Writer(diskUploads(tree, { overwrite: false }), { name: "new" });
    writer.upload.write(bytes("late"));
    await writer.opened;
    writeFileSync(tree.path("new"), "first");
    writer.upload.commit();
    assert.equal((await writer.ended)?.kind, "exists");
    assert.equal(text(tree, "new"), "first");
    assert.deepEqual(parts(tree.root), []);
  }));

test("a replaced file keeps its mode", () =>
  withTree({ "old": "old" }, async (tree) => {
    chmodSync(tree.path("old"), 0o606);
    assert.equal(await put(diskUploads(tree), "old"), null);
    assert.equal(statSync(tree.path("old")).mode & 0o777, 0o606);
  }));

test("the limit is held on the octets that came, and on those announced", () =>
  withTree({}, async (tree) => {
    const uploads = diskUploads(tree, { sizeBytesMax: 10 });
    const writer = new Writer(uploads, { name: "new" });
    writer.upload.write(bytes("0123456789"));
    await writer.opened;
    writer.upload.write(bytes("x"));
    assert.equal((await writer.ended)?.kind, "too-large");
    const announced = new Writer(uploads, { name: "new", size: 11 });
    assert.equal((await announced.ended)?.kind, "too-large");
    assert.equal(await put(uploads, "new", { content: "0123456789" }), null);
    assert.deepEqual(readdirSync(tree.root), ["new"]);
  }));

test("a size beyond the free space is refused before the client sends", () =>
  withTree({}, async (tree) => {
    const writer = new Writer(diskUploads(tree), { name: "new", size: 2 ** 60 });
    assert.equal((await writer.ended)?.kind, "no-space");
    assert.deepEqual(writer.events, ["failed: no-space"]);
    assert.deepEqual(readdirSync(tree.root), []);
  }));

test("one writer a file, by whatever name; the next one may when the first has ended", () =>
  withTree({ "old": "old" }, async (tree) => {
    symlinkSync("old", tree.path("link"));
    const uploads = diskUploads(tree);
    const first = new Writer(uploads, { name: "old" });
    await first.opened;
    // Another set of uploads over the same tree, as after a reload of the config.
    for (const second of [uploads, diskUploads(tree)]) {
      const refusal = await put(second, "link");
      assert.equal(refusal?.kind, "being-written");
      assert.ok(refusal?.detail.includes("192.0.2.1"));
    }
    first.upload.commit();
    await first.ended;
    assert.equal(await put(uploads, "link"), null);
    assert.equal(text(tree, "old"), "new");
    assert.ok(lstatSync(tree.path("link")).isSymbolicLink());
  }));

test("a client that fell silent may begin anew, another may not take its place", () =>
  withTree({ "old": "old" }, async (tree) => {
    let nowMs = 0;
    const uploads = diskUploads(tree, { now: () => nowMs });
    const first = new Writer(uploads, { name: "old" });
    await first.opened;
    nowMs += SILENT_MS;
    first.upload.write(bytes("half"));
    nowMs += SILENT_MS - 1;
    assert.equal((await put(uploads, "old"))?.kind, "being-written");
    nowMs += 1;
    const other = new Writer(uploads, { name: "old", client: "192.0.2.2" });
    assert.equal((await other.ended)?.kind, "being-written");
    assert.equal(await put(uploads, "old"), null);
    assert.match((await first.ended)?.detail ?? "", /old" is sent anew by 192\.0\.2\.1$/);
    assert.equal(text(tree, "old"), "new");
    assert.deepEqual(parts(tree.root), []);
  }));

test("an upload that is complete does not give way", () =>
  withTree({}, async (tree) => {
    let nowMs = 0;
    const uploads = diskUploads(tree, { now: () => nowMs });
    const first = new Writer(uploads, { name: "file" });
    await first.opened;
    first.upload.write(bytes("first"));
    first.upload.commit();
    nowMs += SILENT_MS;
    await put(uploads, "file");
    assert.equal(await first.ended, null);
  }));

test("a full queue says so, takes all the same, and tells when it has drained", () =>
  withTree({}, async (tree) => {
    const writer = new Writer(diskUploads(tree), { name: "new" });
    const drained = new Promise<void>((resolve) => writer.drained = resolve);
    const block = new Uint8Array(QUEUE_BYTES_MAX / 4 + 1).fill(7);
    const answers = [1, 2, 3, 4].map(() => writer.upload.write(block));
    assert.deepEqual(answers, [true, true, true, false]);
    await drained;
    assert.equal(writer.upload.write(block), true);
    writer.upload.commit();
    assert.equal(await writer.ended, null);
    assert.ok(readFileSync(tree.path("new")).equals(Buffer.alloc(block.length * 5, 7)));
  }));

test("directories are not made, and no target but a regular file inside the root is taken", () =>
  withTree({ "d/x": "", "../outside/file": "out", "old": "" }, async (tree) => {
    execFileSync("mkfifo", [tree.path("fifo")]);
    symlinkSync("../outside", tree.path("leaving"));
    symlinkSync("../outside/file", tree.path("leaving-file"));
    symlinkSync("/dev/null", tree.path("null"));
    symlinkSync("nowhere", tree.path("dangling"));
    const uploads = diskUploads(tree);
    const any = diskUploads(tree, { symlinks: "any" });
    assert.equal(await refusedPut(uploads, "missing/new"), "not-found");
    assert.equal(await refusedPut(uploads, "old/new"), "not-found");
    assert.equal(await refusedPut(uploads, "d"), "not-a-file");
    assert.equal(await refusedPut(uploads, "fifo"), "not-a-file");
    assert.equal(await refusedPut(any, "null"), "not-a-file");
    assert.equal(await refusedPut(uploads, "leaving/new"), "forbidden");
    assert.equal(await refusedPut(uploads, "leaving-file"), "forbidden");
    assert.equal(await refusedPut(uploads, "dangling"), "forbidden");
    assert.equal(await refusedPut(uploads, ".bootsrv-1.part"), "forbidden");
    assert.deepEqual(readdirSync(tree.path("../outside")), ["file"]);
    assert.equal(text(tree, "../outside/file"), "out");
    assert.equal(await put(any, "leaving-file"), null);
    assert.equal(text(tree, "../outside/file"), "new");
  }));

test("symlinks = none refuses a link to a file and a directory behind a link", () =>
  withTree({ "d/old": "old" }, async (tree) => {
    symlinkSync("d", tree.path("link"));
    symlinkSync("d/old", tree.path("file"));
    const uploads = diskUploads(tree, { symlinks: "none" });
    assert.equal(await refusedPut(uploads, "link/new"), "forbidden");
    assert.equal(await refusedPut(uploads, "file"), "forbidden");
    assert.equal(await put(uploads, "d/old"), null);
  }));

test("require-world-readable replaces only what everybody may write", () =>
  withTree({ "open": "", "closed": "" }, async (tree) => {
    chmodSync(tree.path("open"), 0o666);
    chmodSync(tree.path("closed"), 0o644);
    const uploads = diskUploads(tree, { requireWorldReadable: true });
    assert.equal(await put(uploads, "open"), null);
    assert.equal(await refusedPut(uploads, "closed"), "forbidden");
  }));

test("case-insensitive replaces the file that is there, in the directory that is there", () =>
  withTree({ "Backups/R1.cfg": "old" }, async (tree) => {
    const uploads = diskUploads(tree, { caseInsensitive: true });
    assert.equal(await put(uploads, "backups/r1.CFG"), null);
    assert.equal(await put(uploads, "BACKUPS/r2.cfg"), null);
    assert.equal(text(tree, "Backups/R1.cfg"), "new");
    assert.deepEqual(readdirSync(tree.path("Backups")).sort(), ["R1.cfg", "r2.cfg"]);
  }));

test("a missing root is unavailable", () =>
  withTree({}, async (tree) => {
    const uploads = diskUploads(tree, { root: tree.path("late") });
    assert.equal(await refusedPut(uploads, "new"), "unavailable");
    mkdirSync(tree.path("late"));
    assert.equal(await put(uploads, "new"), null);
  }));

test("only old temporary files are left-overs, at any depth", () =>
  withTree({
    ".bootsrv-1.part": "",
    "d/.bootsrv-2.part": "",
    "d/.bootsrv-young.part": "",
    "d/kept": "",
    "../outside/.bootsrv-3.part": "",
  }, async (tree) => {
    const now = 10 * 86_400_000;
    symlinkSync("../outside", tree.path("leaving"));
    for (const name of [".bootsrv-1.part", "d/.bootsrv-2.part", "../outside/.bootsrv-3.part"]) {
      utimesSync(tree.path(name), new Date(now), new Date(now - 86_400_001));
    }
    utimesSync(tree.path("d/.bootsrv-young.part"), new Date(now), new Date(now - 86_000_000));
    utimesSync(tree.path("d/kept"), new Date(0), new Date(0));
    assert.equal(await removeLeftovers(tree.root, now), 2);
    assert.deepEqual(readdirSync(tree.path("d")).sort(), [".bootsrv-young.part", "kept"]);
    assert.equal(existsSync(tree.path("../outside/.bootsrv-3.part")), true);
    assert.equal(await removeLeftovers(tree.path("missing"), now), 0);
  }));

test("a full disk fails the upload, leaves the old file whole and nothing behind", async (t) => {
  await withTree({ "small/x": "" }, async (tree) => {
    try {
      const options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", tree.path("small")];
      execFileSync("mount", options, { stdio: "ignore" });
    } catch {
      return t.skip("no right to mount a small file system");
    }
    try {
      writeFileSync(tree.path("small/old"), "old");
      const writer = new Writer(diskUploads(tree), { name: "small/old" });
      await writer.opened;
      writer.upload.write(new Uint8Array(200_000));
      assert.equal((await writer.ended)?.kind, "no-space");
      assert.deepEqual(readdirSync(tree.path("small")), ["old"]);
      assert.equal(text(tree, "small/old"), "old");
    } finally {
      // Lazily: another program that looks at the mounts of this machine would keep it busy.
      execFileSync("umount", ["--lazy", tree.path("small")]);
    }
  });
});
