// Uploads through the whole endpoint.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench } from "../sim/bench.ts";

const UPLOAD = { upload: { enabled: true } };

test("T2: a write is answered by ACK 0, and the last ACK says that the file is safe", async () => {
  const bench = await Bench.start({ ...UPLOAD, diskMs: 50 });
  const client = bench.client();
  assert.deepEqual(client.wrq("new", "", { waitMs: 60 }), ["tid ACK 0"]);
  assert.deepEqual(client.data(1, "x".repeat(512)), ["tid ACK 1"]);
  assert.deepEqual(client.data(2, "end"), []);
  assert.ok(!bench.files.has("new"));
  bench.pass(50);
  assert.deepEqual(client.heard(), ["tid ACK 2"]);
  assert.equal(bench.files.get("new")?.length, 515);
  assert.deepEqual(bench.outcomes(), ["done"]);
});

test("T6: the last DATA again has its ACK again, for some seconds", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  client.wrq("new", "", { waitMs: 10 });
  assert.deepEqual(client.data(1, "all", { waitMs: 20 }), ["tid ACK 1"]);
  bench.pass(1000);
  assert.deepEqual(client.data(1, "all"), ["tid ACK 1"]);
  // curl and atftp repeat their last DATA after five to six seconds.
  bench.pass(10_000);
  assert.deepEqual(client.data(1, "all"), ["tid ACK 1"]);
  bench.pass(6000);
  assert.equal(bench.endpoint.transfers, 0);
  assert.equal(bench.uploads.running, 0);
});

test("T10: what was written is read back byte for byte", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  client.wrq("new", "", { waitMs: 10 });
  client.data(1, "a\r\nb\0c", { waitMs: 20 });
  const reader = bench.client("10.0.0.3");
  assert.deepEqual(reader.rrq("new"), ["tid DATA 1 (6)"]);
  assert.equal(new TextDecoder().decode(reader.datagrams[0]!.bytes.subarray(4)), "a\r\nb\0c");
});

test("T12: netascii is translated back, a CR LF cut in two included", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  client.wrq("new", "blksize 8", { mode: "netascii", waitMs: 10 });
  client.data(1, "1234567\r");
  client.data(2, "\n\r\0.", { waitMs: 20 });
  assert.equal(new TextDecoder().decode(bench.files.get("new")), "1234567\n\r.");
});

test("T9: a refused upload has the code of its reason, and leaves nothing", async () => {
  const bench = await Bench.start(UPLOAD);
  bench.uploads.refuseOpen = { kind: "no-space", detail: "ENOSPC" };
  const client = bench.client();
  assert.deepEqual(client.wrq("new", "", { waitMs: 10 }), [
    "tid ERROR 3 Disk full or allocation exceeded",
  ]);
  assert.deepEqual(bench.outcomes(), ["refused: ENOSPC"]);
  assert.equal(bench.endpoint.transfers, 0);
});

test("T9: a disk that fills up in the end fails the transfer with ERROR 3", async () => {
  const bench = await Bench.start(UPLOAD);
  bench.uploads.refuseCommit = { kind: "no-space", detail: "ENOSPC" };
  const client = bench.client();
  client.wrq("new", "", { waitMs: 10 });
  assert.deepEqual(client.data(1, "all", { waitMs: 20 }), [
    "tid ERROR 3 Disk full or allocation exceeded",
  ]);
  assert.deepEqual(bench.outcomes(), ["failed: ENOSPC"]);
  assert.ok(!bench.files.has("new"));
});

test("U3: uploads are refused unless they are allowed", async () => {
  const bench = await Bench.start();
  assert.deepEqual(bench.client().wrq("new"), ["69 ERROR 2 Uploads are not allowed"]);
});

test("O7: the OACK replaces ACK 0, and a repeated WRQ has it repeated", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  const answer = ["tid OACK blksize=1024 tsize=3"];
  assert.deepEqual(client.wrq("new", "blksize 1024 tsize 3", { waitMs: 100 }), answer);
  assert.deepEqual(client.wrq("new", "blksize 1024 tsize 3"), answer);
  assert.equal(bench.endpoint.transfers, 1);
  assert.deepEqual(client.data(1, "all", { waitMs: 20 }), ["tid ACK 1"]);
});

test("Z3: an upload that is not as long as announced is refused, and leaves nothing", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  client.wrq("new", "tsize 600", { waitMs: 10 });
  // curl leaves its first block out where an OACK reaches it twice.
  assert.deepEqual(client.data(1, "x".repeat(88), { waitMs: 20 }), [
    "tid ERROR 0 Size differs from the announced one",
  ]);
  assert.deepEqual(bench.outcomes(), ["failed: 88 octets came, 600 were announced"]);
  assert.equal(bench.uploads.running, 0);
  assert.equal(bench.files.size, 0);
});

test("Z3: a tsize of 0 in a write says nothing about its size", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  client.wrq("new", "tsize 0", { waitMs: 10 });
  assert.deepEqual(client.data(1, "all", { waitMs: 20 }), ["tid ACK 1"]);
});

test("O7: no timer repeats the answer to a WRQ, the client does", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  assert.deepEqual(client.wrq("new", "tsize 3", { waitMs: 10 }), ["tid OACK tsize=3"]);
  bench.pass(20_000);
  assert.deepEqual(client.heard(), []);
  assert.deepEqual(client.data(1, "all", { waitMs: 20 }), ["tid ACK 1"]);
});

test("Z3: an upload announced too large is refused at once with ERROR 3", async () => {
  const bench = await Bench.start({ upload: { enabled: true, sizeBytesMax: 100 } });
  assert.deepEqual(bench.client().wrq("new", "tsize 101"), ["69 ERROR 3 File too large"]);
});

test("an upload that is safe counts no more, though its last ACK can be had again", async () => {
  const bench = await Bench.start({ ...UPLOAD, limits: { transfersPerClientMax: 1 } });
  const client = bench.client();
  client.wrq("first", "", { waitMs: 10 });
  assert.deepEqual(client.data(1, "all", { waitMs: 20 }), ["tid ACK 1"]);
  const to = client.tid;
  assert.deepEqual([bench.endpoint.transfers, bench.endpoint.live(9)], [0, []]);
  const other = { from: 2001, waitMs: 10 };
  assert.deepEqual(client.wrq("second", "", other), ["tid to 2001 ACK 0"]);
  bench.pass(1000);
  assert.deepEqual(client.data(1, "all", { to }), ["tid ACK 1"]);
  bench.endpoint.close("Server stops");
  bench.pass(5);
  assert.deepEqual(client.heard(), ["tid to 2001 ERROR 0 Server stops"]);
});

test("no more than a thousand uploads stay to repeat their last ACK", async () => {
  const bench = await Bench.start({ ...UPLOAD, diskMs: 0 });
  const clients = Array.from(
    { length: 1001 },
    (_, at) => bench.client(`10.1.${at >> 8}.${at & 255}`),
  );
  for (const client of clients) {
    client.wrq("new");
    assert.deepEqual(client.data(1, "all"), ["tid ACK 1"]);
  }
  bench.pass(100);
  assert.deepEqual(clients[0]!.data(1, "all"), []);
  assert.deepEqual(clients[1]!.data(1, "all"), ["tid ACK 1"]);
});

test("where the disk is behind, the client waits for its ACK and has to repeat nothing", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  client.wrq("new", "windowsize 2", { waitMs: 10 });
  bench.uploads.isBehind = true;
  assert.deepEqual(client.data(1, "a".repeat(512)), []);
  assert.deepEqual(client.data(2, "b".repeat(512)), []);
  assert.deepEqual(client.data(3, "c"), []);
  bench.pass(60_000);
  assert.deepEqual(client.heard(), []);
  bench.uploads.catchUp();
  bench.pass(20);
  assert.deepEqual(client.heard(), ["tid ACK 2", "tid ACK 3"]);
  const text = `${"a".repeat(512)}${"b".repeat(512)}c`;
  assert.equal(new TextDecoder().decode(bench.files.get("new")), text);
});

test("a client that gives up leaves no file and no transfer", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  client.wrq("new", "", { waitMs: 10 });
  client.data(1, "x".repeat(512));
  assert.deepEqual(client.error(0, "Aborted"), []);
  assert.deepEqual(bench.outcomes(), ["aborted: Client sent ERROR 0: Aborted"]);
  assert.equal(bench.uploads.running, 0);
  assert.equal(bench.files.size, 0);
});

test("a client that falls silent leaves no file and no transfer", async () => {
  const bench = await Bench.start(UPLOAD);
  const client = bench.client();
  client.wrq("new", "", { waitMs: 10 });
  client.data(1, "x".repeat(512));
  bench.pass(120_000);
  assert.deepEqual(bench.outcomes(), ["failed: Timed out waiting for DATA"]);
  assert.equal(bench.uploads.running, 0);
  assert.equal(bench.endpoint.transfers, 0);
});
