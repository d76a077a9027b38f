// A file that is not in memory, on a slow disk, beside one that is: who reads the one must not
// notice the other.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";
import { rawRead } from "./raw_reader.ts";
import { makeSlowDisk } from "./slow_disk.ts";

const DISK_BYTES_PER_SECOND = 1024 * 1024;
const COLD_BYTES = 3 * 1024 * 1024;
const WARM_BYTES = 64 * 1024;
/** Whoever waits for the disk waits for the kernel's read-ahead, too: two seconds were measured. */
const STALL_MS = 500;
/** A server that waits for the disk does so every time; a busy machine is late now and then. */
const TRIES_MAX = 4;

const folder = temporaryFolder("interop");
const disk = makeSlowDisk(folder.path, DISK_BYTES_PER_SECOND);
const isLinux = await hasLinuxDriver();
// Not `skipIf`: a disk that can be slowed is no program that could be installed.
const skip = disk === null || !isLinux ? "no disk that can be slowed, or no Linux driver" : false;
if (skip !== false) {
  console.log(`skipped: ${skip}`);
  folder.remove();
}

describe("A file that is not in memory, on a slow disk", { skip }, () => {
  const root = join(folder.path, "root");
  let digests: { readonly cold: string; readonly warm: string };

  before(() => {
    mkdirSync(root);
    chmodSync(folder.path, 0o755);
    digests = {
      cold: harness.writeRandomFile(join(root, "cold"), COLD_BYTES),
      warm: harness.writeRandomFile(join(root, "warm"), WARM_BYTES),
    };
  });

  after(() => {
    disk?.remove();
    folder.remove();
  });

  test("does not stall those who read others", () => serving([], crowd));

  test("does not stall them where the kernel hides its page cache from the server's user", () => {
    return serving(["--user", "nobody"], crowd);
  });

  async function serving(
    args: readonly string[],
    use: (server: harness.Server) => Promise<void>,
  ): Promise<void> {
    const server = await harness.startServer({ root, args: [...harness.UNLIMITED, ...args] });
    try {
      disk!.add(server.pid);
      await use(server);
    } finally {
      await server.stop();
    }
  }

  async function crowd(server: harness.Server): Promise<void> {
    let longestMs = Infinity;
    for (let tries = 0; tries < TRIES_MAX && longestMs >= STALL_MS; tries += 1) {
      longestMs = await readBoth(server);
    }
    assert.ok(longestMs < STALL_MS, `a block was waited for ${longestMs} ms`);
  }

  /** Gives the longest time that a block of the warm file was waited for. */
  async function readBoth(server: harness.Server): Promise<number> {
    const read = (name: string, waited = (_waitMs: number) => {}) =>
      rawRead({ host: server.host, port: server.tftpPort, name, waited });
    evict(join(root, "cold"));
    let isOver = false;
    const cold = read("cold").finally(() => isOver = true);
    const waits: number[] = [];
    const startedAt = performance.now();
    do {
      const { digest } = await read("warm", (waitMs) => waits.push(waitMs));
      assert.equal(digest, digests.warm);
    } while (!isOver);
    const tookMs = performance.now() - startedAt;
    const { digest, datagrams } = await cold;
    assert.equal(digest, digests.cold);
    assert.ok(tookMs > 500 * COLD_BYTES / DISK_BYTES_PER_SECOND, `too soon: ${tookMs} ms`);
    assert.ok(datagrams <= 1.1 * (COLD_BYTES / 512 + 1), `${datagrams} datagrams: sent twice`);
    const longestMs = waits.reduce((longest, waitMs) => Math.max(longest, waitMs), 0);
    return longestMs;
  }
});

/** Drops a file from the page cache. */
function evict(path: string): void {
  const args = [`of=${path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"];
  assert.equal(spawnSync("dd", args).status, 0);
}

async function hasLinuxDriver(): Promise<boolean> {
  const { createLinuxDriver } = await import("../../src/net/linux.ts");
  return createLinuxDriver().then((driver) => (driver.stop(), true), () => false);
}
