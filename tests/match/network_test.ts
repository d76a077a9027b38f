// CIDR blocks: IPv4, IPv6, IPv4-mapped, and texts that are none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addressHex, inNetworks, parseAddress, parseNetwork } from "../../src/match/network.ts";

const CASES: readonly (readonly [network: string, hits: string[], misses: string[]])[] = [
  ["10.0.0.0/8", ["10.0.0.1", "10.255.1.1", "::ffff:10.1.2.3"], ["11.0.0.1", "::1"]],
  ["10.1.2.3/8", ["10.9.9.9"], ["11.1.2.3"]],
  ["10.1.2.3", ["10.1.2.3"], ["10.1.2.4"]],
  ["192.0.2.128/25", ["192.0.2.129", "192.0.2.255"], ["192.0.2.127"]],
  ["0.0.0.0/0", ["1.2.3.4", "::ffff:1.2.3.4"], ["2001:db8::1"]],
  ["::/0", ["2001:db8::1", "::1"], ["1.2.3.4"]],
  ["2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::1"]],
  ["fe80::/10", ["fe80::1%eth0", "fe80::1"], ["fec0::1"]],
  ["::ffff:10.0.0.0/104", ["10.1.1.1"], ["11.1.1.1"]],
];

for (const [text, hits, misses] of CASES) {
  test(`parseNetwork("${text}") holds what it should and no more`, () => {
    const network = parseNetwork(text);
    if (network.kind === "bad") assert.fail(network.detail);
    for (const address of hits) {
      assert.equal(inNetworks(parseAddress(address), [network]), true, address);
    }
    for (const address of misses) {
      assert.equal(inNetworks(parseAddress(address), [network]), false, address);
    }
  });
}

test("parseNetwork() gives bad texts back as values", () => {
  const texts = ["", "10.1", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129"];
  texts.push("010.0.0.1", "0x0a.0.0.1", "example.org", "fe80::1%eth0/64", "::ffff:10.0.0.0/8");
  texts.push("10.0.0.0/8 ", "1.2.3.4.5", "/8", "10.0.0.0/+8");
  for (const text of texts) assert.equal(parseNetwork(text).kind, "bad", text);
});

test("no networks mean everybody, an unreadable address is inside none", () => {
  const network = parseNetwork("0.0.0.0/0");
  assert.ok(network.kind === "network");
  assert.equal(inNetworks(null, []), true);
  assert.equal(inNetworks(null, [network]), false);
});

test("addressHex() gives 8 upper-case digits for IPv4 and 32 for IPv6", () => {
  const hex = (text: string) => {
    const address = parseAddress(text);
    assert.ok(address !== null);
    return addressHex(address);
  };
  assert.equal(hex("192.0.2.171"), "C00002AB");
  assert.equal(hex("::ffff:192.0.2.171"), "C00002AB");
  assert.equal(hex("2001:db8::1"), "20010DB8000000000000000000000001");
});
