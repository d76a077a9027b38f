// The MTU of a route is asked for once in a while.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RouteBook } from "../../src/net/linux_routes.ts";
import { type Libc, openLibc } from "../../src/sys/libc.ts";
import { peerAt } from "./conversation.ts";

const libc = await openLibc().catch(() => null);

test("RouteBook asks the kernel once a minute for each address", {
  skip: libc === null ? "no libc" : false,
}, () => {
  let asked = 0;
  let now = 0;
  const connect: Libc["calls"]["connect"] = (...args) => {
    asked++;
    return libc!.calls.connect(...args);
  };
  const routes = new RouteBook({ ...libc!, calls: { ...libc!.calls, connect } }, () => now);
  const ask = (host: string) => {
    asked = 0;
    routes.payloadBytesMax(peerAt(host, 1), null);
    return asked;
  };
  assert.deepEqual([ask("127.0.0.1"), ask("127.0.0.1"), ask("127.0.0.2")], [1, 0, 1]);
  now = 59_999;
  assert.equal(ask("127.0.0.1"), 0);
  now = 60_000;
  assert.equal(ask("127.0.0.1"), 1);
  for (let i = 0; i < 5000; i++) ask(`127.1.${i >> 8}.${i & 255}`);
  assert.deepEqual([ask("127.1.19.135"), ask("127.0.0.1")], [0, 1], "the oldest is forgotten");
});
