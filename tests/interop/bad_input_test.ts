// Everything a datagram can be but should not: the server goes on serving, keeps its memory, its
// tree and its log to itself.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";
import { encodeRequest, rawRead } from "./raw_reader.ts";

const MIB = 1024 * 1024;
/** How much more memory a flood may take; what the runtimes' collectors leave lying included. */
const GROWTH_BYTES_MAX = 120 * MIB;
const SECRET = "outside the tree";

describe("Bad input", { skip: harness.skipIf(process.platform !== "linux", "needs /proc") }, () => {
  const folder = temporaryFolder("interop");
  const root = join(folder.path, "root");
  let server: harness.Server;
  let expected = "";
  let residentAtStart = 0;

  before(async () => {
    mkdirSync(root);
    expected = harness.writeRandomFile(join(root, "good"), 100_000);
    writeFileSync(join(root, "tiny"), "0123456789");
    writeFileSync(join(folder.path, "secret"), SECRET);
    const args = ["--writable", "--upload-create", ...harness.UNLIMITED];
    server = await harness.startServer({ root, args });
    await assertServes();
    residentAtStart = harness.residentBytes(server.pid);
  });

  after(async () => {
    await server?.stop();
    folder.remove();
  });

  async function assertServes(): Promise<void> {
    const read = await rawRead({ host: server.host, port: server.tftpPort, name: "good" });
    assert.equal(read.digest, expected);
    const grown = harness.residentBytes(server.pid) - residentAtStart;
    if (residentAtStart > 0) assert.ok(grown < GROWTH_BYTES_MAX, `grew by ${grown} octets`);
  }

  test("Random datagrams of every length from 0 to 600", async () => {
    const datagrams = [];
    for (let length = 0; length <= 600; length += 1) {
      const bytes = harness.randomBytes(length, 7000 + length);
      datagrams.push(bytes);
      for (let opcode = 0; opcode <= 7; opcode += 1) datagrams.push(withOpcode(bytes, opcode));
    }
    await send(server, datagrams);
    await assertServes();
  });

  test("Requests cut off at every octet, and requests that go on for too long", async () => {
    const whole = encodeRequest(1, ["good", "octet", "blksize", "1468", "tsize", "0"]);
    const cut = Array.from(whole, (_, length) => whole.subarray(0, length));
    const long = [10, 256, 4000, 30_000].map((length) =>
      encodeRequest(1, ["a".repeat(length), "octet"])
    );
    const tail = encodeRequest(1, ["good", "octet", "x".repeat(20_000), "y".repeat(20_000)]);
    const deep = encodeRequest(1, ["a/".repeat(15_000), "octet"]);
    await send(server, [...cut, ...long, tail, deep]);
    await assertServes();
  });

  test("500 options in one request", async () => {
    const many = Array.from({ length: 500 }, (_, index) => [`option${index}`, `${index}`]).flat();
    const same = Array.from({ length: 500 }, () => ["blksize", "512"]).flat();
    for (const options of [many, same]) {
      await send(server, [1, 2].map((op) => encodeRequest(op, ["good", "octet", ...options])));
    }
    await assertServes();
  });

  test("Options whose numbers are none, or none that can be", async () => {
    const numbers = ["", " ", "-1", "0", "1", "7", "65464", "65465", "1e3", "0x200", "1.5", " 512"];
    numbers.push("512\n", "9".repeat(19), "9".repeat(400), "NaN", "Infinity", "\u0663", "+8", "08");
    const names = [
      "blksize",
      "timeout",
      "windowsize",
      "tsize",
      "multicast",
      "utimeout",
      "rollover",
    ];
    const requests = names.flatMap((name) =>
      numbers.flatMap((number) => [
        encodeRequest(1, ["tiny", "octet", name, number]),
        encodeRequest(2, [`new-${name}`, "octet", name, number]),
      ])
    );
    await send(server, requests);
    await assertServes();
  });

  test("Names that try to leave the tree get nothing out of it", async () => {
    const names = ["../secret", "/../secret", "a/../../secret", "..\\secret", "%2e%2e/secret"];
    names.push(
      join(folder.path, "secret"),
      "./../secret",
      "//../secret",
      "..//secret",
      "/etc/passwd",
    );
    for (const name of names) {
      const read = rawRead({ host: server.host, port: server.tftpPort, name });
      await assert.rejects(read, `"${name}" was served`);
    }
    await assertServes();
  });

  test("Control characters in names do not reach the log as they are", async () => {
    const names = [
      "x\nFAKE line",
      "x\rFAKE line",
      "\u001b]0;FAKE\u0007",
      "\u009b31mFAKE",
      "\u0000FAKE",
    ];
    names.push("\u202eFAKE", "", " ", "\u0001", "caf\u00e9", "\ud83d\ude00");
    await send(server, names.map((name) => encodeRequest(1, [name, "octet"])));
    await send(server, [new Uint8Array([0, 1, 0xff, 0xfe, 0, 0x6f, 0x63, 0x74, 0x65, 0x74, 0])]);
    await assertServes();
    // The log comes in batches.
    await harness.logged(server, /FAKE/);
    const log = server.log();
    assert.ok(!/^FAKE/m.test(log), "A name has begun a line of its own");
    // deno-lint-ignore no-control-regex
    assert.ok(!/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/.test(log), "A raw control character");
  });

  test("10,000 requests from one address that nobody goes on with", async () => {
    const requests = Array.from(
      { length: 10_000 },
      (_, index) => encodeRequest(1, [index % 2 === 0 ? "tiny" : `missing-${index}`, "octet"]),
    );
    await send(server, requests, { sockets: 200 });
    await assertServes();
  });
});

function withOpcode(bytes: Uint8Array, opcode: number): Uint8Array {
  const copy = bytes.slice();
  copy.set([0, opcode].slice(0, copy.length));
  return copy;
}

/** Sends datagrams to the server's request port from a few sockets, with pauses for it to read. */
async function send(
  server: harness.Server,
  datagrams: readonly Uint8Array[],
  options: { readonly sockets?: number } = {},
): Promise<void> {
  const sockets = Array.from({ length: options.sockets ?? 1 }, () => createSocket("udp4"));
  for (const socket of sockets) socket.on("message", () => {});
  for (const [index, bytes] of datagrams.entries()) {
    const socket = sockets[index % sockets.length]!;
    await new Promise((resolve) => socket.send(bytes, server.tftpPort, server.host, resolve));
    if (index % 100 === 99) await harness.delay(5);
  }
  for (const socket of sockets) socket.close();
}
