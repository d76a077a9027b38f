// Reads from the whole endpoint: the rules that need a server, and what clients make of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resolver } from "../../src/resolve/resolution.ts";
import { Bench } from "../sim/bench.ts";
import { datagram } from "../wire/hex.ts";

const FILES = { f: new Uint8Array(1000).fill(7), empty: "", text: "a\nb\r", "pxe/boot": "hello" };

test("T1: a file is sent in blocks of 512, the last one shorter", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  assert.deepEqual(client.rrq("f"), ["tid DATA 1 (512)"]);
  assert.deepEqual(client.ack(1), ["tid DATA 2 (488)"]);
  assert.deepEqual(client.ack(2), []);
  assert.deepEqual(bench.outcomes(), ["done"]);
  assert.equal(bench.endpoint.transfers, 0);
});

test("T1: a file of n blocks exactly ends with an empty one, an empty file is one", async () => {
  const bench = await Bench.start({ files: { ...FILES, exact: new Uint8Array(512) } });
  const client = bench.client();
  client.rrq("exact");
  assert.deepEqual(client.ack(1), ["tid DATA 2 (0)"]);
  assert.deepEqual(bench.client("10.0.0.3").rrq("empty"), ["tid DATA 1 (0)"]);
});

test("T3: each transfer has another port than 69, and than the peer's last one", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  const tids = [];
  for (let i = 0; i < 20; i++) {
    client.rrq("pxe/boot");
    tids.push(client.tid);
    client.ack(1);
  }
  assert.ok(!tids.includes(69));
  for (let i = 1; i < tids.length; i++) assert.notEqual(tids[i], tids[i - 1]);
});

test("T3: in single-port mode every answer comes from port 69", async () => {
  const bench = await Bench.start({ files: FILES, tftp: { singlePort: true } });
  const client = bench.client();
  assert.deepEqual(client.rrq("f"), ["69 DATA 1 (512)"]);
  assert.deepEqual(client.ack(1, { to: 69 }), ["69 DATA 2 (488)"]);
  assert.deepEqual(client.ack(2, { to: 69 }), []);
  assert.deepEqual(bench.outcomes(), ["done"]);
});

test("T4: a stray is answered ERROR 5 and the transfer goes on undisturbed", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  client.rrq("f");
  const stray = bench.client("10.0.0.9", 999);
  assert.deepEqual(stray.ack(1, { to: client.tid }), ["tid ERROR 5 Unknown transfer ID"]);
  assert.deepEqual(client.ack(1, { from: 2001 }), ["tid to 2001 ERROR 5 Unknown transfer ID"]);
  assert.deepEqual(client.ack(1), ["tid DATA 2 (488)"]);
});

test("T4, T7: a stray ERROR is not answered", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  client.rrq("f");
  const stray = bench.client("10.0.0.9", 999);
  assert.deepEqual(stray.error(0, "x", { to: client.tid }), []);
});

test("T5: the missing last ACK is noted, not counted as failure", async () => {
  const bench = await Bench.start({ files: FILES });
  bench.client().rrq("f");
  bench.pass(100_000);
  assert.deepEqual(bench.outcomes(), ["failed: Timed out waiting for ACK"]);
  const client = bench.client("10.0.0.3");
  client.rrq("pxe/boot");
  bench.pass(100_000);
  assert.deepEqual(bench.outcomes(), ["unacknowledged: Last ACK never came"]);
});

test("T7: ERROR, ACK, DATA and OACK to port 69 are not answered", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  assert.deepEqual(client.error(0, "loop", { to: 69 }), []);
  assert.deepEqual(client.ack(1, { to: 69 }), []);
  assert.deepEqual(client.data(1, "x", { to: 69 }), []);
  assert.deepEqual(client.say({ op: "oack", options: [] }), []);
});

test("CVE-2024-2169: nothing is answered to the ports of services that answer anything", async () => {
  const bench = await Bench.start({ files: FILES });
  for (const from of [0, 7, 13, 17, 19, 37, 53, 69, 111, 123]) {
    assert.deepEqual(bench.client().rrq("f", "", { from }), []);
    assert.deepEqual(bench.client().rrq("missing", "", { from }), []);
  }
  assert.equal(bench.endpoint.transfers, 0);
});

test("T8: modes are read in any letter case; mail is refused with ERROR 4", async () => {
  const bench = await Bench.start({ files: FILES });
  assert.deepEqual(bench.client("10.0.0.3").rrq("f", "", { mode: "OCTET" }), ["tid DATA 1 (512)"]);
  assert.deepEqual(bench.client("10.0.0.4").rrq("text", "", { mode: "NetAscii" }), [
    "tid DATA 1 (6)",
  ]);
  assert.deepEqual(bench.client("10.0.0.5").rrq("f", "", { mode: "mail" }), [
    "69 ERROR 4 Transfer mode not supported",
  ]);
});

test("T9: each refusal has its own error code and fixed words without paths", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  assert.deepEqual(client.rrq("nope"), ["69 ERROR 1 File not found"]);
  assert.deepEqual(client.rrq("../etc/passwd"), ["69 ERROR 2 File name not allowed"]);
  assert.deepEqual(client.rrq("pxe"), ["69 ERROR 2 Not a regular file"]);
  assert.deepEqual(client.wrq("f"), ["69 ERROR 2 Uploads are not allowed"]);
});

test("T11: a request that is no request is answered ERROR 4, other noise is not", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  const illegal = ["69 ERROR 4 Illegal TFTP operation"];
  assert.deepEqual(client.say(datagram(1, "f\0octet")), illegal);
  assert.deepEqual(client.say(datagram(1, "f")), illegal);
  assert.deepEqual(client.say(datagram(2, "")), illegal);
  assert.deepEqual(client.say(datagram(7, "f\0octet\0")), []);
  assert.deepEqual(client.say(new Uint8Array(0)), []);
  assert.deepEqual(client.say(Uint8Array.of(0)), []);
});

test("T12, U5: netascii is translated, and a repeated block is the same block", async () => {
  const bench = await Bench.start({ files: { text: "a\n".repeat(400) } });
  const client = bench.client();
  assert.deepEqual(client.rrq("text", "tsize 0", { mode: "netascii" }), ["tid DATA 1 (512)"]);
  bench.pass(1000);
  assert.deepEqual(client.heard(), ["tid DATA 1 (512)"]);
  assert.deepEqual(client.datagrams[0], client.datagrams[1]);
  assert.deepEqual(client.ack(1), ["tid DATA 2 (512)"]);
  assert.deepEqual(client.ack(2), ["tid DATA 3 (176)"]);
  client.ack(3);
  assert.deepEqual(bench.outcomes(), ["done"]);
});

test("U1: a repeated ACK sends nothing", async () => {
  const bench = await Bench.start({ files: { big: new Uint8Array(5000) } });
  const client = bench.client();
  client.rrq("big");
  assert.deepEqual(client.ack(1), ["tid DATA 2 (512)"]);
  for (let i = 0; i < 5; i++) assert.deepEqual(client.ack(1), []);
});

test("U4 (RFC 1123 §4.2.3.5): a broadcast request for a missing file is met with silence", async () => {
  const bench = await Bench.start({ files: FILES });
  assert.deepEqual(bench.client().rrq("nope", "", { broadcast: true }), []);
  assert.deepEqual(bench.client("10.0.0.3").rrq("f", "", { broadcast: true }), [
    "tid DATA 1 (512)",
  ]);
});

test("O4: where nothing is granted there is no OACK", async () => {
  const bench = await Bench.start({ files: FILES });
  assert.deepEqual(bench.client().rrq("f", "x y"), ["tid DATA 1 (512)"]);
});

test("O8: EDK2 asks for the size, sends ERROR 8, and asks again from the same port", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  assert.deepEqual(client.rrq("f", "tsize 0 blksize 1468 windowsize 4"), [
    "tid OACK tsize=1000 blksize=1468 windowsize=4",
  ]);
  assert.deepEqual(client.error(8, "User aborted the transfer"), []);
  assert.deepEqual(bench.outcomes(), ["probe: User aborted the transfer"]);
  assert.deepEqual(client.rrq("f", "blksize 1468 windowsize 4"), [
    "tid OACK blksize=1468 windowsize=4",
  ]);
  assert.deepEqual(client.ack(0), ["tid DATA 1 (1000)"]);
  client.ack(1);
  assert.deepEqual(bench.outcomes(), ["done"]);
});

test("B4: blksize is lowered to the wire's MTU, unless fragments are allowed", async () => {
  const bench = await Bench.start({ files: FILES });
  assert.deepEqual(bench.client().rrq("f", "blksize 9000"), ["tid OACK blksize=1468"]);
  const loose = await Bench.start({ files: FILES, tftp: { allowFragments: true } });
  assert.deepEqual(loose.client().rrq("f", "blksize 9000"), ["tid OACK blksize=9000"]);
});

test("Z1: the negotiated timeout is the time to the first retransmission", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  assert.deepEqual(client.rrq("f", "timeout 3"), ["tid OACK timeout=3"]);
  bench.pass(2900);
  assert.deepEqual(client.heard(), []);
  bench.pass(100);
  assert.deepEqual(client.heard(), ["tid OACK timeout=3"]);
});

test("Q6: a repeated request before the first ACK has its answer repeated, and once", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  assert.deepEqual(client.rrq("f", "blksize 1024"), ["tid OACK blksize=1024"]);
  const { tid } = client;
  assert.deepEqual(client.rrq("f", "blksize 1024"), ["tid OACK blksize=1024"]);
  assert.equal(client.tid, tid);
  assert.equal(bench.endpoint.transfers, 1);
  client.ack(0);
  assert.deepEqual(client.rrq("f", "blksize 1024"), []);
});

test("Q6: another request from the same port replaces the transfer that was there", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  client.rrq("f");
  client.ack(1);
  assert.deepEqual(client.rrq("pxe/boot"), ["tid DATA 1 (5)"]);
  assert.deepEqual(bench.outcomes(), [
    "aborted: Client asked for another file from the same port",
  ]);
  client.ack(1);
  assert.deepEqual(bench.outcomes(), ["done"]);
  assert.equal(bench.endpoint.transfers, 0);
});

test("Q6: the same request again, long after progress, starts over", async () => {
  const bench = await Bench.start({ files: { big: new Uint8Array(5000) } });
  const client = bench.client();
  client.rrq("big");
  client.ack(1);
  bench.pass(600);
  client.heard();
  assert.deepEqual(client.rrq("big"), ["tid DATA 1 (512)"]);
  assert.equal(bench.endpoint.transfers, 1);
});

test("Q13: ACKs longer than four octets are read as ACKs", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  client.rrq("f");
  assert.deepEqual(client.say(Uint8Array.of(0, 4, 0, 1, 0, 0, 0), { to: client.tid }), [
    "tid DATA 2 (488)",
  ]);
});

test("suppress-naks: a missing relative name is met with silence, an absolute one is not", async () => {
  const bench = await Bench.start({ files: FILES, tftp: { suppressNaks: true } });
  assert.deepEqual(bench.client().rrq("nope"), []);
  assert.deepEqual(bench.client().rrq("/nope"), ["69 ERROR 1 File not found"]);
});

test("Limits: over them requests are dropped, and the operator is told once a minute", async () => {
  const bench = await Bench.start({ files: FILES, limits: { transfersPerClientMax: 2 } });
  const client = bench.client();
  assert.deepEqual(client.rrq("f", "", { from: 1 + 3000 }), ["tid to 3001 DATA 1 (512)"]);
  assert.deepEqual(client.rrq("f", "", { from: 2 + 3000 }), ["tid to 3002 DATA 1 (512)"]);
  for (let i = 0; i < 5; i++) assert.deepEqual(client.rrq("f", "", { from: 4000 + i }), []);
  assert.equal(bench.notices.length, 1);
  assert.deepEqual(bench.client("10.0.0.3").rrq("f"), ["tid DATA 1 (512)"]);
});

test("Limits: requests of forged addresses, which nobody answers, keep none out for long", async () => {
  const bench = await Bench.start({ files: FILES, limits: { transfersMax: 3 } });
  const slow = bench.client("10.0.0.9");
  assert.deepEqual(slow.rrq("f"), ["tid DATA 1 (512)"]);
  slow.ack(1);
  for (const host of ["10.0.0.3", "10.0.0.4"]) {
    assert.deepEqual(bench.client(host).rrq("f", "timeout 255"), ["tid OACK timeout=255"]);
  }
  const client = bench.client("10.0.0.5");
  assert.deepEqual(client.rrq("f"), []);
  bench.pass(4900);
  assert.deepEqual(client.rrq("f"), []);
  bench.pass(300);
  assert.deepEqual(client.rrq("f"), ["tid DATA 1 (512)"]);
  assert.equal(bench.endpoint.transfers, 2);
  assert.deepEqual(bench.outcomes(), [
    ...Array(2).fill("aborted: Client did not answer, and others ask"),
  ]);
});

test("Limits: of one client, its own requests without an answer make room", async () => {
  const bench = await Bench.start({ files: FILES, limits: { transfersPerClientMax: 1 } });
  const [client, other] = [bench.client(), bench.client("10.0.0.3")];
  for (const one of [client, other]) one.rrq("f", "timeout 255");
  bench.pass(5200);
  assert.deepEqual(client.rrq("f", "", { from: 3001 }), ["tid to 3001 DATA 1 (512)"]);
  assert.equal(bench.endpoint.transfers, 2);
});

test("A request without a name is refused, and the operator is told once a minute", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  for (let i = 0; i < 5; i++) assert.match(client.rrq("").join(), /^69 ERROR 4 /);
  const text = /^Refused a malformed request of 10\.0\.0\.\d+ port \d+: Empty file name$/;
  assert.equal(bench.notices.length, 1);
  assert.match(bench.notices[0]!, text);
  bench.pass(60_000);
  client.rrq("");
  assert.match(bench.notices[1]!, /\(4 more since the last one\)$/);
});

test("Amplification: an unanswered request from a forged address is repeated three times", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  client.rrq("f", "blksize 1468");
  bench.pass(100_000);
  const lines = client.heard();
  assert.ok(lines.filter((line) => line.includes("OACK")).length <= 3, lines.join());
});

test("close() tells every peer and forgets every transfer", async () => {
  const bench = await Bench.start({ files: FILES });
  const client = bench.client();
  client.rrq("f");
  bench.endpoint.close("Server stops");
  bench.pass(5);
  assert.deepEqual(client.heard(), ["tid ERROR 0 Server stops"]);
  assert.deepEqual(bench.outcomes(), ["aborted: Server stops"]);
  assert.equal(bench.endpoint.transfers, 0);
});

test("a file kept open for the next client gives way where no more can be opened", async () => {
  const bench = await Bench.start({ files: FILES });
  const settings = bench.settings({});
  let open = 0;
  const resolve: Resolver["resolve"] = (ask) => {
    const refusal = { kind: "busy", detail: "too many open files" } as const;
    if (open === 1) return { kind: "refused", refusal, trail: [] };
    const resolution = settings.resolver.resolve(ask);
    if (resolution.kind !== "read") return resolution;
    const { file } = resolution;
    const close = file.close.bind(file);
    open++;
    file.close = () => {
      open--;
      close();
    };
    return resolution;
  };
  bench.endpoint.configure({ ...settings, resolver: { ...settings.resolver, resolve } });
  const client = bench.client();
  client.rrq("f");
  assert.deepEqual(bench.client("10.0.0.3").rrq("text"), ["69 ERROR 0 Server busy, try again"]);
  client.ack(1);
  client.ack(2);
  assert.deepEqual(bench.client("10.0.0.4").rrq("text"), ["tid DATA 1 (4)"]);
  assert.equal(open, 1);
});
