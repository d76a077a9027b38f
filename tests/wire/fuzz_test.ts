// Any bytes decode to a packet or to `malformed`, never to an exception; what decoded encodes to
// bytes that decode to the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePacket, encodePacket } from "../../src/wire/packet.ts";
import { decodeText, encodeText } from "../../src/wire/text.ts";
import { fc } from "../fuzz/properties.ts";

test("decodePacket() takes any bytes, and what it decoded survives encodePacket()", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), survives), { numRuns: 2000 });
});

test("decodePacket() takes any bytes behind a valid opcode", () => {
  const body = fc.array(
    fc.oneof(
      fc.constantFrom("octet", "netascii", "blksize", "tsize", "multicast", "1468", "", "\xff"),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(fc.nat(7), body, fc.boolean(), (opcode, strings, closed) => {
      const text = encodeText(strings.join("\0") + (closed ? "\0" : ""));
      survives(Uint8Array.of(0, opcode, ...text));
    }),
    { numRuns: 2000 },
  );
});

test("decodeText() takes any bytes and gives UTF-8 back unchanged", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const text = decodeText(bytes);
    assert.equal(decodeText(encodeText(text)), text);
  }));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    assert.equal(decodeText(encodeText(text)), text);
  }));
});

function survives(bytes: Uint8Array) {
  const packet = decodePacket(bytes);
  if (packet.op === "malformed") return assert.notEqual(packet.reason, "");
  assert.deepEqual(decodePacket(encodePacket(packet)), packet);
}
