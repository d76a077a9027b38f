// Which options are granted (RFC 2347 to 2349, 7440), and with which values.
import assert from "node:assert/strict";
import { test } from "node:test";
import { negotiate, type Terms } from "../../src/proto/negotiate.ts";
import type { RequestPacket } from "../../src/wire/packet.ts";

const TERMS: Terms = {
  blockBytesMax: 65464,
  windowBlocksMax: 64,
  rollover: 0,
  sizeBytes: 1000,
  disabled: [],
};

test("O2: option names are read in any letter case", () => {
  assert.equal(oack("BLKSIZE 1024 TSize 0"), "BLKSIZE 1024 TSize 1000");
});

test("O2: a repeated option is answered once, by its first value", () => {
  assert.equal(oack("blksize 600 blksize 700 BlkSize 800"), "blksize 600");
});

test("O3: an unknown option is left out, never refused", () => {
  assert.equal(oack("multitool 1 blksize 1024 x y"), "blksize 1024");
  assert.equal(oack("password x filename /etc/passwd mode mail"), "");
});

test("O3: a disabled option is unknown", () => {
  assert.equal(oack("blksize 1024 tsize 0", { disabled: ["blksize"] }), "tsize 1000");
});

test("O4: nothing granted is no OACK, not an empty one", () => {
  assert.deepEqual(negotiate(request("x y"), TERMS).options, []);
});

test("O5: names and order of the OACK are those of the request", () => {
  assert.equal(
    oack("tsize 0 WindowSize 4 blksize 1456 timeout 3"),
    "tsize 1000 WindowSize 4 blksize 1456 timeout 3",
  );
});

const BLKSIZES = [
  ["0", ""],
  ["1", ""],
  ["7", ""],
  ["8", "8"],
  ["511", "511"],
  ["512", "512"],
  ["1468", "1468"],
  ["65464", "65464"],
  ["65465", "65464"],
  ["99999999999", "65464"],
  ["99999999999999999999999", "65464"],
  ["-1", ""],
  ["abc", ""],
  ["0x200", ""],
  ["1024 ", ""],
  ["", ""],
  ["+512", ""],
  ["512\r", ""],
  ["1e3", ""],
] as const;

test("B1, B2, B3: blksize is granted from 8, lowered to 65464, left out where senseless", () => {
  for (const [asked, granted] of BLKSIZES) {
    assert.equal(optionValue("blksize", asked), granted, `blksize "${asked}"`);
  }
});

test("B4: blksize is lowered to what the terms allow", () => {
  assert.equal(oack("blksize 9000", { blockBytesMax: 1468 }), "blksize 1468");
});

test("Z1: timeout is granted as asked, from 1 to 255, or not at all", () => {
  for (const [asked, granted] of [["0", ""], ["1", "1"], ["255", "255"], ["256", ""], ["a", ""]]) {
    assert.equal(optionValue("timeout", asked!), granted, `timeout "${asked}"`);
  }
  assert.equal(negotiate(request("timeout 3"), TERMS).timeoutMs, 3000);
});

test("Z2: a read is told the size of the file, whatever number it sent", () => {
  for (const asked of ["0", "777", ""]) assert.equal(optionValue("tsize", asked), "1000");
  for (const asked of ["-1", "abc"]) assert.equal(optionValue("tsize", asked), "");
});

test("Z2: an unknown size is left out", () => {
  assert.equal(oack("tsize 0", { sizeBytes: null }), "");
});

test("Z3: a write has its own size echoed", () => {
  const wrq = { ...request("tsize 12345"), op: "wrq" } as const;
  const { options } = negotiate(wrq, { ...TERMS, sizeBytes: null });
  assert.deepEqual(options, [{ name: "tsize", value: "12345" }]);
});

test("Z4: netascii has no size that could be told", () => {
  const { options } = negotiate({ ...request("tsize 0"), mode: "netascii" }, TERMS);
  assert.deepEqual(options, []);
});

test("Z5: a size of 4 GiB and more is a full decimal number", () => {
  assert.equal(oack("tsize 0", { sizeBytes: 5_000_000_000_000 }), "tsize 5000000000000");
});

test("Z6: an empty file has no tsize, which curl would take for a failure", () => {
  assert.equal(oack("tsize 0 blksize 1024", { sizeBytes: 0 }), "blksize 1024");
});

const WINDOWSIZES = [
  ["0", ""],
  ["1", "1"],
  ["16", "16"],
  ["64", "64"],
  ["65535", "64"],
  [
    "65536",
    "64",
  ],
  ["-4", ""],
  ["x", ""],
] as const;

test("W1: windowsize is granted from 1, lowered to the limit, left out where senseless", () => {
  for (const [asked, granted] of WINDOWSIZES) {
    assert.equal(optionValue("windowsize", asked), granted, `windowsize "${asked}"`);
  }
});

test("W2: a window of 1 is what there is without the option", () => {
  assert.equal(negotiate(request(""), TERMS).windowBlocks, 1);
  assert.equal(negotiate(request("windowsize 1"), TERMS).windowBlocks, 1);
});

test("W9: msftwindow with another number than Windows sends is an unknown option", () => {
  assert.equal(oack("windowsize 4 msftwindow 1"), "windowsize 4");
});

/** The request whose options are these words, name and value by turns. */
function request(words: string): RequestPacket {
  const parts = words === "" ? [] : words.split(" ");
  const options = [];
  for (let i = 0; i < parts.length; i += 2) options.push({ name: parts[i]!, value: parts[i + 1]! });
  return { op: "rrq", name: "f", mode: "octet", options };
}

function oack(words: string, terms: Partial<Terms> = {}): string {
  const { options } = negotiate(request(words), { ...TERMS, ...terms });
  return options.map((option) => `${option.name} ${option.value}`).join(" ");
}

/** The value granted to one option, "" if it was left out. */
function optionValue(name: string, value: string): string {
  const asked: RequestPacket = { ...request(""), options: [{ name, value }] };
  return negotiate(asked, TERMS).options[0]?.value ?? "";
}
