// Which addresses groups get.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MulticastPool } from "../../src/tftp/multicast_pool.ts";

function pool(addresses: string, ports = { first: 1758, last: 1758 }, random = 0) {
  return new MulticastPool({ addresses, ports, random });
}

function takeAll(from: MulticastPool): string[] {
  const taken: string[] = [];
  for (let one = from.take(); one !== null; one = from.take()) {
    taken.push(`${one.host}:${one.port}`);
  }
  return taken;
}

test("every pair is given once, other addresses before other ports", () => {
  assert.deepEqual(takeAll(pool("239.1.2.0/31", { first: 1, last: 2 })), [
    "239.1.2.0:1",
    "239.1.2.1:1",
    "239.1.2.0:2",
    "239.1.2.1:2",
  ]);
});

test("addresses that switches flood are never given: x.0.0.y and x.128.0.y", () => {
  assert.deepEqual(takeAll(pool("239.0.0.0/30")), []);
  assert.deepEqual(takeAll(pool("239.128.0.0/30")), []);
  const [first] = takeAll(pool("239.0.0.0/23"));
  assert.equal(first, "239.0.1.0:1758");
});

test("what is given back is free again, what another pool gave is not", () => {
  const one = pool("239.1.2.3/32");
  const taken = one.take()!;
  assert.equal(one.take(), null);
  one.giveBack(taken);
  assert.deepEqual(one.take(), taken);
  const other = pool("239.1.2.3/32");
  other.keepOff(taken);
  assert.equal(other.take(), null);
});

test("two servers with the same pool begin at different addresses", () => {
  assert.equal(pool("239.1.2.0/24", undefined, 0.5).take()?.host, "239.1.2.128");
});

test("there are pools of IPv6, too; text that is no network is an empty pool", () => {
  const v6 = pool("ff15::1:0/120");
  assert.deepEqual(v6.take(), { family: 6, host: "ff15::1:0", port: 1758 });
  assert.equal(pool("nonsense").take(), null);
});
