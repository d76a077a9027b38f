// Bodies of files, from memory and from a descriptor: whole, in order, and closed whatever happens.
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { FileName } from "../../src/resolve/name.ts";
import type { Resolver } from "../../src/resolve/resolution.ts";
import type { OpenFile } from "../../src/storage/store.ts";
import { eventually } from "../patience.ts";
import { ask, exchange, parseAnswer, RawClient, withServer } from "./harness.ts";

const BYTES = 5_000_003;

/** Octets that repeat nowhere near a multiple of a chunk, so that any mix-up shows. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, state = 1; at < length; at += 1) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    bytes[at] = state >> 16;
  }
  return bytes;
}

const CONTENT = pattern(BYTES);

/** More than the buffers of a connection over loopback can swallow. */
const HUGE_BYTES = 64 << 20;

interface Opened {
  readonly resolver: Pick<Resolver, "resolve" | "list">;
  /** Files opened less files closed. */
  balance(): number;
  closes: number;
}

/** A resolver that opens the same file for every name. */
function opening(open: () => Omit<OpenFile, "kind" | "mtimeMs" | "key" | "path">): Opened {
  let opens = 0;
  const opened: Opened = {
    closes: 0,
    balance: () => opens - opened.closes,
    resolver: {
      list: () => [],
      resolve() {
        const { size, fd, read, close } = open();
        opens += 1;
        const file: OpenFile = {
          ...{ kind: "file", mtimeMs: 0, key: "k", path: "/tmp/f", size, fd, read },
          close() {
            opened.closes += 1;
            close();
          },
        };
        return { kind: "read", file, name: "f" as FileName, trail: [] };
      },
    },
  };
  return opened;
}

function inMemory(): Opened {
  return opening(() => ({
    size: BYTES,
    fd: null,
    read: (offset, into) => CONTENT.copy(into, 0, offset, offset + into.length),
    close() {},
  }));
}

/** Runs `body` with a file on disk, opened anew for each request; it ends in a hole. */
async function onDisk(
  body: (opened: Opened, path: string) => Promise<void>,
  size = BYTES,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bootsrv-http-"));
  const path = join(folder, "f");
  writeFileSync(path, CONTENT);
  truncateSync(path, size);
  const opened = opening(() => {
    const fd = openSync(path, "r+");
    return {
      size: statSync(path).size,
      fd,
      read: (offset, into) => readSync(fd, into, 0, into.length, offset),
      close: () => closeSync(fd),
    };
  });
  try {
    await body(opened, path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const GET = "GET /f HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n";

function latin1(from: number, to: number): string {
  return CONTENT.subarray(from, to).toString("latin1");
}

test("a large file in memory arrives whole", async () => {
  const opened = inMemory();
  await withServer({ app: { resolver: opened.resolver } }, async ({ listener, reported }) => {
    const { body } = parseAnswer(await exchange(listener.port, GET));
    assert.ok(body === latin1(0, BYTES));
    const [report] = await reported(1);
    assert.deepEqual([report!.outcome, report!.bytes], ["done", BYTES]);
    assert.equal(opened.balance(), 0);
  });
});

test("a large file on disk arrives whole, eight times at once", () =>
  onDisk(async (opened) => {
    await withServer({ app: { resolver: opened.resolver } }, async ({ listener, reported }) => {
      const all = Array.from({ length: 8 }, () => exchange(listener.port, GET));
      for (const text of await Promise.all(all)) {
        assert.ok(parseAnswer(text).body === latin1(0, BYTES));
      }
      await reported(8);
      assert.deepEqual([opened.closes, opened.balance()], [8, 0]);
    });
  }));

test("parts of a large file are cut where they should be", () =>
  onDisk(async (opened) => {
    await withServer({ app: { resolver: opened.resolver } }, async ({ listener }) => {
      for (const [first, last] of [[0, 0], [1, 65536], [262143, 786433], [3, BYTES - 1]] as const) {
        const { body } = await ask(listener.port, "GET /f", `Range: bytes=${first}-${last}`);
        assert.ok(body === latin1(first, last + 1), `${first}-${last}`);
      }
    });
  }));

test("a client that reads in fits and starts gets every octet in its place", () =>
  onDisk(async (opened) => {
    await withServer({ app: { resolver: opened.resolver } }, async ({ listener }) => {
      const client = new RawClient(listener.port);
      client.send(GET);
      let next = 100_000;
      await client.until((text) => {
        if (text.length < next) return false;
        next += 700_000;
        client.socket.pause();
        setImmediate(() => setImmediate(() => client.socket.resume()));
        return false;
      });
      assert.ok(parseAnswer(client.received).body === latin1(0, BYTES));
    });
  }));

test("a client that leaves in the middle is reported, and the file closed", () =>
  onDisk(async (opened) => {
    await withServer({ app: { resolver: opened.resolver } }, async ({ listener, reported }) => {
      const client = new RawClient(listener.port);
      client.send(GET);
      await client.until((text) => text.length > 1000);
      client.socket.pause();
      client.leave();
      const [report] = await reported(1);
      assert.equal(report!.outcome, "aborted");
      assert.match(report!.reason, /Client closed the connection/);
      assert.ok(report!.bytes < HUGE_BYTES);
      while (opened.balance() > 0) await new Promise(setImmediate);
      assert.equal(opened.closes, 1);
    });
  }, HUGE_BYTES));

test("a file that shrinks while it is sent cuts the connection, not the server", () =>
  onDisk(async (opened, path) => {
    await withServer({ app: { resolver: opened.resolver } }, async ({ listener, reported }) => {
      const client = new RawClient(listener.port);
      client.send(GET);
      await client.until((text) => text.length > 1000);
      client.socket.pause();
      truncateSync(path, 1000);
      client.socket.resume();
      const { body, headers } = parseAnswer(await client.closed());
      assert.equal(headers["Content-Length"], String(HUGE_BYTES));
      assert.ok(body.length < HUGE_BYTES);
      const [report] = await reported(1);
      assert.equal(report!.outcome, "failed");
      assert.match(report!.reason, /became shorter/);
      assert.equal(opened.balance(), 0);
      const small = await ask(listener.port, "GET /f");
      assert.ok(small.body === latin1(0, 1000));
    });
  }, HUGE_BYTES));

test("a small file that has shrunk before it is read cuts the connection", async () => {
  const opened = opening(() => ({ size: 100, fd: null, read: () => 0, close() {} }));
  await withServer({ app: { resolver: opened.resolver } }, async ({ listener, reported }) => {
    const client = new RawClient(listener.port);
    client.send(GET);
    const text = await client.closed();
    assert.ok(!text.includes("\r\n\r\n") || parseAnswer(text).body.length < 100);
    assert.equal((await reported(1))[0]!.outcome, "failed");
    assert.equal(opened.balance(), 0);
  });
});

test("a file that cannot be read cuts the connection and says why in the report", async () => {
  for (const size of [100, 100_000]) {
    const read = () => {
      throw new Error("EIO: i/o error");
    };
    const opened = opening(() => ({ size, fd: null, read, close() {} }));
    await withServer({ app: { resolver: opened.resolver } }, async ({ listener, reported }) => {
      const client = new RawClient(listener.port);
      client.send(GET);
      await client.closed();
      const [report] = await reported(1);
      assert.equal(report!.outcome, "failed");
      assert.match(report!.reason, /EIO/);
      assert.equal(opened.balance(), 0);
    });
  }
});

test("HEAD, 304 and 416 close the file as well", async () => {
  const opened = inMemory();
  await withServer({ app: { resolver: opened.resolver } }, async ({ listener, reported }) => {
    await ask(listener.port, "HEAD /f");
    await ask(listener.port, "GET /f", "If-None-Match: *");
    await ask(listener.port, "GET /f", "Range: bytes=5000003-");
    await ask(listener.port, "GET /f", "If-Match: x");
    await reported(4);
    assert.deepEqual([opened.closes, opened.balance()], [4, 0]);
  });
});

test("a client that stops reading is cut after a while", () =>
  // One that a stall keeps from asking is cut before there is anything to report.
  eventually(() =>
    onDisk(async (opened) => {
      const app = { resolver: opened.resolver };
      await withServer({ app, timeouts: { idleMs: 300 } }, async ({ listener, reported }) => {
        const client = new RawClient(listener.port);
        client.send(GET);
        await client.until((text) => text.length > 1000);
        assert.ok(client.received.length > 1000);
        client.socket.pause();
        const [report] = await reported(1);
        assert.equal(report!.outcome, "aborted");
        client.leave();
        while (opened.balance() > 0) await new Promise(setImmediate);
      });
    }, HUGE_BYTES)
  ));

test("a client that never finishes its header is cut", () =>
  // One that a stall keeps from beginning is cut without a word.
  eventually(() =>
    withServer({ timeouts: { headerMs: 300 } }, async ({ listener }) => {
      const client = new RawClient(listener.port);
      client.send("GET /f HTTP/1.1\r\nHost: b\r\nX-Slow: ");
      assert.match(await client.closed(), /^HTTP\/1\.1 408 Request Timeout\r\n/);
    })
  ));
