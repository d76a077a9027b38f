// RFC 2090 and PXE MTFTP from the whole endpoint: who gets what from which port, and what bad
// clients cannot do. Rule numbers are those of the protocol checklist.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { MulticastConfig, TftpConfig } from "../../src/config/config.ts";
import { Bench, type Client } from "../sim/bench.ts";

const FILE = new Uint8Array(1300).fill(7);
const FILES = {
  f: FILE,
  big: new Uint8Array(65536 * 8),
  "boot/pxe": FILE,
  long: new Uint8Array(512 * 400),
};
const MULTICAST: MulticastConfig = {
  enabled: true,
  addresses: "239.255.69.7/32",
  addresses6: "ff15::4554:7/128",
  ports: { first: 1758, last: 1758 },
  ttl: 1,
};
const ADDRESS = "239.255.69.7";

async function start(some: Partial<MulticastConfig> = {}) {
  const bench = await Bench.start({ files: FILES, tftp: { multicast: { ...MULTICAST, ...some } } });
  return { bench, group: bench.client(ADDRESS, 1758) };
}

function join(client: Client): string[] {
  return client.rrq("f", "multicast ");
}

const OACK = (mc: 0 | 1) => `tid OACK multicast=${ADDRESS},1758,${mc}`;

test("M1: the first client becomes the master, the next ones listen", async () => {
  const { bench } = await start();
  assert.deepEqual(join(bench.client("10.0.0.2")), [OACK(1)]);
  assert.deepEqual(join(bench.client("10.0.0.3")), [OACK(0)]);
  assert.equal(bench.endpoint.transfers, 2);
});

test("M2, M3: DATA goes to the group, from the port that the OACKs came from", async () => {
  const { bench, group } = await start();
  const [master, listener] = [bench.client("10.0.0.2"), bench.client("10.0.0.3")];
  join(master);
  join(listener);
  assert.deepEqual(master.ack(0), []);
  assert.deepEqual(group.heard(), ["tid DATA 1 (512)"]);
  assert.equal(group.tid, master.tid);
  assert.equal(listener.tid, master.tid);
});

test("M4: ACK n is answered with block n + 1, forward and backward", async () => {
  const { bench, group } = await start();
  const master = bench.client();
  join(master);
  master.ack(1);
  assert.deepEqual(group.heard(), ["tid DATA 2 (512)"]);
  master.ack(2);
  assert.deepEqual(group.heard(), ["tid DATA 3 (276)"]);
  master.ack(0);
  master.ack(0);
  assert.deepEqual(group.heard(), ["tid DATA 1 (512)"]);
});

test("M4, M8: ACKs of a listener move nothing; ACK 0 is not even answered", async () => {
  const { bench, group } = await start();
  const [master, listener] = [bench.client("10.0.0.2"), bench.client("10.0.0.3")];
  join(master);
  join(listener);
  master.ack(0);
  group.heard();
  assert.deepEqual(listener.ack(0), []);
  assert.deepEqual(listener.ack(1), [OACK(0)]);
  assert.deepEqual(listener.ack(1), [], "Two corrections in a moment");
  bench.pass(60);
  assert.deepEqual(group.heard().filter((line) => line !== "tid DATA 1 (512)"), []);
});

test("M8: a listener that goes on acknowledging is told so, then sent away", async () => {
  const { bench } = await start();
  const [master, listener] = [bench.client("10.0.0.2"), bench.client("10.0.0.3")];
  for (const client of [master, listener]) client.rrq("long", "multicast ");
  const answers: string[] = [];
  for (let sent = 0; sent < 3000; sent++) {
    answers.push(...listener.ack(1, { waitMs: 100 }));
    if (sent % 10 === 0) master.ack(sent / 10);
  }
  const errors = answers.filter((line) => line.startsWith("tid ERROR"));
  assert.deepEqual(errors.slice(0, 1), ["tid ERROR 4 Only the master client acknowledges"]);
  assert.ok(answers.filter((line) => line.startsWith("tid OACK")).length <= 14);
});

test("M6: when the master is done the next one takes over where it likes", async () => {
  const { bench, group } = await start();
  const [master, heir] = [bench.client("10.0.0.2"), bench.client("10.0.0.3")];
  join(master);
  join(heir);
  for (const block of [0, 1, 2, 3]) master.ack(block);
  assert.deepEqual(heir.heard(), [OACK(1)]);
  group.heard();
  heir.ack(1);
  assert.deepEqual(group.heard(), ["tid DATA 2 (512)"]);
  heir.ack(3);
  assert.deepEqual(bench.outcomes(), ["done", "done"]);
  assert.match(
    bench.notices.at(-1)!,
    /^Group 239.255.69.7:1758 ended .*members=2 master-changes=1/,
  );
  assert.equal(bench.endpoint.transfers, 0);
});

test("groups are added up for the metrics while they run and when they have ended", async () => {
  const { bench } = await start();
  const none = { running: 0, started: 0, blocksSent: 0, repeats: 0, bytesSent: 0 };
  assert.deepEqual(bench.endpoint.groupSums, { ...none, masterChanges: 0 });
  const [master, heir] = [bench.client("10.0.0.2"), bench.client("10.0.0.3")];
  join(master);
  join(heir);
  for (const block of [0, 1, 2]) master.ack(block);
  const sent = { running: 1, started: 1, blocksSent: 3, repeats: 0, bytesSent: FILE.length };
  assert.deepEqual(bench.endpoint.groupSums, { ...sent, masterChanges: 0 });
  master.ack(3);
  heir.ack(1);
  const again = { running: 1, started: 1, blocksSent: 4, repeats: 1, bytesSent: 1300 + 512 };
  assert.deepEqual(bench.endpoint.groupSums, { ...again, masterChanges: 1 });
  heir.ack(3);
  assert.deepEqual(bench.endpoint.groupSums, { ...again, running: 0, masterChanges: 1 });
  join(bench.client("10.0.0.4"));
  const next = { running: 1, started: 2 };
  assert.deepEqual(bench.endpoint.groupSums, { ...again, ...next, masterChanges: 1 });
});

test("M6, M7: an ERROR takes any member off, the last ACK of a listener too", async () => {
  const { bench } = await start();
  const [master, second, third] = [2, 3, 4].map((at) => bench.client(`10.0.0.${at}`));
  for (const client of [master!, second!, third!]) join(client);
  master!.ack(0);
  second!.ack(3);
  assert.deepEqual(bench.outcomes(), ["done"]);
  master!.error(0, "enough");
  assert.deepEqual(bench.outcomes(), ["aborted: Client sent ERROR 0: enough"]);
  assert.deepEqual(third!.heard(), [OACK(1)]);
});

test("M12, M16: netascii, writes and values that are not empty get no group", async () => {
  const { bench } = await start();
  assert.deepEqual(
    bench.client("10.0.0.2").rrq("f", "multicast ", { mode: "netascii" })[0],
    "tid DATA 1 (512)",
  );
  assert.equal(bench.client("10.0.0.3").rrq("f", "multicast 1")[0], "tid DATA 1 (512)");
  const off = await Bench.start({ files: FILES, tftp: { optionsDisabled: ["multicast"] } });
  assert.equal(off.client().rrq("f", "multicast ")[0], "tid DATA 1 (512)");
});

test("M13: another block size is another group, a window is not granted", async () => {
  const { bench } = await start({ ports: { first: 1758, last: 1759 } });
  join(bench.client("10.0.0.2"));
  assert.deepEqual(
    bench.client("10.0.0.3").rrq("f", "windowsize 8 multicast  blksize 1024"),
    [`tid OACK multicast=${ADDRESS},1759,1 blksize=1024`],
  );
});

test("M14: a file of more than 65535 blocks is served alone", async () => {
  const { bench } = await start();
  assert.deepEqual(bench.client().rrq("big", "blksize 8 multicast "), ["tid OACK blksize=8"]);
});

test("an exhausted pool serves alone, and gives what is given back", async () => {
  const { bench } = await start();
  const first = bench.client("10.0.0.2");
  join(first);
  const second = bench.client("10.0.0.3");
  assert.deepEqual(second.rrq("boot/pxe", "multicast "), ["tid DATA 1 (512)"]);
  assert.match(bench.notices.at(-1)!, /^No free pair left of 239/);
  first.error(0, "bye");
  assert.deepEqual(bench.client("10.0.0.4").rrq("boot/pxe", "multicast "), [OACK(1)]);
});

const ALONE: readonly (readonly [
  why: string,
  options: string,
  circumstances: { readonly tftp?: Partial<TftpConfig>; readonly mode?: string },
])[] = [
  ["", "blksize 8", {}],
  ["65537 blocks of 8 octets, a group has 65535 at most", "blksize 8 multicast ", {}],
  ["switched off for this client", "Multicast ", { tftp: { optionsDisabled: ["multicast"] } }],
  ["switched off for this client", "multicast ", {
    tftp: { multicast: { ...MULTICAST, enabled: false } },
  }],
  ["the option has a value", "multicast 1", {}],
  ["mode is netascii", "multicast ", { mode: "netascii" }],
  ["no address and port is free", "multicast ", {}],
];

for (const [why, options, { tftp = {}, mode = "octet" }] of ALONE) {
  const what = why === "" ? "nothing where no group was asked for" : `"${why}"`;
  test(`the report of who is served alone says ${what}: ${options} ${mode}`, async () => {
    const bench = await Bench.start({ files: FILES, tftp: { multicast: MULTICAST, ...tftp } });
    join(bench.client("10.0.0.2")); // Has the only pair.
    const client = bench.client("10.0.0.3");
    client.rrq("big", options, { mode });
    client.error(0, "enough");
    assert.deepEqual(bench.reports.map(({ via, noMulticast }) => [via, noMulticast]), [
      ["tftp", why],
    ]);
  });
}

test("the report of a member says nothing of being served alone", async () => {
  const { bench } = await start();
  const master = bench.client();
  join(master);
  for (const block of [0, 1, 2, 3]) master.ack(block);
  assert.deepEqual(bench.reports.map(({ via, noMulticast }) => [via, noMulticast]), [
    ["multicast", ""],
  ]);
});

for (const wasHeard of [true, false]) {
  const which = wasHeard ? "has fallen silent" : "never said a word";
  test(`M9: who joins behind a master that ${which} does not wait for it`, async () => {
    const { bench } = await start();
    const [master, heir] = [bench.client("10.0.0.2"), bench.client("10.0.0.3")];
    join(master);
    if (wasHeard) master.ack(0);
    bench.pass(10_000);
    const answers = join(heir);
    bench.pass(20);
    assert.deepEqual([...answers, ...heir.heard()], [OACK(0), OACK(1)]);
  });
}

test("M18: heirs that left without a word are not waited for long", async () => {
  const { bench } = await start();
  const all = Array.from({ length: 30 }, (_, at) => bench.client(`10.0.0.${at + 2}`));
  for (const client of all) join(client);
  for (const block of [0, 1, 2, 3]) all[0]!.ack(block);
  bench.pass(30_000);
  assert.equal(bench.endpoint.transfers, 0);
  assert.deepEqual(
    new Set(bench.outcomes()),
    new Set(["done", "unacknowledged: Last ACK never came"]),
  );
});

test("M9: a master that fell silent and never answers again has not got the file", async () => {
  const { bench } = await start();
  const [master, heir] = [bench.client("10.0.0.2"), bench.client("10.0.0.3")];
  join(master);
  join(heir);
  master.ack(0);
  bench.pass(3_000);
  assert.equal(heir.heard().at(-1), OACK(1));
  for (const block of [0, 1, 2, 3]) heir.ack(block);
  bench.pass(60_000);
  assert.deepEqual(bench.outcomes(), ["done", "failed: Timed out waiting for ACK"]);
});

test("a master whom the group's packets do not reach is named, whoever else gets them", async () => {
  const { bench } = await start();
  const [well, deaf, listener] = [2, 3, 4].map((at) => bench.client(`10.0.0.${at}`));
  for (const client of [well!, deaf!, listener!]) join(client);
  for (const block of [0, 1, 2, 3]) well!.ack(block);
  deaf!.ack(0);
  deaf!.error(0, "Timed out");
  listener!.error(0, "Enough");
  const hints = bench.reports.map(({ client, hint }) => [client, hint]);
  assert.deepEqual(hints.map(([client, hint]) => [client, hint !== ""]), [
    ["10.0.0.2", false],
    ["10.0.0.3", true],
    ["10.0.0.4", false],
  ]);
  assert.match(hints[1]![1]!, /does not get the packets of 239\.255\.69\.7: IGMP snooping/);
});

test("M19: a repeated request gets the OACK with the role of now", async () => {
  const { bench } = await start();
  const [master, heir] = [bench.client("10.0.0.2"), bench.client("10.0.0.3")];
  join(master);
  join(heir);
  assert.deepEqual(join(heir), [OACK(0)]);
  master.error(0, "bye");
  heir.heard();
  assert.deepEqual(join(heir), [OACK(1)]);
});

test("ACKs past the end and of strangers change nothing", async () => {
  const { bench, group } = await start();
  const master = bench.client();
  join(master);
  master.ack(0);
  group.heard();
  master.ack(60_000);
  const stranger = bench.client("10.0.0.9", 999);
  assert.deepEqual(stranger.ack(1, { to: master.tid }), ["tid ERROR 5 Unknown transfer ID"]);
  assert.deepEqual(group.heard(), []);
  master.ack(1);
  assert.deepEqual(group.heard(), ["tid DATA 2 (512)"]);
});

test("a storm of joins and of ERRORs leaves nothing behind", async () => {
  const { bench } = await start();
  for (let at = 0; at < 1000; at++) {
    const client = bench.client(`10.1.${at >> 8}.${at & 255}`);
    client.rrq("f", "multicast ", { waitMs: 1 });
    if (at % 2 === 0) client.error(0, "storm", { waitMs: 1, to: client.tid || 69 });
  }
  bench.pass(200_000);
  assert.equal(bench.endpoint.transfers, 0);
});

test("who asks by IPv6 is in a group of IPv6 addresses", async () => {
  const { bench } = await start();
  assert.deepEqual(join(bench.client("2001:db8::2")), ["tid OACK multicast=ff15::4554:7,1758,1"]);
  assert.deepEqual(join(bench.client("10.0.0.2")), ["tid OACK multicast=239.255.69.7,1758,1"]);
});

test("there are no IPv6 groups on the loopback interface", async () => {
  const { bench } = await start();
  const client = bench.client("::1");
  assert.deepEqual(join(client), ["tid DATA 1 (512)"]);
  client.error(0, "enough");
  assert.equal(bench.reports[0]?.noMulticast, "the loopback interface has no IPv6 groups");
});

test("members beyond the limit of transfers wait their turn", async () => {
  const limits = { transfersMax: 2 };
  const bench = await Bench.start({ files: FILES, limits, tftp: { multicast: MULTICAST } });
  for (const host of ["10.0.0.2", "10.0.0.3"]) assert.equal(join(bench.client(host)).length, 1);
  assert.deepEqual(join(bench.client("10.0.0.4")), []);
});

test("shutting down tells every member", async () => {
  const { bench } = await start();
  const clients = ["10.0.0.2", "10.0.0.3"].map((host) => bench.client(host));
  for (const client of clients) join(client);
  bench.endpoint.close("Server is shutting down");
  bench.pass(5);
  for (const client of clients) {
    assert.deepEqual(client.heard(), ["tid ERROR 0 Server is shutting down"]);
  }
});

const PXE = {
  file: "boot/pxe",
  address: "239.255.70.1",
  clientPort: 1758,
  serverPort: 75,
  openTimeoutMs: 3000,
  reopenTimeoutMs: 6000,
  delayMs: 0,
};

async function startMtftp(entries = [PXE]) {
  const bench = await Bench.start({ files: FILES });
  bench.endpoint.configure({ ...bench.settings({}), mtftp: entries });
  await Promise.resolve();
  return { bench, group: bench.client(PXE.address, PXE.clientPort) };
}

const TO = { to: PXE.serverPort };

test("P3: the opening client gets block 1 alone and with the group, both from the server port", async () => {
  const { bench, group } = await startMtftp();
  const client = bench.client();
  assert.deepEqual(client.rrq("boot/pxe", "", TO), ["tid DATA 1 (512)"]);
  assert.deepEqual(group.heard(), ["tid DATA 1 (512)"]);
  assert.deepEqual([client.tid, group.tid], [75, 75]);
});

test("P5: ACK n brings block n + 1 to the group only, the last ACK ends the pass", async () => {
  const { bench, group } = await startMtftp();
  const client = bench.client();
  client.rrq("boot/pxe", "", TO);
  group.heard();
  for (const block of [1, 2, 3]) assert.deepEqual(client.ack(block, TO), []);
  assert.deepEqual(group.heard(), ["tid DATA 2 (512)", "tid DATA 3 (276)"]);
  assert.deepEqual(bench.outcomes(), ["done"]);
});

test("P4: who asks during a pass hears nothing, and opens one of its own afterwards", async () => {
  const { bench, group } = await startMtftp();
  const [first, second] = [bench.client("10.0.0.2"), bench.client("10.0.0.3")];
  first.rrq("boot/pxe", "", TO);
  assert.deepEqual(second.rrq("boot/pxe", "", TO), []);
  for (const block of [1, 2, 3]) first.ack(block, TO);
  group.heard();
  assert.deepEqual(second.rrq("boot/pxe", "", TO), ["tid DATA 1 (512)"]);
});

test("P6: what is lost is sent again as it is, never backward, and nothing but DATA", async () => {
  const { bench, group } = await startMtftp();
  const client = bench.client();
  client.rrq("boot/pxe", "", TO);
  client.ack(1, TO);
  group.heard();
  client.ack(0, TO);
  bench.pass(5000);
  assert.ok(group.heard().every((line) => line === "tid DATA 2 (512)"));
  bench.pass(60_000);
  assert.deepEqual(group.heard().filter((line) => !line.includes("DATA 2")), []);
  assert.deepEqual(bench.outcomes(), ["failed: Timed out waiting for ACK"]);
  assert.equal(bench.endpoint.transfers, 0);
});

test("MTFTP stays silent about files that it does not serve, and to other packets", async () => {
  const { bench } = await startMtftp();
  const client = bench.client();
  assert.deepEqual(client.rrq("f", "", TO), []);
  assert.deepEqual(client.rrq("missing", "", TO), []);
  assert.deepEqual(client.rrq("boot/pxe", "", { ...TO, mode: "netascii" }), []);
  assert.deepEqual(client.wrq("boot/pxe", "", TO), []);
  assert.deepEqual(client.ack(1, TO), []);
  assert.deepEqual(client.say(Uint8Array.of(0), TO), []);
});

test("options are ignored by MTFTP", async () => {
  const { bench } = await startMtftp();
  assert.deepEqual(bench.client().rrq("boot/pxe", "blksize 1024", TO), ["tid DATA 1 (512)"]);
});

test("two files on one server port are told apart by name", async () => {
  const other = { ...PXE, file: "f", address: "239.255.70.2" };
  const { bench, group } = await startMtftp([PXE, other]);
  const second = bench.client(other.address, other.clientPort);
  bench.client("10.0.0.2").rrq("boot/pxe", "", TO);
  bench.client("10.0.0.3").rrq("/f", "", TO);
  assert.deepEqual([group.heard().length, second.heard().length], [1, 1]);
});

test("the operator is told of MTFTP files that are missing or too large", async () => {
  const huge = { ...PXE, file: "huge", clientPort: 1760 };
  const bench = await Bench.start({ files: { huge: new Uint8Array(512 * 65535) } });
  const missing = { ...PXE, file: "nothing" };
  bench.endpoint.configure({ ...bench.settings({}), mtftp: [huge, missing] });
  assert.match(bench.notices[0]!, /"huge" has 33553920 octets/);
  assert.match(bench.notices[1]!, /"nothing" cannot be served/);
});

test("a reload takes entries away; the pass that runs is the last", async () => {
  const { bench, group } = await startMtftp();
  const client = bench.client();
  client.rrq("boot/pxe", "", TO);
  bench.endpoint.configure(bench.settings({}));
  assert.deepEqual(bench.client("10.0.0.3").rrq("boot/pxe", "", TO), []);
  for (const block of [1, 2, 3]) client.ack(block, TO);
  assert.deepEqual(group.heard().slice(1), ["tid DATA 2 (512)", "tid DATA 3 (276)"]);
  assert.deepEqual(bench.outcomes(), ["done"]);
  // Rejects if the port is not given back.
  await bench.driver.bind({ host: "0.0.0.0", port: PXE.serverPort });
});

test("a reload brings back an entry whose last pass still runs", async () => {
  const { bench } = await startMtftp();
  const client = bench.client();
  client.rrq("boot/pxe", "", TO);
  bench.endpoint.configure(bench.settings({}));
  bench.endpoint.configure({ ...bench.settings({}), mtftp: [PXE] });
  for (const block of [1, 2, 3]) client.ack(block, TO);
  assert.deepEqual(bench.client("10.0.0.3").rrq("boot/pxe", "", TO), ["tid DATA 1 (512)"]);
});
