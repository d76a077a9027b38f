// HTTP on every address at once, over real sockets.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import type { HttpApp, HttpClock } from "../../src/http/exchange.ts";
import { openListeners } from "../../src/server/listeners.ts";
import { loadGood } from "../config/loading.ts";

const app: HttpApp = { fetch: () => new Response("hello") };
const clock: HttpClock = { now: () => 0, after: () => () => {} };
const given = { udp: null, tcp: null, inetd: null } as never;

async function open(file: string) {
  const config = await loadGood({ file: `root = "/"\n${file}` });
  return await openListeners(config, { given, app, events: {} as never, clock });
}

for (const address of ["", 'address = ["0.0.0.0", "::"]\n', 'address = ["127.0.0.1", "::"]\n']) {
  test(`HTTP takes IPv4 and IPv6 at one port with ${address.trim() || "no address given"}`, async () => {
    const { listeners, faults } = await open(`${address}[tftp]\nport = "off"\n[http]\nport = 0\n`);
    try {
      assert.deepEqual(faults, []);
      const { http } = listeners.bound;
      assert.ok(http.some(({ address }) => address.includes(".")));
      assert.equal(new Set(http.map(({ port }) => port)).size, 1);
      const reached = http.map(({ address }) => address === "::" ? "[::1]" : "127.0.0.1");
      for (const host of reached) {
        assert.equal((await fetch(`http://${host}:${http[0]!.port}/`)).status, 200, host);
      }
    } finally {
      await listeners.close("bye");
    }
  });
}

test("an address that is not ours is unavailable", async () => {
  const file = `address = ["203.0.113.77"]\n[tftp]\nport = "off"\n[http]\nport = 0\n`;
  const { listeners, faults } = await open(file);
  await listeners.close("bye");
  assert.deepEqual(faults.map(({ reason }) => reason), ["unavailable"]);
});

test("a port that another program has at one address is still a fault", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { port: number };
  try {
    const { listeners, faults } = await open(`[tftp]\nport = "off"\n[http]\nport = ${port}\n`);
    await listeners.close("bye");
    assert.ok(faults.some(({ reason }) => reason === "in-use"));
  } finally {
    other.close();
  }
});
