// Clients that are served otherwise than the rest, and the window of Windows Boot Manager, through
// the whole endpoint.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { QuirkConfig } from "../../src/config/config.ts";
import { compileQuirks } from "../../src/resolve/quirks.ts";
import { Bench } from "../sim/bench.ts";

const QUIRK: QuirkConfig = {
  clients: [],
  optionsDisabled: [],
  tsizeOnly: false,
  blksizeMax: 65464,
  windowsizeMax: 65535,
  rollover: null,
};

const ALL = "blksize 1024 windowsize 8 tsize 0 rollover 1";

async function benchWith(quirks: readonly Partial<QuirkConfig>[]): Promise<Bench> {
  const bench = await Bench.start({ files: { f: new Uint8Array(5000) } });
  const settings = bench.settings({});
  const tftpFor = compileQuirks(settings.tftp, quirks.map((quirk) => ({ ...QUIRK, ...quirk })));
  bench.endpoint.configure({ ...settings, tftpFor });
  return bench;
}

test("each client is granted what its quirk leaves, the others everything", async () => {
  const bench = await benchWith([
    { clients: ["10.0.0.2"], optionsDisabled: ["tsize"], windowsizeMax: 1 },
    { clients: ["10.0.0.3"], tsizeOnly: true },
    { clients: ["10.0.0.4"], blksizeMax: 600 },
  ]);
  const rows = [
    ["10.0.0.2", "tid OACK blksize=1024 windowsize=1 rollover=1"],
    ["10.0.0.3", "tid OACK tsize=5000"],
    ["10.0.0.4", "tid OACK blksize=600 windowsize=8 tsize=5000 rollover=1"],
    ["10.0.0.5", "tid OACK blksize=1024 windowsize=8 tsize=5000 rollover=1"],
  ] as const;
  for (const [host, expected] of rows) {
    assert.deepEqual(bench.client(host).rrq("f", ALL), [expected], host);
  }
});

test("a client that is granted nothing gets DATA at once", async () => {
  const bench = await benchWith([{ tsizeOnly: true, optionsDisabled: ["tsize"] }]);
  assert.deepEqual(bench.client().rrq("f", "blksize 1024"), ["tid DATA 1 (512)"]);
});

test("msftwindow: five octets of ACK set the window, and the fifth is not data", async () => {
  const bench = await benchWith([]);
  const client = bench.client();
  const options = "blksize 500 windowsize 2 msftwindow 31416";
  assert.deepEqual(client.rrq("f", options), [
    "tid OACK blksize=500 windowsize=2 msftwindow=27182",
  ]);
  const ack = (block: number, next: number) =>
    client.say(Uint8Array.of(0, 4, 0, block, next), { to: client.tid });
  assert.deepEqual(ack(0, 2), ["tid DATA 1 (500)", "tid DATA 2 (500)"]);
  assert.equal(ack(2, 4).length, 4);
  assert.deepEqual(ack(6, 1), ["tid DATA 7 (500)"]);
  assert.equal(ack(7, 255).length, 4, "to the end of the file");
  ack(11, 255);
  assert.deepEqual(bench.outcomes(), ["done"]);
});

test("without msftwindow, over-long ACKs of old ROMs change nothing", async () => {
  const bench = await benchWith([]);
  const client = bench.client();
  client.rrq("f", "blksize 500 windowsize 2");
  const ack = (...rest: number[]) =>
    client.say(Uint8Array.of(0, 4, 0, ...rest), { to: client.tid });
  assert.equal(ack(0, 9, 9, 9).length, 2);
  assert.equal(ack(2, 1).length, 2);
});
