// The Linux driver passes the suite of all drivers, survives every refusal of the kernel, and lets
// its event loop run when woken.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { UdpDriver } from "../../src/net/driver.ts";
import { createLinuxDriver, LinuxDriver, type LinuxOptions } from "../../src/net/linux.ts";
import { ERRNO } from "../../src/sys/errno.ts";
import { EventFd } from "../../src/sys/eventfd.ts";
import { type Libc, openLibc } from "../../src/sys/libc.ts";
import { MMSGHDR } from "../../src/sys/layout.ts";
import {
  assertSame,
  bindLoopback,
  converse,
  datagramsOf,
  fileSource,
  peerAt,
  runOf,
} from "./conversation.ts";
import { udpDriverSuite } from "./udp_driver_suite.ts";

const HOUR_MS = 3_600_000;
const refusal = await createLinuxDriver().then((driver) => driver.stop(), String);

if (typeof refusal === "string") {
  test(`linux: ${refusal}`, { skip: refusal }, () => {});
} else {
  udpDriverSuite(
    "linux",
    (onFault) => createLinuxDriver(onFault === undefined ? {} : { onFault }),
  );
  testRefusals();
  testThread();
  testBroadcast();
  testPieces();
}

/** The C library, but message k (from 0) of all that go out by sendmmsg fails with `refuse(k)`. */
function refusing(libc: Libc, refuse: (message: number) => number): Libc {
  let messages = 0;
  let errno: number | null = null;
  const sendmmsg: Libc["calls"]["sendmmsg"] = (fd, arena, count, flags) => {
    const bytes = arena as Uint8Array<ArrayBuffer>;
    for (let i = 0; i < count; i++) {
      errno = refuse(messages++) || null;
      if (errno !== null && i > 0) messages--; // Reported by the next call, as the kernel does.
      if (errno !== null) return i || -1;
      libc.calls.sendmmsg(fd, bytes.subarray(i * MMSGHDR.bytes), 1, flags);
    }
    return count;
  };
  return {
    ...libc,
    calls: { ...libc.calls, sendmmsg },
    errno: () => errno ?? libc.errno(),
  };
}

/** Sends octets 0 to 4 while some are refused; gives those that arrived. */
async function sendFive(refuse: (message: number) => number): Promise<[number[], string[]]> {
  const faults: string[] = [];
  const libc = refusing(await openLibc(), refuse);
  const driver = new LinuxDriver(libc, { onFault: (text) => faults.push(text) });
  const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
  const got: number[] = [];
  await converse(driver, {
    start() {
      for (let i = 0; i < 5; i++) {
        client.send(peerAt("127.0.0.1", server.port), Uint8Array.of(i), null);
      }
    },
    receive: ({ bytes }) => got.push(bytes[0]!),
    turn(now) {
      if (got.includes(4) || faults.length === 5) driver.stop();
      return now + 1;
    },
  });
  return [got, faults];
}

function testRefusals(): void {
  for (const name of ["EPERM", "ENETUNREACH", "ECONNREFUSED", "EMSGSIZE", "EINVAL"] as const) {
    test(`linux: ${name} costs the refused message and no other`, async () => {
      for (const bad of [0, 2]) {
        const [got, faults] = await sendFive((message) => message === bad ? ERRNO[name] : 0);
        assert.deepEqual(got, [0, 1, 2, 3, 4].filter((i) => i !== bad));
        assert.equal(faults.length, 1);
        assert(faults[0]!.endsWith(`: ${name}`), faults[0]);
      }
    });
  }

  test("linux: a full buffer is waited for, and nothing is lost", async () => {
    const [got, faults] = await sendFive((message) => message < 2 ? ERRNO.EAGAIN : 0);
    assert.deepEqual([got, faults], [[0, 1, 2, 3, 4], []]);
  });

  test("linux: a buffer that stays full loses messages, not the driver", async () => {
    const [got, faults] = await sendFive(() => ERRNO.EAGAIN);
    const told = "Cannot send: the buffer of the socket stays full";
    assert.deepEqual([got, faults], [[], Array(5).fill(told)]);
  });

  for (const name of ["EIO", "EINVAL", "EMSGSIZE", "EOPNOTSUPP"] as const) {
    test(`linux: a run that may not be cut (${name}) goes one by one`, async () => {
      let messages = 0;
      const libc = refusing(await openLibc(), (message) => {
        messages = message + 1;
        return message === 0 ? ERRNO[name] : 0;
      });
      const notices: string[] = [];
      const options: LinuxOptions = { onNotice: (text) => notices.push(text) };
      const driver = new LinuxDriver(libc, options);
      const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
      const file = fileSource(1000);
      const run = runOf(file, { offset: 0, segmentBytes: 300, count: 4 });
      const got: Uint8Array[] = [];
      await converse(driver, {
        start: () => void server.sendRun(peerAt("127.0.0.1", client.port), run, null),
        receive({ bytes }) {
          if (got.push(bytes) === 4) {
            server.sendRun(peerAt("127.0.0.1", client.port), run, null);
          } else if (got.length === 8) driver.stop();
        },
      });
      file.remove();
      assertSame(got, [...datagramsOf(run), ...datagramsOf(run)]);
      assert.equal(messages, 1 + 4);
      // A segment above the MTU is what was asked for; every other refusal is worth a word.
      const told = `UDP_SEGMENT refused to "127.0.0.1": ${name}; sending one by one`;
      assert.deepEqual(notices, name === "EMSGSIZE" ? [] : [told]);
    });
  }
}

function testThread(): void {
  test("linux: a write to the wake descriptor lets the event loop run", async () => {
    const wake = new EventFd(await openLibc());
    const driver = await createLinuxDriver({ wakeFd: wake.fd, yieldMs: HOUR_MS });
    await converse(driver, {
      start() {
        setTimeout(() => driver.stop(), 0);
        wake.signal();
      },
    });
    wake.close();
  });

  test("linux: a host that asks for a rest gets it, however long the event loop could wait", async () => {
    const driver = await createLinuxDriver({ yieldMs: HOUR_MS });
    await converse(driver, {
      start() {
        setTimeout(() => driver.stop(), 0);
        driver.rest();
      },
    });
  });

  for (const pace of ["steady", "leisurely"] as const) {
    test(`linux: a ${pace} host gets its datagrams all the same, and no turn too late`, async () => {
      const driver = await createLinuxDriver({ yieldMs: HOUR_MS });
      const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
      const got: number[] = [];
      let deadline = driver.now() + 1;
      await converse(driver, {
        pace,
        start() {
          for (const octet of [1, 2]) {
            client.send(peerAt("127.0.0.1", server.port), Uint8Array.of(octet), null);
          }
        },
        receive: ({ bytes }) => void got.push(bytes[0]!),
        turn(now) {
          if (got.length === 2) driver.stop();
          if (now >= deadline) deadline = now + 1;
          return deadline;
        },
      });
      assert.deepEqual(got, [1, 2]);
    });
  }

  test("linux: timers run without any wake, if late", async () => {
    const driver = await createLinuxDriver();
    await converse(driver, { start: () => void setTimeout(() => driver.stop(), 0) });
  });
}

function testBroadcast(): void {
  test("linux: a request to a broadcast address is seen, with an address to answer from", async () => {
    const driver: UdpDriver = await createLinuxDriver();
    const server = await driver.bind({ host: "0.0.0.0", port: 0 });
    const client = await driver.bind({ host: "127.0.0.1", port: 0, broadcast: true });
    await converse(driver, {
      start() {
        client.send(peerAt("127.255.255.255", server.port), Uint8Array.of(1), null);
      },
      receive({ local }) {
        assert.equal(local?.broadcast, true);
        assert.equal(local.host, "127.0.0.1");
        driver.stop();
      },
    });
  });

  test("linux: a socket says what fits the route to a peer unfragmented", async () => {
    const driver = await createLinuxDriver();
    const server = await driver.bind({ host: "0.0.0.0", port: 0 });
    const client = await driver.bind({ host: "127.0.0.1", port: 0 });
    await converse(driver, {
      start: () => client.send(peerAt("127.0.0.1", server.port), Uint8Array.of(1), null),
      receive({ peer, local }) {
        // The loopback interface has an MTU of 65,536 wherever nobody changed it.
        assert.equal(server.payloadBytesMax?.(peer, local), 65_507);
        assert.equal(server.payloadBytesMax?.(peer, null), 65_507);
        // From a loopback address no route leads to other machines.
        assert.equal(server.payloadBytesMax?.(peerAt("192.0.2.1", 9), local), null);
        driver.stop();
      },
    });
  });
}

function testPieces(): void {
  for (const [any, host] of [["0.0.0.0", "127.0.0.2"], ["::", "::1"]] as const) {
    test(`linux: a window in one piece is so many datagrams, to ${host}`, async (t) => {
      const driver = await createLinuxDriver();
      const from = await driver.bind({ host, port: 0 }).catch(() => null);
      if (from === null) {
        driver.stop();
        return t.skip("no IPv6 on loopback");
      }
      const to = await driver.bind({ host: any, port: 0 });
      const file = fileSource(1000);
      const run = runOf(file, { offset: 0, segmentBytes: 300, count: 4 });
      const got: Uint8Array[] = [];
      const locals = new Set<string | undefined>();
      await converse(driver, {
        start: () => void from.sendRun(peerAt(host, to.port), run, null),
        receive({ bytes, local }) {
          locals.add(local?.host);
          if (got.push(bytes) === 4) driver.stop();
        },
      });
      file.remove();
      assertSame(got, datagramsOf(run));
      assert.deepEqual([...locals], [host]);
    });
  }

  test("linux: windows to IPv4 and to IPv6 peers go in one piece by turns", async (t) => {
    const notices: string[] = [];
    const driver = await createLinuxDriver({ onNotice: (text) => notices.push(text) });
    const client6 = await driver.bind({ host: "::1", port: 0 }).catch(() => null);
    if (client6 === null) {
      driver.stop();
      return t.skip("no IPv6 on loopback");
    }
    const client4 = await bindLoopback(driver);
    const server4 = await driver.bind({ host: "0.0.0.0", port: 0 });
    const server6 = await driver.bind({ host: "::", port: 0 });
    const ask4 = () => client4.send(peerAt("127.0.0.1", server4.port), Uint8Array.of(1), null);
    const ask6 = () => client6.send(peerAt("::1", server6.port), Uint8Array.of(1), null);
    const next = [ask6, ask4, () => driver.stop()];
    const file = fileSource(1000);
    const run = runOf(file, { offset: 0, segmentBytes: 300, count: 4 });
    const got: Uint8Array[] = [];
    await converse(driver, {
      start: ask4,
      receive({ socket, peer, bytes, local }) {
        if (socket === server4 || socket === server6) socket.sendRun(peer, run, local);
        else if (got.push(bytes) % 4 === 0) next.shift()?.();
      },
    });
    file.remove();
    assertSame(got, [...datagramsOf(run), ...datagramsOf(run), ...datagramsOf(run)]);
    assert.deepEqual(notices, []);
  });

  test("linux: who closes a socket in the middle of a window hears no more of it", async () => {
    const driver = await createLinuxDriver();
    const [from, to] = [await bindLoopback(driver), await bindLoopback(driver)];
    const file = fileSource(1000);
    const run = runOf(file, { offset: 0, segmentBytes: 300, count: 4 });
    let heard = 0;
    let turns = 0;
    await converse(driver, {
      start: () => void from.sendRun(peerAt("127.0.0.1", to.port), run, null),
      receive() {
        if (++heard === 2) to.close();
      },
      turn(now) {
        if (heard === 2 && ++turns === 3) driver.stop();
        return now + 1;
      },
    });
    file.remove();
    assert.equal(heard, 2);
  });
}
