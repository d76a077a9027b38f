// The kernel's table of neighbours.
import assert from "node:assert/strict";
import { test } from "node:test";
import { lookUp, macIn, openNeighbours, parseNeighbours } from "../../src/sys/neighbours.ts";
import { parseNeighbours6 } from "../../src/sys/neighbours6.ts";

const TABLE = `IP address       HW type     Flags       HW address            Mask     Device
192.0.2.1        0x1         0x2         02:FC:00:00:00:05     *        eth0
192.0.2.2        0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.3        0x1         0x6         aa:bb:cc:dd:ee:ff     *        br0
192.0.2.4        0x20        0x2         80:00:02:08:fe:80     *        ib0
192.0.2.5        0x1         0x2         ../../etc             *        eth0

garbage
`;

test("parseNeighbours() takes complete entries with a MAC address, and nothing else", () => {
  assert.deepEqual([...parseNeighbours(TABLE)], [
    ["192.0.2.1", "02-fc-00-00-00-05"],
    ["192.0.2.3", "aa-bb-cc-dd-ee-ff"],
    ["192.0.2.4", "80-00-02-08-fe-80"],
  ]);
  assert.deepEqual([...parseNeighbours("")], []);
});

test("openNeighbours() knows nobody at an address that is nobody's", async () => {
  let now = 0;
  const macOf = await openNeighbours(() => now);
  assert.equal(macOf("127.0.0.1"), null);
  assert.equal(macOf("2001:db8::77"), null);
  assert.equal(macOf("::1%lo"), null);
  assert.equal(macOf("no:address"), null);
  now = 1000;
  assert.equal(macOf("no address"), null);
});

const octets = (text: string) => text.match(/../g)!.map((digits) => parseInt(digits, 16));
const ADDRESS = "20010db8000000000000000000000002";

/** An RTM_NEWNEIGH message (rtnetlink(7)) with these attributes. */
function entry({ family = 10, index = 3, state = 4, attributes = [] as number[][] }): number[] {
  const length = 28 + attributes.reduce((sum, each) => sum + each.length, 0);
  const header = [length, 0, 0, 0, 28, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  return [...header, family, 0, 0, 0, index, 0, 0, 0, state, 0, 0, 1, ...attributes.flat()];
}

const DST = [20, 0, 1, 0, ...octets(ADDRESS)];
const LLADDR = [10, 0, 2, 0, ...octets("02005e10000a"), 0, 0];
const DONE = [20, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

test("parseNeighbours6() takes complete entries with a MAC address, and nothing else", () => {
  const whole = entry({ attributes: [DST, LLADDR] });
  const known = { address: ADDRESS, index: 3, mac: "02-00-5e-10-00-0a" };
  const parse = (...messages: number[][]) => parseNeighbours6(new Uint8Array(messages.flat()));
  assert.deepEqual(parse(whole, whole), { neighbours: [known, known], more: true });
  assert.deepEqual(parse(whole, DONE, whole), { neighbours: [known], more: false });
  const incomplete = [
    entry({ attributes: [DST, LLADDR], state: 1 }),
    entry({ attributes: [DST, LLADDR], state: 0x20 }),
    entry({ attributes: [DST, LLADDR], family: 2 }),
    entry({ attributes: [DST] }),
    entry({ attributes: [LLADDR] }),
    entry({}),
  ];
  assert.deepEqual(parse(...incomplete, DONE), { neighbours: [], more: false });
  assert.deepEqual(parse([]), { neighbours: [], more: false });
  for (let cut = 1; cut < whole.length; cut++) {
    assert.deepEqual(parse(whole.slice(0, cut)).neighbours, [], `${cut} octets`);
  }
});

test("macIn() tells machines apart that have the same address on two links", () => {
  const one = { address: ADDRESS, index: 3, mac: "02-00-5e-10-00-0a" };
  const other = { ...one, index: 4, mac: "02-00-5e-10-00-0b" };
  assert.equal(macIn([one], { address: ADDRESS, index: 0 }), one.mac);
  assert.equal(macIn([one, other], { address: ADDRESS, index: 0 }), null);
  assert.equal(macIn([one, other], { address: ADDRESS, index: 4 }), other.mac);
  assert.equal(macIn([one, { ...one, index: 5 }], { address: ADDRESS, index: 0 }), one.mac);
  assert.equal(macIn([one], { address: ADDRESS, index: 9 }), null);
  assert.equal(macIn([one], null), null);
});

test("a table is read anew when it is old, and sooner for who is not in it", () => {
  let now = 0;
  let readings = 0;
  const table = new Map([["a", "1"]]);
  const macOf = lookUp(() => now, {
    read: () => (readings++, new Map(table)),
    find: (known, address) => known.get(address) ?? null,
  });
  assert.equal(macOf("a"), "1");
  table.set("b", "2");
  now = 19;
  assert.equal(macOf("b"), null);
  now = 20;
  assert.equal(macOf("b"), "2");
  assert.equal(readings, 2);
  now = 519;
  table.set("a", "3");
  assert.equal(macOf("a"), "1");
  now = 520;
  assert.equal(macOf("a"), "3");
  assert.equal(readings, 3);
});
