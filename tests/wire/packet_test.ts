// Packets as tables: bytes to value and back, and the datagrams that are no packets.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  blockOf,
  decodePacket,
  encodePacket,
  opcodeOf,
  type Packet,
} from "../../src/wire/packet.ts";
import { datagram, hex } from "./hex.ts";

/** Rows that hold in both directions. */
const BOTH_WAYS: readonly [string, Uint8Array, Packet][] = [
  ["RRQ", datagram(1, "boot/ipxe.efi\0octet\0"), request("rrq", "boot/ipxe.efi")],
  ["WRQ", datagram(2, "upload.cfg\0netascii\0"), {
    ...request("wrq", "upload.cfg"),
    mode: "netascii",
  }],
  ["RRQ with options in their order", datagram(1, "f\0octet\0tsize\x000\0blksize\x001468\0"), {
    ...request("rrq", "f"),
    options: [{ name: "tsize", value: "0" }, { name: "blksize", value: "1468" }],
  }],
  ["RRQ whose option has an empty value", datagram(1, "f\0octet\0multicast\0\0"), {
    ...request("rrq", "f"),
    options: [{ name: "multicast", value: "" }],
  }],
  ["RRQ with an option name in capitals", datagram(1, "f\0octet\0BlkSize\x001024\0"), {
    ...request("rrq", "f"),
    options: [{ name: "BlkSize", value: "1024" }],
  }],
  ["RRQ with a UTF-8 name", datagram(1, "\xc3\xa9.img\0octet\0"), request("rrq", "\u00e9.img")],
  ["DATA", hex("0003 0001 686921"), {
    op: "data",
    block: 1,
    payload: hex("686921"),
  }],
  ["empty DATA", hex("0003 ffff"), { op: "data", block: 65535, payload: new Uint8Array(0) }],
  ["DATA 0", hex("0003 0000 00"), { op: "data", block: 0, payload: hex("00") }],
  ["ACK", hex("0004 0102"), { op: "ack", block: 0x102 }],
  ["ACK 65535", hex("0004 ffff"), { op: "ack", block: 65535 }],
  ["ERROR", hex("0005 0001 6e6f 00"), { op: "error", code: 1, message: "no" }],
  ["ERROR without text", hex("0005 0008 00"), { op: "error", code: 8, message: "" }],
  ["OACK", datagram(6, "blksize\x001408\0tsize\x00123\0"), {
    op: "oack",
    options: [{ name: "blksize", value: "1408" }, { name: "tsize", value: "123" }],
  }],
  ["empty OACK", hex("0006"), { op: "oack", options: [] }],
];

for (const [name, bytes, packet] of BOTH_WAYS) {
  test(`decodePacket() and encodePacket() agree on ${name}`, () => {
    assert.deepEqual(decodePacket(bytes), packet);
    assert.deepEqual(encodePacket(packet), bytes);
  });
}

/** Rows for decoding only: more, or less, than an encoder of ours would write. */
const TOLERATED: readonly [string, Uint8Array, Packet][] = [
  ["T8: reads the mode in any letter case", datagram(1, "f\0OcTeT\0"), request("rrq", "f")],
  ["T8: leaves an unknown mode to the caller", datagram(1, "f\0mail\0"), {
    ...request("rrq", "f"),
    mode: "mail",
  }],
  [
    "T11: reads names beyond UTF-8 as Latin-1",
    datagram(1, "\xe9\0octet\0"),
    request("rrq", "\u00e9"),
  ],
  ["O9: drops an option without value", datagram(1, "f\0octet\0tsize\0"), request("rrq", "f")],
  [
    "O9: drops an option value without final NUL",
    datagram(1, "f\0octet\0tsize\x000"),
    request("rrq", "f"),
  ],
  [
    "O9: stops at an empty option name",
    datagram(1, "f\0octet\0\0\0tsize\x000\0"),
    request("rrq", "f"),
  ],
  ["O9: ignores final NULs, keeps what is complete", datagram(1, "f\0octet\0tsize\x000\0\0\0\0"), {
    ...request("rrq", "f"),
    options: [{ name: "tsize", value: "0" }],
  }],
  [
    "O1: reads the 516-byte request of HP PA-RISC with junk behind the mode",
    datagram(1, ("f\0octet\0" + "\xff".repeat(514)).slice(0, 514)),
    request("rrq", "f"),
  ],
  [
    "O1: reads the 516-byte request padded with NULs",
    datagram(1, ("f\0octet\0" + "\0".repeat(514)).slice(0, 514)),
    request("rrq", "f"),
  ],
  [
    "O10: is not misled by an option value that spells an option name",
    datagram(1, "f\0octet\0x\0blksize\x00900\x001\0"),
    {
      ...request("rrq", "f"),
      options: [{ name: "x", value: "blksize" }, { name: "900", value: "1" }],
    },
  ],
  [
    "O10: options called filename and mode are options",
    datagram(1, "f\0octet\0filename\0/etc/passwd\0mode\0mail\0"),
    {
      ...request("rrq", "f"),
      options: [{ name: "filename", value: "/etc/passwd" }, { name: "mode", value: "mail" }],
    },
  ],
  ["Q13: reads the first four bytes of an over-long ACK", hex("0004 0007 08 ffff"), {
    op: "ack",
    block: 7,
  }],
  ["reads an ERROR without final NUL", hex("0005 0000 6869"), {
    op: "error",
    code: 0,
    message: "hi",
  }],
  ["reads an ERROR of four bytes", hex("0005 0003"), { op: "error", code: 3, message: "" }],
  ["reads an unknown ERROR code", hex("0005 ffff 00"), { op: "error", code: 65535, message: "" }],
  [
    "reads a bare password behind the mode as nothing",
    datagram(1, "f\0octet\0secret\0"),
    request("rrq", "f"),
  ],
];

for (const [name, bytes, packet] of TOLERATED) {
  test(`decodePacket() ${name}`, () => assert.deepEqual(decodePacket(bytes), packet));
}

/** The fixtures of datagrams that mean nothing: no exception, and a reason for the log. */
const MALFORMED: readonly [string, Uint8Array, number, string][] = [
  ["no bytes", hex(""), 0, "No opcode"],
  ["one byte", hex("00"), 0, "No opcode"],
  ["opcode 0", hex("0000 0000"), 0, "Unknown opcode 0"],
  ["opcode 7 (DIR)", datagram(7, "f\0octet\0"), 7, "Unknown opcode 7"],
  ["opcode 0x0101", datagram(0x101, "f\0octet\0"), 0x101, "Unknown opcode 257"],
  ["opcode 0xffff", hex("ffff"), 0xffff, "Unknown opcode 65535"],
  ["an RRQ of two bytes", hex("0001"), 1, "File name without final NUL"],
  ["an RRQ of three bytes", hex("0001 00"), 1, "Empty file name"],
  ["T11: an RRQ whose name has no NUL", datagram(1, "boot"), 1, "File name without final NUL"],
  ["an RRQ with an empty name", datagram(1, "\0octet\0"), 1, "Empty file name"],
  ["an RRQ without mode", datagram(1, "boot\0"), 1, "Mode without final NUL"],
  ["T11: a WRQ whose mode has no NUL", datagram(2, "boot\0octet"), 2, "Mode without final NUL"],
  ["300 bytes without NUL", datagram(1, "a".repeat(300)), 1, "File name without final NUL"],
  ["65507 bytes without NUL", datagram(1, "a".repeat(65505)), 1, "File name without final NUL"],
  ["DATA of two bytes", hex("0003"), 3, "DATA without block number"],
  ["DATA of three bytes", hex("0003 00"), 3, "DATA without block number"],
  ["an ACK of three bytes", hex("0004 00"), 4, "ACK without block number"],
  ["an ERROR of three bytes (CVE-2019-11365)", hex("0005 00"), 5, "ERROR without code"],
];

for (const [name, bytes, opcode, reason] of MALFORMED) {
  test(`decodePacket() calls malformed: ${name}`, () => {
    assert.deepEqual(decodePacket(bytes), { op: "malformed", opcode, reason });
  });
}

test("decodePacket() reads at most 64 options of a request", () => {
  const packet = decodePacket(datagram(1, "f\0octet\0" + "x\x001\0".repeat(1000)));
  assert.equal(packet.op === "rrq" && packet.options.length, 64);
});

test("decodePacket() gives the payload of DATA as a view, not as a copy", () => {
  const bytes = hex("0003 0001 aa");
  const packet = decodePacket(bytes);
  assert.equal(packet.op === "data" && packet.payload.buffer, bytes.buffer);
});

test("opcodeOf() and blockOf() read the header of a datagram", () => {
  assert.equal(opcodeOf(hex("0004 1234")), 4);
  assert.equal(blockOf(hex("0004 1234")), 0x1234);
  assert.equal(opcodeOf(hex("04")), 0);
});

function request(op: "rrq" | "wrq", name: string) {
  return { op, name, mode: "octet", options: [] };
}
