// What the kernel says about pages of a file, to those who may write it and to those who may not.
import assert from "node:assert/strict";
import { chownSync, closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { ERRNO } from "../../src/sys/errno.ts";
import { type Libc, openLibc, openLibrary } from "../../src/sys/libc.ts";
import { mapFile, unmap } from "../../src/sys/mapping.ts";
import { ASKED_BYTES_MAX, type CachedFile, PageCache } from "../../src/sys/page_cache.ts";
import { until } from "../patience.ts";

const libc = await openLibc().catch(() => null);
const SIZE = 3 * ASKED_BYTES_MAX + 5000;
const FIRST = { offset: 0, length: ASKED_BYTES_MAX };
const LAST = { offset: 3 * ASKED_BYTES_MAX, length: 5000 };
const NOBODY = 65534;

describe("PageCache", { skip: libc === null ? "no libc" : false }, () => {
  test("sees what is in memory, and orders what is not", async () => {
    const scene = await open();
    const cache = new PageCache(libc!);
    await until(() => {
      scene.read();
      return cache.holds(scene.file, FIRST) === true && cache.holds(scene.file, LAST) === true;
    });
    assert.equal(scene.file.trusted, true);
    if (scene.evict()) {
      assert.equal(cache.holds(scene.file, FIRST), false);
      assert.equal(cache.holds(scene.file, LAST), false);
      cache.readAhead(scene.file, { offset: 0, length: 10 * ASKED_BYTES_MAX });
      await until(() => cache.holds(scene.file, FIRST) === true);
      await until(() => cache.holds(scene.file, LAST) === true);
    }
    cache.readAhead(scene.file, { offset: 4 * ASKED_BYTES_MAX, length: ASKED_BYTES_MAX });
    scene.remove();
  });

  test("reads without waiting where mincore() is not to be trusted", {
    skip: process.geteuid?.() === 0 ? false : "not root",
  }, async () => {
    const scene = await open();
    chownSync(scene.path, NOBODY, NOBODY);
    const cache = new PageCache(distrusted(libc!));
    await until(() => {
      scene.read();
      return cache.holds(scene.file, FIRST) === true && cache.holds(scene.file, LAST) === true;
    });
    assert.equal(scene.file.trusted, false);
    if (scene.evict()) {
      assert.equal(cache.holds(scene.file, FIRST), false);
      cache.readAhead(scene.file, { offset: 0, length: SIZE });
      await until(() => cache.holds(scene.file, FIRST) === true);
    }
    const blind = distrusted(libc!);
    blind.calls.syscall = () => -1;
    const errno = () => ERRNO.EOPNOTSUPP;
    assert.equal(new PageCache({ ...blind, errno }).holds(scene.file, FIRST), null);
    scene.remove();
  });
});

/** As for a process that may neither write nor owns the file: all of it seems to be in memory. */
function distrusted(libc: Libc): Libc & { calls: { syscall: () => number } } {
  const mincore: Libc["calls"]["mincore"] = (_address, _length, vector) => {
    (vector as Uint8Array).fill(1);
    return 0;
  };
  return { ...libc, calls: { ...libc.calls, mincore, faccessat: () => -1 } } as never;
}

async function open() {
  const directory = mkdtempSync(join(tmpdir(), "bootsrv-sys-"));
  const path = join(directory, "file");
  writeFileSync(path, new Uint8Array(SIZE).fill(1));
  const fd = openSync(path, "r");
  const mapping = mapFile(libc!, { fd, length: SIZE })!;
  const file: CachedFile = { mapping, fd, trusted: null };
  const { fsync, posix_fadvise } = await openLibrary({
    fsync: { parameters: ["i32"], result: "i32" },
    posix_fadvise: { parameters: ["i32", "isize", "isize", "i32"], result: "i32" },
  });
  return {
    file,
    path,
    /** Brings the file into memory, should it have been dropped. */
    read: () => void readFileSync(path),
    /** Drops the file from memory; false where it stays there, as on tmpfs. */
    evict() {
      fsync(fd);
      posix_fadvise(fd, 0, 0, 4);
      libc!.calls.mincore(mapping.address, SIZE, seen);
      return seen[0] === 0 && seen[LAST.offset / libc!.calls.getpagesize()] === 0;
    },
    remove() {
      unmap(libc!, mapping);
      closeSync(fd);
      rmSync(directory, { recursive: true });
    },
  };
}

const seen = new Uint8Array(new ArrayBuffer(Math.ceil(SIZE / 4096)));
