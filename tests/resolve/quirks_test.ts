// What is different for some clients.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { QuirkConfig, TftpConfig } from "../../src/config/config.ts";
import { compileQuirks } from "../../src/resolve/quirks.ts";
import { loadGood } from "../config/loading.ts";

const QUIRK: QuirkConfig = {
  clients: [],
  optionsDisabled: [],
  tsizeOnly: false,
  blksizeMax: 65464,
  windowsizeMax: 65535,
  rollover: null,
};

async function tftpFor(quirks: readonly Partial<QuirkConfig>[], client = "10.0.0.1") {
  const { tftp } = await loadGood({ file: '[tftp]\noptions-disabled = ["multicast"]\n' });
  const found = compileQuirks(tftp, quirks.map((quirk) => ({ ...QUIRK, ...quirk })))(client);
  return { found, tftp };
}

test("without a quirk that fits, everybody's settings hold", async () => {
  for (const quirks of [[], [{ clients: ["192.0.2.0/24"], rollover: 1 as const }]]) {
    const { found, tftp } = await tftpFor(quirks);
    assert.equal(found, tftp);
  }
});

test("a quirk changes what it names, and can only lower limits", async () => {
  const rows: readonly (readonly [Partial<QuirkConfig>, Partial<TftpConfig>])[] = [
    [{ rollover: 1 }, { rollover: 1 }],
    [{ blksizeMax: 1408 }, { blksizeMax: 1408 }],
    [{ windowsizeMax: 1 }, { windowsizeMax: 1 }],
    [{ windowsizeMax: 1000 }, {}],
    [{ optionsDisabled: ["tsize"] }, { optionsDisabled: ["multicast", "tsize"] }],
    [{}, {}],
  ];
  for (const [quirk, expected] of rows) {
    const { found, tftp } = await tftpFor([quirk]);
    assert.deepEqual(found, { ...tftp, ...expected });
  }
});

test("tsize-only leaves no other option", async () => {
  const { found } = await tftpFor([{ tsizeOnly: true }]);
  assert.deepEqual([...found.optionsDisabled].sort(), [
    ...["blksize", "blksize2", "msftwindow", "multicast", "rollover", "timeout", "utimeout"],
    "windowsize",
  ]);
});

test("the first quirk that fits holds, and holds alone", async () => {
  const quirks = [
    { clients: ["10.0.0.1"], blksizeMax: 512 },
    { clients: ["10.0.0.0/8"], windowsizeMax: 1 },
  ];
  const { found, tftp } = await tftpFor(quirks);
  assert.deepEqual([found.blksizeMax, found.windowsizeMax], [512, tftp.windowsizeMax]);
  assert.equal((await tftpFor(quirks, "10.0.0.2")).found.windowsizeMax, 1);
  assert.equal((await tftpFor(quirks, "no address")).found.windowsizeMax, tftp.windowsizeMax);
});
