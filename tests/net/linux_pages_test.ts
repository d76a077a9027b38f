// What is asked of the kernel about a file's pages, and when: warm files cost nothing, cold ones
// wait, and nothing waits for ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CHUNK_BYTES, Pages } from "../../src/net/linux_pages.ts";

const CHUNKS = 12;
const SIZE = CHUNKS * CHUNK_BYTES - 1000;
const MIB = 1024 * 1024;

/** A page cache that does as told, and writes down what it is asked; in chunks. */
function world({ size = SIZE, resident = true as boolean | null } = {}) {
  const log: string[] = [];
  const state = { resident, loads: [] as ((error: Error | null) => void)[], canLoad: true };
  const name = (offset: number, length: number) => {
    assert.equal(offset % CHUNK_BYTES, 0);
    return `${offset / CHUNK_BYTES}+${length / CHUNK_BYTES}`;
  };
  const pages = new Pages({
    isResident(offset, length) {
      log.push(`ask ${name(offset, offset + length === size ? CHUNK_BYTES : length)}`);
      return state.resident;
    },
    readAhead: (offset, length) => void log.push(`ahead ${name(offset, length)}`),
    load(offset, done) {
      if (!state.canLoad) return false;
      log.push(`load ${offset / CHUNK_BYTES}`);
      state.loads.push(done);
      return true;
    },
    failed: (error) => void log.push(`failed ${error.message}`),
  }, size);
  return { pages, state, log, taken: () => log.splice(0).join(", ") };
}

test("a chunk in memory is asked for once in a while, and the disk reads ahead of the reader", () => {
  const { pages, taken } = world();
  for (let offset = 0; offset < CHUNK_BYTES; offset += 1024) {
    assert.ok(pages.ready(offset, 1024, 10));
  }
  assert.equal(taken(), "ask 0+1, ahead 4+1");
  assert.ok(pages.ready(0, 1024, 1509));
  assert.equal(taken(), "");
  assert.ok(pages.ready(0, 1024, 1510));
  assert.equal(taken(), "ask 0+1, ahead 4+1");
});

test("a run over several chunks is ready when all of them are", () => {
  const { pages, taken } = world();
  assert.ok(pages.ready(CHUNK_BYTES - 1, 2, 0));
  assert.equal(taken(), "ask 0+1, ahead 4+1, ask 1+1, ahead 5+1");
  assert.ok(pages.ready(SIZE - 5, 5, 0), "the last chunk is shorter");
  assert.ok(pages.ready(SIZE, 0, 0), "an empty last block");
});

test("a cold chunk and what follows is ordered from the disk at once, and asked for once a turn", () => {
  const { pages, state, taken } = world({ resident: false });
  assert.equal(pages.ready(0, 1024, 10), false);
  assert.equal(pages.ready(2048, 1024, 10), false, "another reader in the same turn");
  assert.equal(taken(), "ask 0+1, ahead 0+5");
  assert.equal(pages.ready(0, 1024, 11), false);
  assert.equal(taken(), "ask 0+1");
  state.resident = true;
  assert.ok(pages.ready(0, 1024, 12));
  assert.equal(taken(), "ask 0+1, ahead 4+1");
});

test("an order that nothing came of is repeated, and the reason looked for", () => {
  const { pages, state, taken } = world({ resident: false });
  pages.ready(0, 1, 0);
  taken();
  state.canLoad = false;
  pages.ready(0, 1, 300);
  assert.equal(taken(), "ask 0+1", "another file is being read");
  state.canLoad = true;
  pages.ready(0, 1, 310);
  assert.equal(taken(), "ask 0+1, load 0");
  pages.ready(0, 1, 500);
  assert.equal(taken(), "ask 0+1, ahead 0+1");
  pages.ready(0, 1, 501);
  assert.equal(taken(), "ask 0+1", "one read is under way");
});

test("a disk that cannot read is told of", () => {
  const { pages, state, taken } = world({ resident: false });
  pages.ready(0, 1, 0);
  pages.ready(0, 1, 300);
  taken();
  state.loads[0]!(new Error("EIO"));
  assert.equal(taken(), "failed EIO");
});

test("a file that never shows in memory, though it was read, is sent without asking", () => {
  const { pages, state, taken } = world({ resident: false });
  pages.ready(0, 1, 0);
  pages.ready(0, 1, 300);
  state.loads[0]!(null);
  assert.ok(pages.ready(0, 1, 301));
  taken();
  assert.ok(pages.ready(CHUNK_BYTES, 1, 302));
  assert.equal(taken(), "ahead 5+1");
});

test("where nobody can tell what is in memory, the disk still reads ahead", () => {
  const { pages, taken } = world({ resident: null });
  assert.ok(pages.ready(0, 1, 0));
  assert.ok(pages.ready(CHUNK_BYTES, 1, 0));
  assert.equal(taken(), "ask 0+1, ahead 4+1, ahead 5+1");
});

test("a file larger than what is remembered of it is served, too", () => {
  const size = 6 * 1024 * MIB;
  const { pages, log } = world({ size });
  for (let round = 0; round < 2; round++) {
    for (const offset of [0, 4 * 1024 * MIB]) assert.ok(pages.ready(offset, 1, 0));
  }
  const asked = log.filter((line) => line.startsWith("ask"));
  assert.deepEqual(asked, ["ask 0+1", "ask 16384+1", "ask 0+1", "ask 16384+1"]);
});
