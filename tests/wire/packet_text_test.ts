// Packets as text.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Malformed, Packet } from "../../src/wire/packet.ts";
import { packetText, printable } from "../../src/wire/packet_text.ts";

test("printable() leaves nothing that commands a terminal", () => {
  const rows: [text: string, shown: string][] = [
    ["plain grün", "plain grün"],
    ["a\x1b[2J\n\r\t", "a\\x1b[2J\\x0a\\x0d\\x09"],
    ["\x7f\x9b", "\\x7f\\x9b"],
    ["a\u202eb\u2066", "a\\u202eb\\u2066"],
  ];
  for (const [text, shown] of rows) assert.equal(printable(text), shown);
});

test("packetText() shows every packet in one harmless line", () => {
  const rows: [packet: Packet | Malformed, line: string][] = [
    [
      { op: "rrq", name: "boot/x", mode: "octet", options: [{ name: "blksize", value: "1468" }] },
      'RRQ "boot/x" octet blksize=1468',
    ],
    [{ op: "wrq", name: "\x1b", mode: "netascii", options: [] }, 'WRQ "\\x1b" netascii'],
    [{ op: "data", block: 1, payload: new Uint8Array(1468) }, "DATA 1 (1468 octets)"],
    [{ op: "data", block: 2, payload: new Uint8Array(1) }, "DATA 2 (1 octet)"],
    [{ op: "ack", block: 65535 }, "ACK 65535"],
    [{ op: "error", code: 1, message: "no\nfile" }, 'ERROR 1 "no\\x0afile"'],
    [{ op: "oack", options: [{ name: "tsize", value: "7\n" }] }, "OACK tsize=7\\x0a"],
    [{ op: "malformed", opcode: 9, reason: "Unknown opcode 9" }, "malformed: Unknown opcode 9"],
  ];
  for (const [packet, line] of rows) assert.equal(packetText(packet), line);
});
