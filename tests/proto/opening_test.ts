// The opening of a client: traces of what it sends for what comes in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGroupPlace } from "../../src/proto/group_place.ts";
import type { Failure, Packet, Result } from "../../src/proto/machine.ts";
import { deservesPlainRequest, Opening } from "../../src/proto/opening.ts";
import type { RequestPacket } from "../../src/wire/packet.ts";

const READ: RequestPacket = {
  op: "rrq",
  name: "x",
  mode: "octet",
  options: [{ name: "blksize", value: "1468" }, { name: "windowsize", value: "16" }],
};
const WRITE: RequestPacket = { ...READ, op: "wrq" };
const TIMING = { timeoutMs: 1000, retries: 2 };

function open(request: RequestPacket) {
  const sent: Packet[] = [];
  const results: Result[] = [];
  const outbox = {
    control: (packet: Packet) => void sent.push(packet),
    finish: (result: Result) => void results.push(result),
  };
  const machine = new Opening({ request, timing: TIMING, outbox, now: 0 });
  machine.start(0);
  return { machine, sent, results };
}

function data(block: number): Packet {
  return { op: "data", block, payload: new Uint8Array(3) };
}

test("Opening sends the request and repeats it at doubling intervals, then gives up silently", () => {
  const { machine, sent, results } = open(READ);
  const at: number[] = [];
  while (results.length === 0) {
    const now = machine.deadline;
    at.push(now);
    machine.timeout(now);
  }
  assert.deepEqual(at, [1000, 3000, 7000]);
  assert.deepEqual(sent, [READ, READ, READ]);
  assert.equal(machine.retransmits, 2);
  const failure: Failure = { kind: "timeout", code: 0, text: "Timed out waiting for an answer" };
  assert.deepEqual(results, [{ kind: "failed", failure }]);
  assert.equal(machine.deadline, Infinity);
});

test("Opening does nothing for a timeout before its time", () => {
  const { machine, sent } = open(READ);
  machine.timeout(999);
  assert.equal(sent.length, 1);
});

test("RFC 2347: an OACK grants what it names, and only that", () => {
  const { machine, sent, results } = open(READ);
  machine.receive({ op: "oack", options: [{ name: "BLKSIZE", value: "1024" }] }, 5);
  assert.equal(machine.opened?.granted.blockBytes, 1024);
  assert.equal(machine.opened?.granted.windowBlocks, 1);
  assert.deepEqual(machine.opened?.oack, [{ name: "BLKSIZE", value: "1024" }]);
  assert.equal(machine.deadline, Infinity);
  assert.deepEqual([sent.length, results.length], [1, 0]);
});

test("DATA 1 to a read and ACK 0 to a write mean that no option is granted", () => {
  const rows: [RequestPacket, Packet][] = [[READ, data(1)], [WRITE, { op: "ack", block: 0 }]];
  for (const [request, answer] of rows) {
    const { machine } = open(request);
    machine.receive(answer, 5);
    assert.equal(machine.opened?.granted.blockBytes, 512);
    assert.equal(machine.opened?.oack, null);
  }
});

test("Opening takes nothing else for an answer, and noise moves no deadline", () => {
  const rows: [RequestPacket, Packet][] = [
    [READ, data(2)],
    [READ, { op: "ack", block: 0 }],
    [READ, READ],
    [WRITE, data(1)],
    [WRITE, { op: "ack", block: 1 }],
    [WRITE, WRITE],
  ];
  for (const [request, noise] of rows) {
    const { machine, sent, results } = open(request);
    machine.receive(noise, 500);
    assert.equal(machine.opened, null);
    assert.equal(machine.deadline, 1000);
    assert.deepEqual([sent.length, results.length], [1, 0]);
  }
});

test("RFC 2347: an OACK with what was not asked is refused with ERROR 8", () => {
  const rows = [
    { name: "timeout", value: "3" },
    { name: "blksize", value: "1469" },
    { name: "blksize", value: "7" },
    { name: "windowsize", value: "17" },
    { name: "windowsize", value: "x" },
  ];
  for (const option of rows) {
    const { machine, sent, results } = open(READ);
    machine.receive({ op: "oack", options: [option] }, 5);
    const last = sent.at(-1)!;
    assert.ok(last.op === "error" && last.code === 8, option.name);
    assert.equal(results.length, 1);
    assert.equal(machine.opened, null);
  }
});

test("RFC 1350 §7: an ERROR ends the opening with the server's words and no answer", () => {
  const { machine, sent, results } = open(READ);
  machine.receive({ op: "error", code: 1, message: "File not found" }, 5);
  const failure: Failure = { kind: "peer", code: 1, text: "File not found" };
  assert.deepEqual(results, [{ kind: "failed", failure }]);
  assert.equal(sent.length, 1);
  machine.receive({ op: "oack", options: [] }, 6);
  machine.abort(failure);
  machine.timeout(1e9);
  assert.deepEqual([sent.length, results.length], [1, 1]);
});

test("Opening tells the server when it is aborted", () => {
  const { machine, sent, results } = open(READ);
  const failure: Failure = { kind: "aborted", code: 0, text: "Transfer aborted by user" };
  machine.abort(failure);
  assert.deepEqual(sent.at(-1), { op: "error", code: 0, message: failure.text });
  assert.deepEqual(results, [{ kind: "failed", failure }]);
});

test("deservesPlainRequest() asks again only where options may be the reason", () => {
  const rows: [Failure["kind"], number, boolean][] = [
    ["peer", 8, true],
    ["peer", 4, true],
    ["peer", 0, true],
    ["peer", 1, false],
    ["peer", 2, false],
    ["protocol", 8, true],
    ["protocol", 4, false],
    ["timeout", 0, false],
    ["aborted", 0, false],
  ];
  for (const [kind, code, expected] of rows) {
    const failure: Failure = { kind, code, text: "" };
    assert.equal(deservesPlainRequest(READ, failure), expected, `${kind} ${code}`);
    assert.equal(deservesPlainRequest({ ...READ, options: [] }, failure), false);
  }
});

test("RFC 2090: an OACK that places the client in a group must name the group", () => {
  const request: RequestPacket = { ...READ, options: [{ name: "multicast", value: "" }] };
  const rows: [string, unknown][] = [
    ["239.255.69.1,1758,1", { address: "239.255.69.1", port: 1758, master: true }],
    ["224.0.0.9,65535,0", { address: "224.0.0.9", port: 65535, master: false }],
    [",,1", undefined],
    ["10.0.0.1,1758,1", undefined],
    ["239.255.69.256,1758,1", undefined],
    ["239.255.69.1,0,1", undefined],
    ["239.255.69.1,65536,1", undefined],
    ["239.255.69.1,1758", undefined],
    ["239.255.69.1,1758,2", undefined],
    ["239.255.69.1,1758,1,1", undefined],
    ["ff15::4554:1,1758,1", { address: "ff15::4554:1", port: 1758, master: true }],
    ["2001:db8::1,1758,1", undefined],
    ["ff15::1%eth0,1758,1", undefined],
    ["", undefined],
  ];
  for (const [value, place] of rows) {
    const { machine, sent } = open(request);
    machine.receive({ op: "oack", options: [{ name: "Multicast", value }] }, 5);
    assert.deepEqual(machine.opened?.place, place, value);
    assert.equal(sent.at(-1)?.op, place === undefined ? "error" : "rrq", value);
  }
});

test("RFC 2090: a later OACK may leave address and port out", () => {
  assert.deepEqual(parseGroupPlace(",,1"), { address: null, port: null, master: true });
});
