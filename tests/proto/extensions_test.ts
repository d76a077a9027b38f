// Options that no RFC has: blksize2, utimeout and rollover of tftpd-hpa, msftwindow of Windows
// deployment. Answered when asked for, never otherwise.
import assert from "node:assert/strict";
import { test } from "node:test";
import { negotiate, type Terms } from "../../src/proto/negotiate.ts";
import type { RequestPacket } from "../../src/wire/packet.ts";
import { granting, OACK, sending } from "./trace.ts";

const TERMS: Terms = {
  blockBytesMax: 65464,
  windowBlocksMax: 64,
  rollover: 0,
  sizeBytes: 1000,
  disabled: [],
};

function ask(text: string, terms: Partial<Terms> = {}, op: "rrq" | "wrq" = "rrq") {
  const words = text.split(" ");
  const options = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    options.push({ name: words[at]!, value: words[at + 1]! });
  }
  const request: RequestPacket = { op, name: "x", mode: "octet", options };
  return negotiate(request, { ...TERMS, ...terms });
}

function oack(text: string, terms: Partial<Terms> = {}, op: "rrq" | "wrq" = "rrq"): string {
  return ask(text, terms, op).options.map(({ name, value }) => `${name} ${value}`).join(" ");
}

test("blksize2 is granted as the power of two below what was asked and what is allowed", () => {
  const rows = [
    ["7", 65464, ""],
    ["8", 65464, "blksize2 8"],
    ["15", 65464, "blksize2 8"],
    ["1024", 65464, "blksize2 1024"],
    ["1468", 65464, "blksize2 1024"],
    ["32768", 65464, "blksize2 32768"],
    ["99999", 65464, "blksize2 32768"],
    ["4096", 1468, "blksize2 1024"],
    ["x", 65464, ""],
    ["-1", 65464, ""],
  ] as const;
  for (const [value, blockBytesMax, expected] of rows) {
    assert.equal(oack(`blksize2 ${value}`, { blockBytesMax }), expected, `${value}`);
  }
  assert.equal(ask("blksize2 2000").blockBytes, 1024);
});

test("utimeout is granted as asked, from 10 milliseconds to 255 seconds, or not at all", () => {
  const rows = [
    ["9999", "", null],
    ["10000", "utimeout 10000", 10],
    ["1500000", "utimeout 1500000", 1500],
    ["255000000", "utimeout 255000000", 255_000],
    ["255000001", "", null],
    ["", "", null],
  ] as const;
  for (const [value, expected, timeoutMs] of rows) {
    assert.equal(oack(`utimeout ${value}`), expected);
    assert.equal(ask(`utimeout ${value}`).timeoutMs, timeoutMs);
  }
});

test("rollover is granted as 0 or 1 and settles what follows block 65535", () => {
  for (
    const [value, expected, rollover] of [
      ["0", "rollover 0", 0],
      ["1", "rollover 1", 1],
      ["2", "", 1],
      ["x", "", 1],
    ] as const
  ) {
    assert.equal(oack(`rollover ${value}`, { rollover: 1 }), expected);
    assert.equal(ask(`rollover ${value}`, { rollover: 1 }).rollover, rollover);
  }
});

test("msftwindow 31416 is answered by 27182, for reads only", () => {
  const request = "tsize 0 blksize 1456 windowsize 4 msftwindow 31416";
  const answer = "tsize 1000 blksize 1456 windowsize 4 msftwindow 27182";
  assert.equal(oack(request), answer);
  assert.equal(ask(request).ackWindowBlocksMax, 64);
  assert.equal(ask(request, { windowBlocksMax: 16384 }).ackWindowBlocksMax, 255);
  assert.equal(oack("msftwindow 31415"), "");
  assert.equal(oack("msftwindow 31416", {}, "wrq"), "");
  assert.equal(ask("windowsize 4").ackWindowBlocksMax, undefined);
});

test("of two options that say the same thing, the first that is granted settles it", () => {
  assert.equal(oack("blksize 1468 blksize2 2048"), "blksize 1468");
  assert.equal(oack("blksize2 2048 blksize 1468"), "blksize2 2048");
  assert.equal(oack("blksize2 x blksize 1468"), "blksize 1468");
  assert.equal(oack("timeout 3 utimeout 500000"), "timeout 3");
  assert.equal(oack("utimeout 500000 timeout 3"), "utimeout 500000");
});

test("each of them can be disabled, and none is ever granted unasked", () => {
  const all = "blksize2 1024 utimeout 20000 rollover 1 msftwindow 31416";
  const names = ["blksize2", "utimeout", "rollover", "msftwindow"];
  for (const name of names) {
    const left = oack(all, { disabled: [name] }).split(" ").filter((_, at) => at % 2 === 0);
    assert.deepEqual(left, names.filter((each) => each !== name));
  }
  assert.equal(oack("tsize 0"), "tsize 1000");
  assert.equal(oack("ROLLOVER 1"), "ROLLOVER 1", "spelt as asked");
});

const VARIABLE = granting({ windowBlocks: 4, ackWindowBlocksMax: 16, options: OACK });

test("with msftwindow, the fifth octet of an ACK is the next window", () => {
  const { sender, trace } = sending(100, { granted: VARIABLE });
  const ack = (block: number, next: number, now: number) => {
    sender.acknowledge(block, now, next);
    return trace.take();
  };
  trace.take();
  assert.deepEqual(ack(0, 0, 10), ["DATA 1-4"], "0 keeps the window");
  assert.deepEqual(ack(4, 2, 20), ["DATA 5-6"]);
  assert.deepEqual(ack(6, 1, 30), ["DATA 7"]);
  assert.deepEqual(ack(7, 8, 40), ["DATA 8-15"]);
});

test("with msftwindow, no ACK opens the window beyond what the server allows", () => {
  const { sender, trace } = sending(1000, { granted: VARIABLE });
  trace.take();
  let sent = 0;
  for (let now = 10, acked = 0; acked < 400; now++) {
    sender.acknowledge(acked, now, 255);
    for (; sender.deadline <= now; now++) sender.timeout(now);
    for (const line of trace.take()) sent = Number(/\d+$/.exec(line)?.[0] ?? sent);
    assert.ok(sent - acked <= 16, `${sent} sent, ${acked} acknowledged`);
    acked = sent;
  }
});

test("without msftwindow, a fifth octet means nothing", () => {
  const plain = granting({ windowBlocks: 4, options: OACK });
  const { sender, trace } = sending(100, { granted: plain });
  trace.take();
  sender.acknowledge(0, 10, 64);
  assert.deepEqual(trace.take(), ["DATA 1-4"]);
  sender.acknowledge(4, 20, 1);
  assert.deepEqual(trace.take(), ["DATA 5-8"]);
});
