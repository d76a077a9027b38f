// netascii in both directions, with pairs cut at every place where a block may end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NetasciiDecoder, NetasciiEncoder } from "../../src/wire/netascii.ts";
import { fc } from "../fuzz/properties.ts";

const TABLE: readonly [string, string, string][] = [
  ["LF travels as CR LF", "a\nb", "a\r\nb"],
  ["CR travels as CR NUL", "a\rb", "a\r\0b"],
  ["CR LF travels as CR NUL CR LF", "\r\n", "\r\0\r\n"],
  ["NUL travels as it is", "a\0b", "a\0b"],
  ["nothing travels as nothing", "", ""],
];

for (const [name, local, wire] of TABLE) {
  test(`T12: ${name}`, () => {
    assert.equal(encode(local, wire.length + 1), wire);
    assert.equal(decode([wire]), local);
  });

  test(`T12: ${name}, cut at every boundary`, () => {
    for (let blockBytes = 1; blockBytes <= wire.length; blockBytes++) {
      assert.equal(encode(local, blockBytes), wire);
    }
    for (let cut = 0; cut <= wire.length; cut++) {
      assert.equal(decode([wire.slice(0, cut), wire.slice(cut)]), local);
    }
  });
}

test("T12: a lone CR before another octet is kept", () => {
  assert.equal(decode(["a\rb"]), "a\rb");
  assert.equal(decode(["a\r", "b"]), "a\rb");
  assert.equal(decode(["\r\r\n"]), "\r\n");
});

test("T12: a CR at the very end is kept", () => assert.equal(decode(["a\r"]), "a\r"));

test("T12: a final CR LF that straddles makes one more block of one octet", () => {
  const encoder = new NetasciiEncoder();
  const block = new Uint8Array(4);
  const input = bytesOf("abc\n");
  assert.deepEqual(encoder.encode(input, block), { read: 4, written: 4 });
  assert.equal(textOf(block), "abc\r");
  assert.ok(encoder.pending);
  assert.deepEqual(encoder.encode(input.subarray(4), block), { read: 0, written: 1 });
  assert.equal(block[0], 0x0a);
  assert.ok(!encoder.pending);
});

test("T12: what was encoded decodes to itself, however it is cut", () => {
  const octets = fc.array(fc.constantFrom(0x00, 0x0a, 0x0d, 0x41, 0xff), { maxLength: 40 });
  fc.assert(
    fc.property(octets, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (
      input,
      blockBytes,
      pieceBytes,
    ) => {
      const local = textOf(Uint8Array.from(input));
      const wire = encode(local, blockBytes);
      const pieces = [];
      for (let at = 0; at < wire.length; at += pieceBytes) {
        pieces.push(wire.slice(at, at + pieceBytes));
      }
      assert.equal(decode(pieces), local);
    }),
  );
});

function encode(local: string, blockBytes: number): string {
  const encoder = new NetasciiEncoder();
  const input = bytesOf(local);
  const block = new Uint8Array(blockBytes);
  let wire = "";
  for (let at = 0;;) {
    const { read, written } = encoder.encode(input.subarray(at), block);
    at += read;
    wire += textOf(block.subarray(0, written));
    if (written < blockBytes) return wire;
  }
}

function decode(pieces: readonly string[]): string {
  const decoder = new NetasciiDecoder();
  return pieces.map((piece) => textOf(decoder.decode(bytesOf(piece)))).join("") +
    textOf(decoder.end());
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => String.fromCharCode(octet)).join("");
}
