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
const COLD_MS_MIN = 500 * COLD_BYTES / DISK_BYTES_PER_SECOND;
/**
 * A clock that stands still where the machine does: the server's other thread is asked how it is,
 * this long after its last answer.
 */
const TICK_MS = 25;
/**
 * Whoever waits for the disk waits for the kernel's read-ahead, too: from 29 ticks on were measured.
 * Others wait for one or two.
 */
const STALL_TICKS = 10;
/** A server that waits for the disk does so every time; a busy machine is late now and then. */
const TRIES_MAX = 10;

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
  let warmDigest: string;

  before(() => {
    mkdirSync(root);
    chmodSync(folder.path, 0o755);
    warmDigest = harness.writeRandomFile(join(root, "warm"), WARM_BYTES);
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
    const tries: Scene[] = [];
    const isShown = () => tries.some((scene) => scene.isCold && scene.longestTicks < STALL_TICKS);
    while (tries.length < TRIES_MAX && !isShown()) tries.push(await readBoth(server));
    assert.ok(isShown(), JSON.stringify(tries));
  }

  async function readBoth(server: harness.Server): Promise<Scene> {
    // A new one each time: what the server has read once it may hold in memory.
    const name = `cold-${Math.random().toString(36).slice(2)}`;
    const coldDigest = harness.writeRandomFile(join(root, name), COLD_BYTES);
    evict(join(root, name));
    const read = (name: string, waited = () => {}) =>
      rawRead({ host: server.host, port: server.tftpPort, name, waited });
    let isOver = false;
    const startedAt = performance.now();
    const cold = read(name).finally(() => isOver = true);
    let [ticks, tickOfLast, longestTicks] = [0, 0, 0];
    const waited = () => {
      longestTicks = Math.max(longestTicks, ticks - tickOfLast);
      tickOfLast = ticks;
    };
    const warm = async () => {
      do {
        const { digest } = await read("warm", waited);
        assert.equal(digest, warmDigest);
      } while (!isOver);
    };
    const tick = async () => {
      for (; !isOver; ticks++) {
        const answer = await fetch(`http://${server.host}:${server.httpPort}/.bootsrv/healthz`);
        assert.equal(await answer.text(), "ok\n");
        await harness.delay(TICK_MS);
      }
    };
    const [{ digest, datagrams }] = await Promise.all([cold, warm(), tick()]);
    const tookMs = performance.now() - startedAt;
    assert.equal(digest, coldDigest);
    assert.ok(datagrams <= 1.1 * (COLD_BYTES / 512 + 1), `${datagrams} datagrams: sent twice`);
    console.log(tookMs, ticks, longestTicks);
    return { tookMs, isCold: tookMs > COLD_MS_MIN, longestTicks };
  }
});

/** What came of reading a cold file beside a warm one. */
interface Scene {
  readonly tookMs: number;
  /** It came as slowly as the disk is: the kernel had no part of it in memory. */
  readonly isCold: boolean;
  /** The longest time that a block of the warm file was waited for. */
  readonly longestTicks: number;
}

/** Drops a file from the page cache. */
function evict(path: string): void {
  const args = [`of=${path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"];
  assert.equal(spawnSync("dd", args).status, 0);
}

async function hasLinuxDriver(): Promise<boolean> {
  const { createLinuxDriver } = await import("../../src/net/linux.ts");
  return createLinuxDriver().then((driver) => (driver.stop(), true), () => false);
}
