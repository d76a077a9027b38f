// What every UDP driver must do, run for each of them.
import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { test } from "node:test";
import {
  BindError,
  type Local,
  type Peer,
  type Source,
  type UdpDriver,
} from "../../src/net/driver.ts";
import { eventually } from "../patience.ts";
import {
  assertSame,
  bindLoopback,
  content,
  converse,
  datagramsOf,
  fileSource,
  memorySource,
  peerAt,
  runOf,
} from "./conversation.ts";

/** How to get one driver, a fresh one each time; `onFault` is told of each send error. */
export type MakeDriver = (onFault?: (text: string) => void) => Promise<UdpDriver>;

/** Registers the tests of one driver. */
export function udpDriverSuite(name: string, make: MakeDriver): void {
  testAddresses(name, make);
  testDatagrams(name, make);
  testRuns(name, make);
  testUnreadable(name, make);
  testTime(name, make);
}

/** Binds a port that has just been free. */
async function bindAgain(make: MakeDriver, port: number): Promise<void> {
  const driver = await make();
  try {
    await driver.bind({ host: "127.0.0.1", port });
  } finally {
    driver.stop();
  }
}

function testAddresses(name: string, make: MakeDriver): void {
  test(`${name}: bind() says why it is refused`, async () => {
    const driver = await make();
    const { port } = await bindLoopback(driver);
    await assert.rejects(driver.bind({ host: "127.0.0.1", port }), (error) => {
      assert(error instanceof BindError);
      assert.equal(error.reason, "in-use");
      assert.equal(error.message, `Cannot bind UDP socket to "127.0.0.1:${port}": address in use`);
      return true;
    });
    // RFC 5737: an address for documentation, nobody's own.
    await assert.rejects(driver.bind({ host: "203.0.113.77", port: 0 }), { reason: "unavailable" });
    driver.stop();
  });

  test(`${name}: stop() frees the ports before run() ends`, () =>
    // Another process may take the port as soon as it is free.
    eventually(async () => {
      const first = await make();
      const { port } = await bindLoopback(first);
      await converse(first, { start: () => first.stop() });
      await bindAgain(make, port);
    }));

  test(`${name}: an answer leaves from the address that was asked`, async () => {
    const driver = await make();
    const client = await bindLoopback(driver);
    const seesDestination = driver.expand("0.0.0.0").includes("0.0.0.0");
    const server = await driver.bind({ host: seesDestination ? "0.0.0.0" : "127.0.0.2", port: 0 });
    const file = fileSource(1000);
    const answers: string[] = [];
    await converse(driver, {
      start: () => client.send(peerAt("127.0.0.2", server.port), Uint8Array.of(1), null),
      receive({ socket, peer, local }) {
        if (socket === client) {
          if (answers.push(peer.host) === 4) driver.stop();
          return;
        }
        assert.equal(local?.host, "127.0.0.2");
        assert.equal(local.broadcast, false);
        server.send(peer, Uint8Array.of(2), local);
        server.sendRun(peer, runOf(file, { offset: 0, segmentBytes: 100, count: 3 }), local);
      },
    });
    file.remove();
    assert.deepEqual(answers, ["127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.2"]);
  });

  test(`${name}: members of a group on one machine all receive what is sent to it`, async () => {
    const driver = await make();
    const server = await driver.bind({ host: "127.0.0.1", port: 0, multicastHops: 0 });
    const group = "239.255.69.1";
    const first = await driver.bind({ host: "0.0.0.0", port: 0, group });
    const second = await driver.bind({ host: "0.0.0.0", port: first.port, group });
    const file = fileSource(1000);
    const heard = new Map([[first, 0], [second, 0]]);
    const local: Local = { host: "127.0.0.1", broadcast: false };
    await converse(driver, {
      start() {
        const run = runOf(file, { offset: 0, segmentBytes: 100, count: 3 });
        server.sendRun(peerAt(group, first.port), run, local);
      },
      receive({ socket, peer }) {
        if (peer.port !== server.port) return; // Another process may have joined at this port.
        heard.set(socket, heard.get(socket)! + 1);
        if ([...heard.values()].every((count) => count === 3)) driver.stop();
      },
    });
    file.remove();
  });

  test(`${name}: a group is received on the asked interface only, and on its own address`, async () => {
    const driver = await make();
    const server = await driver.bind({ host: "127.0.0.1", port: 0, multicastHops: 0 });
    const group = "239.255.69.2";
    const member = await driver.bind({ host: group, port: 0, group, groupHost: "127.0.0.1" });
    const at = { port: member.port, group, groupHost: "192.0.2.77" };
    await assert.rejects(driver.bind({ host: group, ...at }), BindError);
    await converse(driver, {
      start: () => server.send(peerAt(group, member.port), Uint8Array.of(1), null),
      receive({ socket, peer }) {
        assert.equal(socket, member);
        if (peer.port === server.port) driver.stop();
      },
    });
  });

  test(`${name}: IPv6 does what IPv4 does`, async (t) => {
    const driver = await make();
    const client = await driver.bind({ host: "::1", port: 0 }).catch(() => null);
    if (client === null) {
      driver.stop();
      return t.skip("no IPv6 on loopback");
    }
    const wildcard = driver.expand("::").includes("::") ? "::" : "::1";
    const server = await driver.bind({ host: wildcard, port: 0 });
    const file = fileSource(1500);
    const run = runOf(file, { offset: 0, segmentBytes: 1000, count: 2 });
    const got: Uint8Array[] = [];
    await converse(driver, {
      start: () => client.send(peerAt("::1", server.port), Uint8Array.of(1), null),
      receive({ socket, peer, bytes, local }) {
        assert.equal(peer.family, 6);
        assert.equal(peer.host, "::1");
        assert.equal(local?.host, "::1");
        if (socket === server) server.sendRun(peer, run, local);
        else if (got.push(bytes) === 2) driver.stop();
      },
    });
    file.remove();
    assertSame(got, datagramsOf(run));
  });
}

function testDatagrams(name: string, make: MakeDriver): void {
  for (const length of [0, 1, 4, 516, 1472, 65_468]) {
    test(`${name}: a datagram of ${length} octets arrives whole`, async () => {
      const driver = await make();
      const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
      await converse(driver, {
        start: () => client.send(peerAt("127.0.0.1", server.port), content(length), null),
        receive({ socket, peer, bytes, local }) {
          assert.equal(socket, server);
          assert.deepEqual([peer.family, peer.host, peer.port], [4, "127.0.0.1", client.port]);
          assert.equal(local?.host, "127.0.0.1");
          assertSame([bytes], [content(length)]);
          driver.stop();
        },
      });
    });
  }

  test(`${name}: the same peer is the same object, on any socket`, async () => {
    const driver = await make();
    const client = await bindLoopback(driver);
    const other = await bindLoopback(driver);
    const servers = [await bindLoopback(driver), await bindLoopback(driver)];
    const peers: Peer[] = [];
    await converse(driver, {
      start() {
        for (const { port } of [...servers, ...servers]) {
          client.send(peerAt("127.0.0.1", port), Uint8Array.of(1), null);
        }
      },
      receive({ peer }) {
        if (peer.port === other.port) return driver.stop();
        peers.push(peer);
        if (peers.length < 4) return;
        other.send(peerAt("127.0.0.1", servers[0]!.port), Uint8Array.of(1), null);
      },
    });
    assert.equal(new Set(peers).size, 1);
  });

  test(`${name}: a datagram that cannot be sent is told and harms no other`, async () => {
    const faults: string[] = [];
    const driver = await make((text) => faults.push(text));
    const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
    const to = peerAt("127.0.0.1", server.port);
    const got: number[] = [];
    await converse(driver, {
      start() {
        client.send(to, Uint8Array.of(1), null);
        client.send(to, new Uint8Array(65_520), null);
        client.send(peerAt("::1", server.port), Uint8Array.of(9), null);
        client.send(peerAt("nobody", server.port), Uint8Array.of(9), null);
        client.send(to, Uint8Array.of(2), null);
      },
      receive({ bytes }) {
        if (got.push(bytes[0]!) === 2) driver.stop();
      },
    });
    assert.deepEqual(got, [1, 2]);
    assert.equal(faults.length, 3, "each of them is told");
    for (const fault of faults) assert.match(fault, /^Cannot send to /);
  });

  test(`${name}: the last words before close() and stop() are sent`, async () => {
    const driver = await make();
    const [a, b, server] = [
      await bindLoopback(driver),
      await bindLoopback(driver),
      await bindLoopback(driver),
    ];
    const other = await make();
    const listener = await bindLoopback(other);
    await converse(driver, {
      start() {
        a.send(peerAt("127.0.0.1", server.port), Uint8Array.of(1), null);
        a.close();
      },
      receive() {
        b.send(peerAt("127.0.0.1", listener.port), Uint8Array.of(2), null);
        driver.stop();
      },
    });
    await converse(other, {
      start: () => a.send(peerAt("127.0.0.1", listener.port), Uint8Array.of(3), null),
      receive({ bytes }) {
        assert.deepEqual([...bytes], [2], "a closed socket sends nothing");
        other.stop();
      },
    });
  });
}

/** Around the limits of cutting: 64 datagrams or 65,000 octets a message, 256 KiB of read-ahead. */
const RUNS: readonly (readonly [title: string, size: number, run: Parameters<typeof runOf>[1]])[] =
  [
    ["one block", 5000, { offset: 0, segmentBytes: 512, count: 1 }],
    ["one empty payload", 1024, { offset: 1024, segmentBytes: 512, count: 1 }],
    ["an empty file", 0, { offset: 0, segmentBytes: 512, count: 1 }],
    ["a short last block", 1000, { offset: 0, segmentBytes: 300, count: 4 }],
    ["an empty last block", 1024, { offset: 0, segmentBytes: 512, count: 3 }],
    ["64 datagrams", 2000, { offset: 8, segmentBytes: 8, count: 64 }],
    ["65 datagrams", 2000, { offset: 8, segmentBytes: 8, count: 65 }],
    ["130 datagrams, the last empty", 8 * 129, { offset: 0, segmentBytes: 8, count: 130 }],
    ["64,960 octets in one message", 200_000, { offset: 1, segmentBytes: 1472 - 4, count: 44 }],
    ["just more than one message", 200_000, { offset: 1, segmentBytes: 1472 - 4, count: 45 }],
    ["blocks that fit one message in pairs", 200_000, {
      offset: 3,
      segmentBytes: 32_496,
      count: 3,
    }],
    ["blocks that fit no message together", 200_000, { offset: 3, segmentBytes: 32_497, count: 3 }],
    ["the largest blocks", 200_000, { offset: 99_999, segmentBytes: 65_464, count: 2 }],
    ["far into a file", 1_000_000, { offset: 262_144 - 700, segmentBytes: 1468, count: 16 }],
    ["the end of a file", 1_000_000, { offset: 1_000_000 - 3000, segmentBytes: 1468, count: 3 }],
  ];

function testRuns(name: string, make: MakeDriver): void {
  const check = async (source: Source, options: Parameters<typeof runOf>[1]) => {
    const driver = await make();
    const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
    const run = runOf(source, options);
    const got: Uint8Array[] = [];
    await converse(driver, {
      start() {
        assert.equal(server.sendRun(peerAt("127.0.0.1", client.port), run, null), "sent");
        run.headers.fill(0xff); // Borrowed for the length of the call only.
        driver.release(source);
      },
      receive({ bytes }) {
        if (got.push(bytes) === run.count) driver.stop();
      },
      patienceMs: 10_000,
    });
    assertSame(got, datagramsOf(runOf(source, options)));
  };
  for (const [title, size, options] of RUNS) {
    test(`${name}: a run equals the file: ${title}`, () =>
      // Short of memory, the kernel may have dropped the file: then the run waits for the disk, and
      // releasing the source takes it back.
      eventually(async () => {
        const file = fileSource(size);
        await check(file, options).finally(() => file.remove());
      }));
  }
  for (const [title, size, options] of RUNS.slice(1, 12)) {
    test(`${name}: a run equals the memory: ${title}`, () => check(memorySource(size), options));
  }
}

function testUnreadable(name: string, make: MakeDriver): void {
  const cases = [
    ["by pages", { size: 1_000_000, rest: 10_000, offset: 500_000 }],
    ["inside its last page", { size: 5000, rest: 4900, offset: 4096 }],
  ] as const;
  for (const [title, { size, rest, offset }] of cases) {
    test(`${name}: a file that shrank ${title} is unreadable, by the second run`, async () => {
      const driver = await make();
      const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
      const to = peerAt("127.0.0.1", client.port);
      const file = fileSource(size);
      const told: string[] = [];
      await converse(driver, {
        start() {
          server.sendRun(to, runOf(file, { offset: 0, segmentBytes: 512, count: 1 }), null);
          driver.release(file);
          truncateSync(file.path, rest);
        },
        turn() {
          const run = runOf(file, { offset, segmentBytes: 512, count: 2 });
          told.push(server.sendRun(to, run, null));
          if (told.includes("unreadable")) driver.stop();
          else driver.wake();
          return Infinity;
        },
      });
      assert(told.length <= 2, told.join());
      file.remove();
    });
  }

  test(`${name}: a source whose read() throws or ends is unreadable, others are not`, async () => {
    const driver = await make();
    const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
    const to = peerAt("127.0.0.1", client.port);
    const broken: Source = {
      size: 1000,
      fd: null,
      read() {
        throw new Error("input/output error");
      },
    };
    const short: Source = { size: 1000, fd: null, read: () => 0 };
    const whole = { offset: 0, segmentBytes: 512, count: 2 };
    await converse(driver, {
      start() {
        assert.equal(server.sendRun(to, runOf(broken, whole), null), "unreadable");
        assert.equal(server.sendRun(to, runOf(short, whole), null), "unreadable");
        assert.equal(server.sendRun(to, runOf(memorySource(1000), whole), null), "sent");
      },
      receive: () => driver.stop(),
    });
  });
}

function testTime(name: string, make: MakeDriver): void {
  test(`${name}: turn() comes when its deadline has, by the driver's clock`, () =>
    // A process that is stopped and goes on has a turn more.
    eventually(async () => {
      const driver = await make();
      const turns: number[] = [];
      const started = driver.now();
      await converse(driver, {
        turn(now) {
          turns.push(now);
          if (now >= started + 30) driver.stop();
          return started + 30;
        },
      });
      assert(turns.at(-1)! >= started + 30);
      assert(turns.length <= 4, `${turns.length} turns`);
    }));

  test(`${name}: an earlier deadline replaces a later one`, async () => {
    const driver = await make();
    const client = await bindLoopback(driver);
    const started = driver.now();
    let deadline = Infinity;
    await converse(driver, {
      start: () => client.send(peerAt("127.0.0.1", client.port), Uint8Array.of(1), null),
      receive: () => deadline = started + 20,
      turn(now) {
        if (now >= started + 20) driver.stop();
        return deadline;
      },
    });
  });

  test(`${name}: wake() brings a turn`, async () => {
    const driver = await make();
    let turns = 0;
    await converse(driver, {
      turn() {
        if (++turns === 3) driver.stop();
        else driver.wake();
        return Infinity;
      },
    });
    assert.equal(turns, 3);
  });

  test(`${name}: what the host throws rejects run() and frees the ports`, () =>
    eventually(async () => {
      const driver = await make();
      const { port } = await bindLoopback(driver);
      const host = {
        receive() {},
        turn(): number {
          throw new Error("a bug");
        },
      };
      await assert.rejects(driver.run(host), { message: "a bug" });
      await bindAgain(make, port);
    }));
}
