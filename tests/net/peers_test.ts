// The cache behind `Peer ===`, and the read-ahead.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peer, Source } from "../../src/net/driver.ts";
import { PeerCache } from "../../src/net/peers.ts";
import { ReadAhead } from "../../src/net/read_ahead.ts";
import { content, memorySource } from "./conversation.ts";

function peer(port: number): Peer {
  return { family: 4, host: "192.0.2.1", port };
}

test("PeerCache gives the same object while the host holds it, whatever else comes", () => {
  const held = peer(1);
  const cache = new PeerCache<number, Peer>(8, (its) => its === held);
  cache.add(1, held);
  for (let port = 2; port < 1000; port++) {
    cache.add(port, peer(port));
    assert(cache.size <= 2 * 8 + 1);
  }
  assert.equal(cache.get(1), held);
});

test("PeerCache gives the same object for what is asked for often", () => {
  const cache = new PeerCache<number, Peer>(8, () => false);
  const first = peer(1);
  cache.add(1, first);
  for (let port = 2; port < 1000; port++) {
    cache.add(port, peer(port));
    if (port % 7 === 0) assert.equal(cache.get(1), first);
    assert(cache.size <= 2 * 8);
  }
});

test("PeerCache forgets what was silent for two generations and is not held", () => {
  const cache = new PeerCache<number, Peer>(8, () => false);
  for (let port = 1; port < 20; port++) cache.add(port, peer(port));
  assert.equal(cache.get(1), undefined);
  assert.notEqual(cache.get(19), undefined);
});

test("ReadAhead reads once for many blocks, and again after release()", () => {
  let reads = 0;
  const inner = memorySource(600_000);
  const source: Source = {
    ...inner,
    read(offset, into) {
      reads++;
      return inner.read(offset, into);
    },
  };
  const ahead = new ReadAhead();
  const all = content(600_000);
  for (let offset = 0; offset < 600_000; offset += 500) {
    const slice = ahead.slice(source, { offset, length: 500 });
    assert.deepEqual(slice, all.subarray(offset, offset + 500));
  }
  assert.equal(reads, 3);
  ahead.release(source);
  ahead.slice(source, { offset: 0, length: 1 });
  assert.equal(reads, 4);
});

test("ReadAhead keeps chunks for 64 sources, and takes the one longest unused", () => {
  const ahead = new ReadAhead();
  const sources = Array.from({ length: 65 }, () => memorySource(100));
  const first = ahead.slice(sources[0]!, { offset: 0, length: 1 })!.buffer;
  for (const source of sources.slice(1, 64)) ahead.slice(source, { offset: 0, length: 1 });
  assert.equal(ahead.slice(sources[64]!, { offset: 50, length: 1 })!.buffer, first);
  assert.deepEqual(
    ahead.slice(sources[0]!, { offset: 10, length: 5 }),
    content(100).subarray(10, 15),
  );
});

test("ReadAhead gives null past the end, whatever it holds", () => {
  const ahead = new ReadAhead();
  const source = { ...memorySource(100), size: 200 };
  assert.notEqual(ahead.slice(source, { offset: 0, length: 100 }), null);
  assert.equal(ahead.slice(source, { offset: 50, length: 100 }), null);
});
