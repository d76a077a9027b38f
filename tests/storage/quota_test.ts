// The quota: what is there and what is under way may not exceed it together.
import assert from "node:assert/strict";
import { rmSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import type { DiskUploadOptions } from "../../src/storage/upload_tree.ts";
import type { QuotaOptions } from "../../src/storage/quota.ts";
import { type TempTree, withTree } from "./temp_tree.ts";
import { diskUploads, put, Writer } from "./writer.ts";

function limited(
  tree: TempTree,
  quota: Partial<QuotaOptions> = {},
  options: Partial<DiskUploadOptions> = {},
) {
  const areas = [{ path: tree.root, at: "" }];
  const all = { bytesMax: 100, areas, counts: () => true, now: () => 0, ...quota };
  return diskUploads(tree, { ...options, quota: all });
}

/** How an upload that announces its size begins. */
async function announced(writer: Writer): Promise<string> {
  await Promise.race([writer.opened, writer.ended]);
  return writer.events[0]!;
}

test("an announced size beyond the quota is refused before the client sends", () =>
  withTree({ "old": "x".repeat(60), "d/old": "x".repeat(10) }, async (tree) => {
    const uploads = limited(tree);
    assert.equal(await announced(new Writer(uploads, { name: "a", size: 31 })), "failed: no-space");
    const fits = new Writer(uploads, { name: "a", size: 30 });
    assert.equal(await announced(fits), "opened");
    fits.upload.abort();
  }));

test("octets that were not announced are held to the quota as they come", () =>
  withTree({ "old": "x".repeat(60) }, async (tree) => {
    assert.equal(await put(limited(tree), "a", { content: "x".repeat(40) }), null);
    const writer = new Writer(limited(tree), { name: "b" });
    await writer.opened;
    writer.upload.write(new Uint8Array(1));
    assert.equal((await writer.ended)?.kind, "no-space");
  }));

test("two uploads that fit one by one do not fit together, until one has ended", () =>
  withTree({}, async (tree) => {
    const uploads = limited(tree);
    const first = new Writer(uploads, { name: "a", size: 60 });
    assert.equal(await announced(first), "opened");
    const race = [new Writer(uploads, { name: "b", size: 60 }), new Writer(uploads, { name: "c" })];
    assert.equal(await announced(race[0]!), "failed: no-space");
    assert.equal(await announced(race[1]!), "opened");
    race[1]!.upload.write(new Uint8Array(41));
    assert.equal((await race[1]!.ended)?.kind, "no-space");
    first.upload.abort();
    // A reload makes new uploads; what the old ones hold counts there too.
    const held = new Writer(uploads, { name: "a", size: 90 });
    assert.equal(await announced(held), "opened");
    const reloaded = limited(tree);
    assert.equal(
      await announced(new Writer(reloaded, { name: "d", size: 11 })),
      "failed: no-space",
    );
    held.upload.abort();
  }));

test("many uploads at once never exceed the quota", () =>
  withTree({}, async (tree) => {
    const uploads = limited(tree);
    const names = Array.from({ length: 30 }, (_, index) => `f${index}`);
    const ends = await Promise.all(
      names.map((name) => put(uploads, name, { content: "x".repeat(9) })),
    );
    assert.equal(ends.filter((end) => end === null).length, 11);
    assert.ok(ends.every((end) => end === null || end.kind === "no-space"));
  }));

test("a file that is replaced makes room for the new one, unless it is kept as a version", () =>
  withTree({ "a": "x".repeat(90) }, async (tree) => {
    assert.equal(await put(limited(tree), "a", { content: "y".repeat(95) }), null);
    const versions = limited(tree, {}, { overwrite: "version" });
    assert.equal((await put(versions, "a", { content: "y".repeat(6) }))?.kind, "no-space");
    assert.equal(await put(versions, "a", { content: "y".repeat(5) }), null);
  }));

test("a tree over its quota still lets a file become smaller", () =>
  withTree({ "a": "x".repeat(90), "b": "x".repeat(90) }, async (tree) => {
    assert.equal(await put(limited(tree), "a", { content: "y".repeat(80) }), null);
    assert.equal((await put(limited(tree), "a", { content: "y".repeat(81) }))?.kind, "no-space");
  }));

test("only files that count do, in each area; links and temporary files never", () =>
  withTree({ "boot/big": "x".repeat(500), "backups/a": "x".repeat(50) }, async (tree) => {
    tree.write("../usb/b", "x".repeat(40));
    tree.write("backups/.bootsrv-1.part", "x".repeat(500));
    symlinkSync(tree.path("boot/big"), tree.path("backups/link"));
    const areas = [{ path: tree.root, at: "" }, { path: tree.path("../usb"), at: "backups/usb" }];
    const counts = (name: string) => name.startsWith("backups/");
    const uploads = limited(tree, { areas, counts });
    assert.equal((await put(uploads, "backups/c", { content: "x".repeat(11) }))?.kind, "no-space");
    assert.equal(await put(uploads, "backups/c", { content: "x".repeat(10) }), null);
  }));

test("what was removed by others is noticed after a while", () =>
  withTree({ "a": "x".repeat(90) }, async (tree) => {
    let now = 0;
    const uploads = limited(tree, { now: () => now });
    assert.equal((await put(uploads, "b", { content: "x".repeat(20) }))?.kind, "no-space");
    rmSync(tree.path("a"));
    now = 10_000;
    assert.equal(await put(uploads, "b", { content: "x".repeat(20) }), null);
  }));

test("an upload goes to the folder that it names, and has one writer there", () =>
  withTree({ "a": "root" }, async (tree) => {
    tree.write("../usb/a", "usb");
    const uploads = diskUploads(tree, { create: false, further: [tree.path("../usb")] });
    const root = tree.path("../usb");
    const first = new Writer(uploads, { name: "a", root });
    await first.opened;
    assert.equal((await put(uploads, "a", { root }))?.kind, "being-written");
    assert.equal(await put(uploads, "a"), null);
    first.upload.abort();
    assert.equal((await put(uploads, "b", { root }))?.kind, "not-found");
  }));
