// Many slow clients beside a few greedy ones: each gets its next block when its turn comes.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";
import { rawRead } from "./raw_reader.ts";

const LOCK_STEP_CLIENTS = 500;
const LOCK_STEP_BYTES = 20 * 512 + 100;
const WINDOW_CLIENTS = 5;
const WINDOW_BYTES = 2 * 1024 * 1024;
const WINDOW_OPTIONS = [["blksize", "1468"], ["windowsize", "64"]] as const;
/**
 * What is under way at most: a block for each that goes in lock-step, a window for the others.
 * Whoever is served in turn waits for little more than that, however slow the machine is.
 */
const ROUND_BLOCKS = LOCK_STEP_CLIENTS + WINDOW_CLIENTS * 64;
const ROUNDS_MAX = 25;
/** A datagram that the system drops is waited for, too. */
const TRIES_MAX = 5;
/**
 * Clients that repeat themselves soon would hide that nothing came; the server gives up on them
 * after forty seconds.
 */
const PATIENCE_MS = 15_000;

describe("500 lock-step clients beside 5 with windows of 64", () => {
  const folder = temporaryFolder("interop");
  const root = join(folder.path, "root");
  let server: harness.Server;
  let digests: { readonly small: string; readonly large: string };

  before(async () => {
    mkdirSync(root);
    digests = {
      small: harness.writeRandomFile(join(root, "small"), LOCK_STEP_BYTES),
      large: harness.writeRandomFile(join(root, "large"), WINDOW_BYTES),
    };
    server = await harness.startServer({ root, args: harness.UNLIMITED });
  });

  after(async () => {
    await server?.stop();
    folder.remove();
  });

  test("all progress, and nobody waits for a block while the others get many", async () => {
    let longest = Infinity;
    for (let tries = 0; tries < TRIES_MAX && longest > ROUNDS_MAX * ROUND_BLOCKS; tries += 1) {
      longest = await crowd();
    }
    assert.ok(longest <= ROUNDS_MAX * ROUND_BLOCKS, `the others got ${longest} blocks meanwhile`);
  });

  /** All clients at once; gives the most blocks that came for others while one waited for its own. */
  async function crowd(): Promise<number> {
    let longest = 0;
    let blocks = 0;
    const counted = () => {
      let before = blocks;
      return () => {
        longest = Math.max(longest, blocks - before);
        before = ++blocks;
      };
    };
    let running = LOCK_STEP_CLIENTS;
    const lockStep = Array.from({ length: LOCK_STEP_CLIENTS }, async () => {
      const { digest } = await read({ name: "small", waited: counted() });
      running -= 1;
      return digest;
    });
    const window = Array.from({ length: WINDOW_CLIENTS }, async () => {
      // As long as there is anybody to be pushed aside.
      do {
        const how = { name: "large", options: WINDOW_OPTIONS, waited: counted() };
        const { digest } = await read(how);
        assert.equal(digest, digests.large);
      } while (running > 0);
    });
    assert.deepEqual(new Set(await Promise.all(lockStep)), new Set([digests.small]));
    await Promise.all(window);
    return longest;
  }

  function read(how: Pick<Parameters<typeof rawRead>[0], "name" | "options" | "waited">) {
    const at = { host: server.host, port: server.tftpPort, timeoutMs: PATIENCE_MS };
    return rawRead({ ...at, ...how });
  }
});
