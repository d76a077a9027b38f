// Runs whose octets are not in memory: the Linux driver sends all others meanwhile, and these once,
// in order, when they are there. The kernel's answers about memory are made up.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Source, UdpSocket } from "../../src/net/driver.ts";
import { createLinuxDriver, LinuxDriver } from "../../src/net/linux.ts";
import { type Libc, openLibc } from "../../src/sys/libc.ts";
import { bindLoopback, converse, fileSource, peerAt, runOf } from "./conversation.ts";

const skip = await createLinuxDriver().then((driver) => (driver.stop(), false as const), String);

/** No transfer ends sooner than its cold files are looked at again, nor much later. */
const SILENCE_MS = 60;
const WARM_SIZE = 1000;
const COLD_SIZE = 300_000;

/** The C library, but a mapping of COLD_SIZE is in memory only while `state.resident`. */
async function forgetful(): Promise<{ libc: Libc; state: { resident: boolean; asked: number } }> {
  const libc = await openLibc();
  const state = { resident: false, asked: 0 };
  let from = 0;
  let to = 0;
  const mmap: Libc["calls"]["mmap"] = (...args) => {
    const address = libc.calls.mmap(...args);
    if (args[1] === COLD_SIZE) [from, to] = [address, address + COLD_SIZE];
    return address;
  };
  const mincore: Libc["calls"]["mincore"] = (address, length, vector) => {
    const isCold = address >= from && address < to;
    if (isCold) state.asked++;
    (vector as Uint8Array).fill(isCold && !state.resident ? 0 : 1, 0, Math.ceil(length / 4096));
    return 0;
  };
  return { libc: { ...libc, calls: { ...libc.calls, mmap, mincore } }, state };
}

interface Scene {
  readonly driver: LinuxDriver;
  readonly server: UdpSocket;
  readonly cold: Source;
  readonly warm: Source;
  readonly state: { resident: boolean; asked: number };
  /** Sends one block to the client: by default the cold file's. */
  block(index: number, source?: Source): void;
  /** Sends the client a datagram that is no DATA. */
  word(): void;
}

/** Acts at once, then at `SILENCE_MS`; gives the block indexes that came, "x" for other datagrams. */
async function play(
  first: (scene: Scene) => void,
  then: (scene: Scene) => void,
): Promise<{ before: string; after: string }> {
  const { libc, state } = await forgetful();
  const driver = new LinuxDriver(libc, {});
  const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
  const cold = fileSource(COLD_SIZE);
  const warm = fileSource(WARM_SIZE);
  const peer = peerAt("127.0.0.1", client.port);
  const block = (index: number, source: Source = cold) => {
    const run = runOf(source, { offset: (index - 1) * 100, segmentBytes: 100, count: 1 });
    run.headers[3] = source === cold ? index : 100 + index;
    server.sendRun(peer, run, null);
  };
  const word = () => server.send(peer, Uint8Array.of(0, 5, 0, 0), null);
  const scene = { driver, server, cold, warm, state, block, word };
  const got: string[] = [];
  let before = "";
  let thenAt = Infinity;
  await converse(driver, {
    start() {
      first(scene);
      thenAt = driver.now() + SILENCE_MS;
    },
    receive: ({ bytes }) => got.push(bytes[1] === 3 ? String(bytes[3]) : "x"),
    turn(now) {
      if (now < thenAt) return thenAt;
      thenAt = now + SILENCE_MS;
      if (before !== "") driver.stop();
      else {
        before = `${got.splice(0).join(" ")}.`;
        then(scene);
      }
      return thenAt;
    },
  });
  cold.remove();
  warm.remove();
  return { before, after: `${got.join(" ")}.` };
}

function arrive({ state }: Scene): void {
  state.resident = true;
}

describe("A file that is not in memory", { skip }, () => {
  test("waits, in order, and is sent once when it is there", async () => {
    const told = await play(({ block }) => {
      block(1);
      block(2);
      block(3);
    }, arrive);
    assert.deepEqual(told, { before: ".", after: "1 2 3." });
  });

  test("does not hold up others", async () => {
    const { libc, state } = await forgetful();
    const driver = new LinuxDriver(libc, {});
    const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
    const reader = await bindLoopback(driver);
    const [cold, warm] = [fileSource(COLD_SIZE), fileSource(WARM_SIZE)];
    let steps = 0;
    const run = (source: Source) => runOf(source, { offset: 0, segmentBytes: 100, count: 1 });
    await converse(driver, {
      start() {
        server.sendRun(peerAt("127.0.0.1", client.port), run(cold), null);
        server.sendRun(peerAt("127.0.0.1", reader.port), run(warm), null);
      },
      receive({ socket }) {
        if (socket === client) return driver.stop();
        if (++steps === 500) state.resident = true;
        server.sendRun(peerAt("127.0.0.1", reader.port), run(warm), null);
      },
    });
    cold.remove();
    warm.remove();
    assert.ok(steps >= 500);
    assert.ok(state.asked < steps, "it is not asked for at every turn");
  });

  test("is not sent twice where the host repeats itself", async () => {
    const told = await play(({ block }) => {
      for (const index of [1, 2, 1, 2, 3]) block(index);
    }, arrive);
    assert.deepEqual(told, { before: ".", after: "1 2 3." });
  });

  test("is not sent from where the host has gone on to another file", async () => {
    const told = await play(({ block, warm }) => {
      block(1);
      block(1, warm);
    }, arrive);
    assert.deepEqual(told, { before: "101.", after: "." });
  });

  test("is not sent after a last word to the same peer", async () => {
    const told = await play(({ block, word }) => {
      block(1);
      word();
    }, arrive);
    assert.deepEqual(told, { before: "x.", after: "." });
  });

  test("is not sent once it is released", async () => {
    const told = await play(({ block, driver, cold }) => {
      block(1);
      driver.release(cold);
    }, arrive);
    assert.deepEqual(told, { before: ".", after: "." });
  });

  test("is not sent from a closed socket", async () => {
    const told = await play(({ block, server }) => {
      block(1);
      server.close();
    }, arrive);
    assert.deepEqual(told, { before: ".", after: "." });
  });
});
