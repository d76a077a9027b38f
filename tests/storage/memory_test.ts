// The store in memory passes the suite of all stores.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../../src/storage/memory.ts";
import { opened, testStore } from "./store_suite.ts";

testStore("memory", (files) => {
  const entries = Object.entries(files).map(([name, text]) =>
    [name, new TextEncoder().encode(text)] as const
  );
  return { store: createMemoryStore(new Map(entries)), dispose() {} };
});

test("memory: a file that was replaced has another key", () => {
  const files = new Map([["a", new Uint8Array(3)]]);
  const store = createMemoryStore(files);
  const before = opened(store, "a").key;
  files.set("a", new Uint8Array(3));
  assert.notEqual(opened(store, "a").key, before);
});
