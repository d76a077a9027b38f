// The C library by FFI: errno, layouts, addresses, mappings, descriptors, where there is one.
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Arena } from "../../src/sys/arena.ts";
import { ERRNO, errnoName } from "../../src/sys/errno.ts";
import { EventFd } from "../../src/sys/eventfd.ts";
import { assertLayouts } from "../../src/sys/layout.ts";
import { type Libc, openLibc } from "../../src/sys/libc.ts";
import { fileSize, mapFile, unmap } from "../../src/sys/mapping.ts";
import { decodeHost, decodePort, encodeAddress } from "../../src/sys/sockaddr.ts";
import { canSegment, interfaceOf, openUdpSocket, routeMtu } from "../../src/sys/socket.ts";

const libc = await openLibc().catch((error: unknown) => String(error));

if (typeof libc === "string") {
  test(`libc: ${libc}`, { skip: libc }, () => {});
} else {
  testCalls(libc);
  testAddresses(libc);
  testSockets(libc);
}

function testCalls(libc: Libc): void {
  test("errno() is that of the call before", () => {
    assert.equal(libc.calls.lseek(0x7fffffff, 0, 0), -1);
    assert.equal(errnoName(libc.errno()), "EBADF");
    assert.equal(errnoName(4000), "errno 4000");
    assert.equal(libc.calls.mmap(0, 0, 1, 0x22, -1, 0), -1);
    assert.equal(libc.errno(), ERRNO.EINVAL);
    assert.equal(libc.failure("mmap").message, "mmap: EINVAL");
  });

  test("assertLayouts() accepts this machine", () => assertLayouts(libc));

  test("an Arena knows its address, and no address in it carries", () => {
    for (let i = 0; i < 20; i++) {
      const arena = new Arena(libc, 1 << 16);
      assert.equal(arena.high * 2 ** 32 + arena.low, arena.address);
      assert(arena.low + arena.bytes.length <= 2 ** 32);
      arena.setPointer(8, 0x7fff_1234_5678);
      assert.deepEqual([...arena.words.subarray(2, 4)], [0x1234_5678, 0x7fff]);
      arena.bytes[100] = 42;
      const seen = new Uint8Array(new ArrayBuffer(1));
      libc.calls.memcpy(seen, arena.address + 100, 1);
      assert.equal(seen[0], 42);
    }
  });

  test("EventFd: signal() makes it readable until clear()", () => {
    const event = new EventFd(libc);
    const other = new EventFd(libc, event.fd);
    const readable = () => {
      const poll = Int32Array.of(event.fd, 1);
      return libc.calls.poll(poll, 1, 0) === 1 && (poll[1]! >>> 16 & 1) === 1;
    };
    assert.equal(readable(), false);
    other.signal();
    other.signal();
    assert.equal(readable(), true);
    event.clear();
    assert.equal(readable(), false);
    event.close();
  });

  test("mapFile() maps what the file holds; fileSize() sees it shrink", () => {
    const directory = mkdtempSync(join(tmpdir(), "bootsrv-sys-"));
    const path = join(directory, "file");
    writeFileSync(path, "abcdefgh".repeat(1000));
    const fd = openSync(path, "r");
    const mapping = mapFile(libc, { fd, length: 8000 })!;
    const seen = new Uint8Array(new ArrayBuffer(8));
    libc.calls.memcpy(seen, mapping.address + 4000, 8);
    assert.equal(new TextDecoder().decode(seen), "abcdefgh");
    assert.equal(fileSize(libc, fd), 8000);
    truncateSync(path, 10);
    assert.equal(fileSize(libc, fd), 10);
    unmap(libc, mapping);
    closeSync(fd);
    assert.equal(mapFile(libc, { fd: 0x7fffffff, length: 1 }), null);
    assert.equal(fileSize(libc, 0x7fffffff), -1);
    rmSync(directory, { recursive: true });
  });
}

function testAddresses(libc: Libc): void {
  const rows = [
    ["127.0.0.1", 69, "0200 0045 7f000001 0000000000000000"],
    ["255.255.255.255", 65535, "0200 ffff ffffffff 0000000000000000"],
    ["::1", 1758, "0a00 06de 00000000 00000000000000000000000000000001 00000000"],
    ["2001:db8::a:0", 0, "0a00 0000 00000000 20010db80000000000000000000a0000 00000000"],
  ] as const;
  for (const [host, port, hex] of rows) {
    test(`a socket address keeps "${host}" and ${port}`, () => {
      const words = encodeAddress(libc, { host, port })!;
      assert.equal(decodeHost(libc, words), host);
      assert.equal(decodePort(words[0]!), port);
      const octets = [...new Uint8Array(words.buffer)].map((o) => o.toString(16).padStart(2, "0"));
      assert.equal(octets.join(""), hex.replaceAll(" ", ""));
    });
  }

  test("a scope is kept by the name of its interface", () => {
    const words = encodeAddress(libc, { host: "fe80::1%lo", port: 1 })!;
    assert.equal(decodeHost(libc, words), "fe80::1%lo");
  });

  test("what is no numeric address is null", () => {
    for (const host of ["", "localhost", "1.2.3", "1.2.3.4.5", "::g", "010.0.0.1"]) {
      assert.equal(encodeAddress(libc, { host, port: 1 }), null, host);
    }
  });
}

function testSockets(libc: Libc): void {
  test("openUdpSocket() gives the bound address; a failure has its code", () => {
    const options = { host: "127.0.0.1", port: 0, pktinfo: true };
    const socket = openUdpSocket(libc, options);
    assert.deepEqual([socket.family, socket.host], [4, "127.0.0.1"]);
    assert(socket.port > 0);
    assert.throws(() => openUdpSocket(libc, { ...options, port: socket.port }), {
      code: "EADDRINUSE",
    });
    libc.calls.close(socket.fd);
    assert.throws(() => openUdpSocket(libc, { ...options, host: "nobody" }), {
      code: "EADDRNOTAVAIL",
    });
  });

  test("interfaces are known by their addresses", () => {
    assert(interfaceOf(libc, "127.0.0.1") > 0);
    assert.equal(interfaceOf(libc, "203.0.113.77"), 0);
    assert.equal(typeof canSegment(libc), "boolean");
  });

  test("routeMtu() knows the route to an address, from an address of ours or from any", () => {
    const mtu = routeMtu(libc, { host: "127.0.0.1", from: null })!;
    assert(mtu >= 1280);
    assert.equal(routeMtu(libc, { host: "127.0.0.1", from: "127.0.0.2" }), mtu);
    assert.equal(routeMtu(libc, { host: "127.0.0.1", from: "203.0.113.77" }), mtu);
    assert.equal(routeMtu(libc, { host: "nobody", from: null }), null);
  });
}
