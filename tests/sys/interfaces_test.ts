// Which interfaces have an address.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openInterfaces, readInterfaces } from "../../src/sys/interfaces.ts";

test("an address leads to its interfaces, and a new reading is made when the last one is old", () => {
  let now = 0;
  let readings = 0;
  const link = new Map([["eth1", ["10.1.0.1", "fe80::1"]], ["eth2", ["fe80::1%eth2"]]]);
  const interfaces = openInterfaces(() => now, () => {
    readings++;
    return link;
  });
  assert.deepEqual(interfaces("10.1.0.1"), ["eth1"]);
  assert.deepEqual(interfaces("10.2.0.1"), []);
  assert.deepEqual(interfaces("FE80::1%eth2"), ["eth1", "eth2"]);
  link.set("eth3", ["10.2.0.1"]);
  assert.deepEqual(interfaces("10.2.0.1"), []);
  assert.equal(readings, 1);
  now = 500;
  assert.deepEqual(interfaces("10.2.0.1"), ["eth3"]);
  assert.equal(readings, 2);
});

test("this machine has its loopback address at an interface", () => {
  assert.equal(openInterfaces(() => 0)("127.0.0.1").length, 1);
  assert.ok([...readInterfaces().values()].flat().includes("127.0.0.1"));
});
