// What listings show to whom.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileName } from "../../src/resolve/name.ts";
import { createResolver } from "../../src/resolve/resolve.ts";
import { createMemoryStore } from "../../src/storage/memory.ts";
import { singleTree } from "../../src/storage/trees.ts";
import { loadGood } from "../config/loading.ts";

const FILES = ["open", "tftp-only", "secret/key"].map((name) => [name, new Uint8Array(1)] as const);

test("A listing shows each client what it may read by this protocol, and nothing else", async () => {
  const config = await loadGood({
    file: `
      [[access]]
      paths = ["secret/**"]
      clients = ["10.0.0.0/8"]
      allow = ["read"]
      [[access]]
      paths = ["secret/**"]
      allow = []
      [[access]]
      paths = ["tftp-only"]
      via = "http"
      allow = []
    `,
  });
  const trees = singleTree(createMemoryStore(new Map(FILES)));
  const resolver = createResolver({ ...config, trees, now: () => 0 });
  const shown = (name: string, client: string, via: "http" | "tftp" = "http") => {
    const list = resolver.list(name as FileName, { via, client, local: null });
    return "kind" in list ? list.fault : list.map((entry) => entry.name).join(" ");
  };
  assert.equal(shown("secret", "10.1.2.3"), "key");
  assert.equal(shown("secret", "192.0.2.1"), "");
  assert.equal(shown("secret", "fe80::1%eth0"), "");
  assert.equal(shown("secret", "no address"), "");
  assert.equal(shown("", "10.1.2.3"), "open secret");
  assert.equal(shown("", "10.1.2.3", "tftp"), "open secret tftp-only");
  assert.equal(shown("none", "10.1.2.3"), "not-found");
});
