// One request each, as it was once fired at atftpd, tftpd-hpa, dnsmasq and busybox, and what this
// server answers. The table is the contract: one datagram in, at most one out.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench } from "../sim/bench.ts";
import { datagram } from "../wire/hex.ts";

const FILES = {
  "f1000": new Uint8Array(1000),
  "zero": "",
  "dir/g": "hi",
  ".hidden": "no",
};

const ILLEGAL = "69 ERROR 4 Illegal TFTP operation";
const MISSING = "69 ERROR 1 File not found";
const BAD_NAME = "69 ERROR 2 File name not allowed";
const DATA_1 = "tid DATA 1 (512)";
const SILENCE = "";

/** Name of the probe, what follows the opcode of an RRQ, and the answer. */
const REQUESTS: readonly [string, string, string][] = [
  ["plain", "f1000\0octet\0", DATA_1],
  ["OCTET in capitals", "f1000\0OCTET\0", DATA_1],
  ["mode mail", "f1000\0mail\0", "69 ERROR 4 Transfer mode not supported"],
  ["mode garbage", "f1000\0garbage\0", "69 ERROR 4 Transfer mode not supported"],
  ["netascii tsize=0", "f1000\0netascii\0tsize\x000\0", DATA_1],
  ["tsize=0", "f1000\0octet\0tsize\x000\0", "tid OACK tsize=1000"],
  ["TSIZE in capitals", "f1000\0octet\0TSIZE\x000\0", "tid OACK TSIZE=1000"],
  ["tsize=777", "f1000\0octet\0tsize\x00777\0", "tid OACK tsize=1000"],
  ["tsize without value", "f1000\0octet\0tsize\0\0", "tid OACK tsize=1000"],
  ["tsize of an empty file", "zero\0octet\0tsize\x000\0", "tid DATA 1 (0)"],
  ["empty file", "zero\0octet\0", "tid DATA 1 (0)"],
  ["blksize=7", "f1000\0octet\0blksize\x007\0", DATA_1],
  ["blksize=8", "f1000\0octet\0blksize\x008\0", "tid OACK blksize=8"],
  ["blksize=65464", "f1000\0octet\0blksize\x0065464\0", "tid OACK blksize=1468"],
  ["blksize=-1", "f1000\0octet\0blksize\x00-1\0", DATA_1],
  ["blksize=0x200", "f1000\0octet\0blksize\x000x200\0", DATA_1],
  [
    "blksize=8 with more options than fit a block",
    "f1000\0octet\0blksize\x008\0tsize\x000\0timeout\x003\0",
    "tid OACK blksize=8 tsize=1000 timeout=3",
  ],
  [
    "blksize twice",
    "f1000\0octet\0blksize\x00600\0blksize\x00700\0",
    "tid OACK blksize=600",
  ],
  ["timeout=0", "f1000\0octet\0timeout\x000\0", DATA_1],
  ["timeout=255", "f1000\0octet\0timeout\x00255\0", "tid OACK timeout=255"],
  ["windowsize=0", "f1000\0octet\0windowsize\x000\0", DATA_1],
  ["windowsize=65535", "f1000\0octet\0windowsize\x0065535\0", "tid OACK windowsize=64"],
  ["only an unknown option", "f1000\0octet\0x\0y\0", DATA_1],
  ["a value that is an option name", "f1000\0octet\0x\0blksize\x00900\0", DATA_1],
  ["an option called filename", "f1000\0octet\0filename\0zero\0", DATA_1],
  ["an option without value", "f1000\0octet\0tsize\0", DATA_1],
  ["an option without NUL", "f1000\0octet\0tsize", DATA_1],
  ["junk behind the mode", "f1000\0octet\0\xff\xff\xff", DATA_1],
  ["516 octets of NULs", ("f1000\0octet\0" + "\0".repeat(514)).slice(0, 514), DATA_1],
  ["516 octets of 0xff", ("f1000\0octet\0" + "\xff".repeat(514)).slice(0, 514), DATA_1],
  ["5000 octets", ("f1000\0octet\0" + "x".repeat(5000)).slice(0, 4998), DATA_1],
  ["mode without NUL", "f1000\0octet", ILLEGAL],
  ["no mode", "f1000\0", ILLEGAL],
  ["name without NUL", "f1000", ILLEGAL],
  ["empty name", "\0octet\0", ILLEGAL],
  ["empty mode", "f1000\0\0", "69 ERROR 4 Transfer mode not supported"],
  ["missing file", "nope\0octet\0", MISSING],
  ["directory", "dir\0octet\0", "69 ERROR 2 Not a regular file"],
  ["..", "..\0octet\0", BAD_NAME],
  ["../x", "../x\0octet\0", BAD_NAME],
  ["..\\..\\x", "..\\..\\x\0octet\0", BAD_NAME],
  ["//f1000", "//f1000\0octet\0", DATA_1],
  ["/f1000", "/f1000\0octet\0", DATA_1],
  ["\\f1000", "\\f1000\0octet\0", DATA_1],
  ["dir\\g", "dir\\g\0octet\0", "tid DATA 1 (2)"],
  ["a name of 300 octets", "a".repeat(300) + "\0octet\0", BAD_NAME],
  ["format characters", "%n%s%x\0octet\0", MISSING],
  ["100 unknown options", "f1000\0octet\0" + "x\x001\0".repeat(100), DATA_1],
];

for (const [name, body, answer] of REQUESTS) {
  test(`RRQ ${name}`, async () => {
    const bench = await Bench.start({ files: FILES });
    assert.deepEqual(bench.client().say(datagram(1, body)), [answer]);
  });
}

/** Datagrams to port 69 that are no requests. */
const NOISE: readonly [string, Uint8Array, string][] = [
  ["ACK", datagram(4, "\0\x01"), SILENCE],
  ["DATA", datagram(3, "\0\x01hello"), SILENCE],
  ["ERROR", datagram(5, "\0\0loop\0"), SILENCE],
  ["OACK", datagram(6, "blksize\x00512\0"), SILENCE],
  ["opcode 0", datagram(0, "f\0octet\0"), SILENCE],
  ["opcode 7", datagram(7, "f\0octet\0"), SILENCE],
  ["opcode 0x0101", datagram(0x101, "f\0octet\0"), SILENCE],
  ["one octet", Uint8Array.of(0), SILENCE],
  ["no octets", new Uint8Array(0), SILENCE],
  ["an RRQ of two octets", datagram(1, ""), ILLEGAL],
];

for (const [name, bytes, answer] of NOISE) {
  test(`Noise: ${name}`, async () => {
    const bench = await Bench.start({ files: FILES });
    assert.deepEqual(bench.client().say(bytes), answer === SILENCE ? [] : [answer]);
  });
}

test("ACKs of the future, of the past and of another length change nothing", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  client.rrq("f1000");
  for (const block of [0, 2, 9, 65_535]) assert.deepEqual(client.ack(block), []);
  assert.deepEqual(client.say(Uint8Array.of(0, 4, 0), { to: client.tid }), []);
  assert.deepEqual(client.ack(1), ["tid DATA 2 (488)"]);
});

test("10,000 ports that ask and never answer are all forgotten in the end", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  for (let i = 0; i < 10_000; i++) client.rrq("f1000", "", { from: 2000 + i, waitMs: 0.01 });
  bench.pass(5);
  assert.equal(bench.endpoint.transfers, 10_000);
  bench.pass(100_000);
  assert.equal(bench.endpoint.transfers, 0);
  assert.ok(client.datagrams.length <= 40_000);
});
