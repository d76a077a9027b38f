// Networks less others: no address is lost or kept wrongly.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inNetwork, type Network, parseAddress, parseNetwork } from "../../src/match/network.ts";
import { withoutNetworks } from "../../src/match/network_split.ts";
import { fc } from "../fuzz/properties.ts";

function networks(...texts: readonly string[]): readonly Network[] {
  return texts.map((text) => {
    const network = parseNetwork(text);
    if (network.kind === "bad") assert.fail(network.detail);
    return network;
  });
}

function without(from: readonly string[], taken: readonly string[]): readonly string[] {
  return withoutNetworks(networks(...from), networks(...taken)).map(({ text }) => text);
}

test("blocks are split as little as possible", () => {
  assert.deepEqual(without(["10.0.0.0/8"], []), ["10.0.0.0/8"]);
  assert.deepEqual(without(["10.0.0.0/8"], ["0.0.0.0/0"]), []);
  assert.deepEqual(without(["10.0.0.0/8"], ["11.0.0.0/8", "::/0"]), ["10.0.0.0/8"]);
  assert.deepEqual(without(["10.0.0.0/30"], ["10.0.0.2"]), ["10.0.0.0/31", "10.0.0.3/32"]);
  assert.deepEqual(without(["2001:db8::/32"], ["2001:db8:8000::/33"]), ["2001:db8::/33"]);
  assert.equal(without(["0.0.0.0/0"], ["10.0.0.9"]).length, 32);
});

test("an address is in what is left if it was in and is not taken", () => {
  const address = fc.nat(63).map((last) => `10.0.0.${last}`);
  const block = fc.tuple(address, fc.integer({ min: 26, max: 32 })).map((two) => two.join("/"));
  fc.assert(fc.property(fc.array(block), fc.array(block), address, (from, taken, asked) => {
    const within = (blocks: readonly Network[]) =>
      blocks.some((each) => inNetwork(parseAddress(asked)!, each));
    const left = withoutNetworks(networks(...from), networks(...taken));
    assert.equal(within(left), within(networks(...from)) && !within(networks(...taken)));
  }));
});
