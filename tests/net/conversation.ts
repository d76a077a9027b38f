// Helpers of the driver tests. The sockets of one driver talk to each other over loopback, so that
// a driver that blocks its thread can be tested in that same thread.
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  Local,
  Pace,
  Peer,
  Run,
  Source,
  UdpDriver,
  UdpHost,
  UdpSocket,
} from "../../src/net/driver.ts";
import { PATIENCE_MS } from "../patience.ts";

export interface Received {
  readonly socket: UdpSocket;
  readonly peer: Peer;
  /** A copy. */
  readonly bytes: Uint8Array;
  readonly local: Local | null;
}

export interface Conversation {
  /** Called once, in the first turn. */
  start?(): void;
  receive?(datagram: Received): void;
  turn?(now: number): number;
  readonly pace?: Pace;
  /** It fails when it has not ended by then; a minute when left out. */
  readonly patienceMs?: number;
}

/** Runs the driver until somebody calls `driver.stop()`; checks that no call comes inside another. */
export async function converse(driver: UdpDriver, conversation: Conversation): Promise<void> {
  const end = driver.now() + (conversation.patienceMs ?? PATIENCE_MS);
  let started = false;
  let inside = false;
  const alone = <T>(call: () => T): T => {
    assert(!inside, "a call came inside another");
    inside = true;
    try {
      return call();
    } finally {
      inside = false;
    }
  };
  const host: UdpHost = {
    receive: (socket, peer, bytes, local) =>
      alone(() => conversation.receive?.({ socket, peer, bytes: new Uint8Array(bytes), local })),
    turn: (now) =>
      alone(() => {
        assert(now < end, "the conversation did not end");
        if (!started) conversation.start?.();
        started = true;
        return Math.min(conversation.turn?.(now) ?? Infinity, end);
      }),
    pace: () => conversation.pace ?? "hurried",
  };
  await driver.run(host);
}

/** A socket on a free port of 127.0.0.1. */
export function bindLoopback(driver: UdpDriver): Promise<UdpSocket> {
  return driver.bind({ host: "127.0.0.1", port: 0 });
}

/** A peer that no driver made. */
export function peerAt(host: string, port: number): Peer {
  return { family: host.includes(":") ? 6 : 4, host, port };
}

/** Octets that differ from place to place. */
export function content(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 7 + (i >>> 16)) & 0xff;
  return bytes;
}

export interface FileSource extends Source {
  readonly path: string;
  readonly fd: number;
  /** Closes and removes the file. */
  remove(): void;
}

/** A temporary file of `content(size)`, open for reading. */
export function fileSource(size: number): FileSource {
  const directory = mkdtempSync(join(tmpdir(), "bootsrv-net-"));
  const path = join(directory, "file");
  writeFileSync(path, content(size));
  const fd = openSync(path, "r");
  return {
    path,
    size,
    fd,
    read: (offset, into) => readSync(fd, into, 0, into.length, offset),
    remove() {
      closeSync(fd);
      rmSync(directory, { recursive: true });
    },
  };
}

/** A source without a descriptor. */
export function memorySource(size: number): Source {
  const bytes = content(size);
  return {
    size,
    fd: null,
    read(offset, into) {
      const part = bytes.subarray(offset, offset + into.length);
      into.set(part);
      return part.length;
    },
  };
}

/** A run of DATA packets: header 0 3 and a block number that counts from 1. */
export function runOf(
  source: Source,
  { offset, segmentBytes, count }: { offset: number; segmentBytes: number; count: number },
): Run {
  const headers = new Uint8Array(count * 4);
  for (let i = 0; i < count; i++) headers.set([0, 3, (i + 1) >> 8, (i + 1) & 0xff], i * 4);
  const totalBytes = Math.max(0, Math.min(count * segmentBytes, source.size - offset));
  return { headers, headerBytes: 4, source, offset, segmentBytes, totalBytes, count };
}

/** The datagrams that `runOf` should become. */
export function datagramsOf(run: Run): Uint8Array[] {
  const all = content(run.source.size);
  return Array.from({ length: run.count }, (_, i) => {
    const start = i * run.segmentBytes;
    const end = Math.min(start + run.segmentBytes, run.totalBytes);
    const payload = all.subarray(run.offset + start, run.offset + end);
    return Uint8Array.of(...run.headers.subarray(i * 4, i * 4 + 4), ...payload);
  });
}

/** Fails with a short message where the datagrams differ. */
export function assertSame(got: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  assert.deepEqual(got.map((its) => its.length), expected.map((its) => its.length));
  for (const [i, bytes] of expected.entries()) {
    const at = bytes.findIndex((octet, j) => octet !== got[i]![j]);
    assert.equal(at, -1, `datagram ${i} differs at octet ${at}`);
  }
}
