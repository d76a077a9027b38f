// Words and figures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { progressText } from "../../src/client/report.ts";
import { pickTargets, sameHost } from "../../src/client/target.ts";
import { rateText, secondsText, sizeText } from "../../src/client/text.ts";

test("sizeText(), secondsText() and rateText() choose the unit", () => {
  const sizes: [bytes: number, text: string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [999_949, "999.9 kB"],
    [999_950, "1.0 MB"],
    [1_500_000_000, "1.5 GB"],
  ];
  for (const [bytes, text] of sizes) assert.equal(sizeText(bytes), text);
  assert.equal(secondsText(4.2), "0.004 s");
  assert.equal(secondsText(31_000), "31.0 s");
  assert.equal(rateText(5_000_000, 500), "10.0 MB/s");
  assert.equal(rateText(1000, 0), "10.0 MB/s");
});

test("progressText() shows a share where the size is known", () => {
  const known = progressText("x", { value: 5_000_000, total: 10_000_000, startedAt: 1000 }, 2000);
  assert.equal(known, `x [${"#".repeat(15)}${"-".repeat(15)}] 50 %  5.0 MB of 10.0 MB  5.0 MB/s`);
  const unknown = progressText("x", { value: 2000, total: 0, startedAt: 0 }, 1000);
  assert.equal(unknown, "x  2.0 kB  2.0 kB/s");
});

test("pickTargets() keeps the first address and the first one of the other family", () => {
  const four = (host: string) => ({ family: 4, host } as const);
  const six = (host: string) => ({ family: 6, host } as const);
  assert.deepEqual(pickTargets([]), []);
  assert.deepEqual(pickTargets([four("a"), four("b")]), [four("a")]);
  assert.deepEqual(pickTargets([six("a"), six("b"), four("c"), four("d")]), [six("a"), four("c")]);
});

test("sameHost() compares addresses, not their spelling", () => {
  const rows: [a: string, b: string, same: boolean][] = [
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.2", false],
    ["::1", "0:0:0:0:0:0:0:1", true],
    ["fe80::1%eth0", "fe80::1", true],
    ["::ffff:10.0.0.1", "10.0.0.1", true],
    ["2001:DB8::1", "2001:db8::1", true],
    ["::1", "10.0.0.1", false],
  ];
  for (const [a, b, same] of rows) assert.equal(sameHost({ host: a }, { host: b }), same, a);
});
