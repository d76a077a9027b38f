// Folders of several trees as one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeLists } from "../../src/storage/layers.ts";
import type { Entry, StoreFault, StoreRefusal } from "../../src/storage/store.ts";

const entries = (size: number, ...names: string[]): Entry[] =>
  names.map((name) => ({ name, kind: "file", size, mtimeMs: 0 }));
const refusal = (fault: StoreFault): StoreRefusal => ({ kind: "fault", fault, detail: "" });

/** "name size" of each entry, or the fault. */
function merged(...lists: (readonly Entry[] | StoreRefusal)[]): string {
  const list = mergeLists(lists);
  return "kind" in list ? list.fault : list.map(({ name, size }) => `${name} ${size}`).join(", ");
}

test("the first list that has a name hides it in the others", () => {
  assert.equal(merged(entries(1, "b"), entries(2, "a", "b", "c")), "a 2, b 1, c 2");
});

test("a list is given as long as one folder can be read, else the refusal that tells most", () => {
  assert.equal(merged(refusal("forbidden"), entries(1, "a")), "a 1");
  assert.equal(merged(refusal("not-found"), refusal("forbidden")), "forbidden");
  assert.equal(merged(refusal("not-found")), "not-found");
  assert.equal(merged(), "not-found");
});
