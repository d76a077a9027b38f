// Runs whose octets are not in memory: the Linux driver sends all others meanwhile, and these once,
// in order, when they are there. The kernel's answers about memory are made up.
import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { describe, test } from "node:test";
import type { Sent, Source, UdpSocket } from "../../src/net/driver.ts";
import { createLinuxDriver, LinuxDriver, type LinuxOptions } from "../../src/net/linux.ts";
import { type Libc, openLibc } from "../../src/sys/libc.ts";
import {
  bindLoopback,
  converse,
  type FileSource,
  fileSource,
  peerAt,
  runOf,
} from "./conversation.ts";

const skip = await createLinuxDriver().then((driver) => (driver.stop(), false as const), String);

/** No transfer ends sooner than its cold files are looked at again, nor much later. */
const SILENCE_MS = 60;
/** The last datagrams may be on their way then: so many turns must bring none. */
const SILENT_TURNS = 10;
const WARM_SIZE = 1000;
const COLD_SIZE = 300_000;
/** No turn of the event loop: what is read ahead to see what is wrong never comes to an end. */
const OPTIONS: LinuxOptions = { yieldMs: 3_600_000 };

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
  readonly cold: FileSource;
  readonly warm: Source;
  readonly state: { resident: boolean; asked: number };
  /** Sends one block to the client: by default the cold file's. */
  block(index: number, source?: Source): Sent;
  /** Sends the client a datagram that is no DATA. */
  word(): void;
}

/** Acts at once, then after a silence, and ends after another; gives the block indexes that came, "x" for other datagrams. */
async function play(
  first: (scene: Scene) => void,
  then: (scene: Scene) => void,
): Promise<{ before: string; after: string }> {
  const { libc, state } = await forgetful();
  const driver = new LinuxDriver(libc, OPTIONS);
  const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
  const cold = fileSource(COLD_SIZE);
  const warm = fileSource(WARM_SIZE);
  const peer = peerAt("127.0.0.1", client.port);
  const block = (index: number, source: Source = cold) => {
    const run = runOf(source, { offset: (index - 1) * 100, segmentBytes: 100, count: 1 });
    run.headers[3] = source === cold ? index : 100 + index;
    return server.sendRun(peer, run, null);
  };
  const word = () => server.send(peer, Uint8Array.of(0, 5, 0, 0), null);
  const scene = { driver, server, cold, warm, state, block, word };
  const got: string[] = [];
  let before: string | null = null;
  let silentAt = 0;
  let silentTurns = 0;
  const listen = () => {
    silentAt = driver.now() + SILENCE_MS;
    silentTurns = 0;
  };
  await converse(driver, {
    start() {
      first(scene);
      listen();
    },
    receive({ bytes }) {
      got.push(bytes[1] === 3 ? String(bytes[3]) : "x");
      silentTurns = 0;
    },
    turn(now) {
      if (now < silentAt) return silentAt;
      if (++silentTurns < SILENT_TURNS) return now + 1;
      if (before !== null) driver.stop();
      else {
        before = `${got.splice(0).join(" ")}.`;
        then(scene);
        listen();
      }
      return silentAt;
    },
  });
  cold.remove();
  warm.remove();
  return { before: before!, after: `${got.join(" ")}.` };
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
    const driver = new LinuxDriver(libc, OPTIONS);
    const [client, server] = [await bindLoopback(driver), await bindLoopback(driver)];
    const reader = await bindLoopback(driver);
    const [cold, warm] = [fileSource(COLD_SIZE), fileSource(WARM_SIZE)];
    let steps = 0;
    const started = driver.now();
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
    const elapsedMs = driver.now() - started;
    assert.ok(state.asked < 5 + elapsedMs, "it is asked for once a millisecond at most");
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

  test("is not waited for where it has shrunk", async () => {
    let sent: Sent | null = null;
    const told = await play(({ block, cold }) => {
      block(1);
      truncateSync(cold.path, 1000);
    }, ({ block }) => sent = block(20));
    assert.deepEqual(told, { before: ".", after: "." });
    assert.equal(sent, "unreadable");
  });

  test("is not sent from a closed socket", async () => {
    const told = await play(({ block, server }) => {
      block(1);
      server.close();
    }, arrive);
    assert.deepEqual(told, { before: ".", after: "." });
  });
});
