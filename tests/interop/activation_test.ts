// Started the old ways: by inetd, with the request socket as standard input, and by a socket unit.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { type GivenServer, startGiven } from "./given_server.ts";
import * as harness from "./harness.ts";

const skip = harness.skipIf(process.platform !== "linux", "sockets are given on Linux only") ||
  harness.needs("python3", "curl");
const adoptsTcp = process.versions.bun === undefined && process.env.BOOTSRV_BINARY === undefined;
const UDP = { kind: "udp", host: "127.0.0.1" } as const;

describe("A server with given sockets", { skip }, () => {
  const folder = temporaryFolder("given");
  const root = join(folder.path, "root");
  mkdirSync(root);
  const digest = harness.writeRandomFile(join(root, "big.bin"), 300_000);
  writeFileSync(join(root, "small.txt"), "small\n");
  after(() => folder.remove());

  async function fetched(url: string): Promise<string> {
    const file = join(folder.path, "got");
    await harness.runClient(["curl", "--silent", "--show-error", "--fail", "-o", file, url]);
    return harness.fileDigest(file);
  }

  async function withServer(
    order: Parameters<typeof startGiven>[0],
    body: (server: GivenServer) => Promise<void>,
  ): Promise<void> {
    const server = await startGiven({ ...order, args: ["--root", root, ...order.args] });
    try {
      await body(server);
    } finally {
      await server.stop();
    }
  }

  test("inetd: it serves the request that woke it, and ends when there are no more", async () => {
    await withServer({
      sockets: [UDP],
      places: [0],
      // inetd gives the socket as all three; what is logged there must not go to a client.
      also: [1, 2],
      awaitsRequest: true,
      // Longer than a busy machine stands still: then it would end in the middle.
      args: ["--inetd", "--inetd-timeout", "8"],
    }, async (server) => {
      assert.equal(await fetched(`tftp://127.0.0.1:${server.ports[0]}/big.bin`), digest);
      assert.equal(await server.ended, 0);
    });
  });

  test("inetd: HTTP stays off, and SIGTERM ends it as ever", async () => {
    await withServer({ sockets: [UDP], places: [0], args: ["--inetd"] }, async (server) => {
      await server.logged(/TFTP on 127\.0\.0\.1:\d+/);
      assert.doesNotMatch(server.log(), /HTTP on/);
      assert.equal(await fetched(`tftp://127.0.0.1:${server.ports[0]}/big.bin`), digest);
      assert.equal(await server.stop(), 0, server.log());
    });
  });

  test("--inetd without a socket says what it wants", async () => {
    const { code, output } = await harness.runBootsrv(["--inetd", "--root", root]);
    assert.equal(code, 1);
    assert.match(output, /--inetd wants the UDP request socket/);
  });

  test("systemd: UDP sockets are served on both runtimes, whatever the port says", async () => {
    await withServer({
      sockets: [UDP],
      places: [3],
      env: { LISTEN_FDS: "1", LISTEN_FDNAMES: "tftp" },
      args: ["--http-port", "off"],
    }, async (server) => {
      assert.equal(await fetched(`tftp://127.0.0.1:${server.ports[0]}/big.bin`), digest);
      assert.equal(await server.stop(), 0, server.log());
    });
  });

  test("systemd: listening TCP sockets are served, or it is said that they cannot be", async () => {
    await withServer({
      sockets: [UDP, { kind: "tcp", host: "127.0.0.1" }],
      places: [3, 4],
      env: { LISTEN_FDS: "2", LISTEN_FDNAMES: "tftp:web" },
      args: [],
    }, async (server) => {
      if (adoptsTcp) {
        assert.equal(await fetched(`http://127.0.0.1:${server.ports[1]}/big.bin`), digest);
        assert.equal(await fetched(`tftp://127.0.0.1:${server.ports[0]}/big.bin`), digest);
        return;
      }
      assert.equal(await server.ended, 1);
      assert.match(server.log(), /Cannot serve descriptor 4 \("web"\).*cannot take over listening/);
    });
  });

  test("systemd: a socket of both families is refused with what to change", async () => {
    await withServer({
      sockets: [{ kind: "udp", host: "::" }],
      places: [3],
      env: { LISTEN_FDS: "1" },
      args: ["--http-port", "off"],
    }, async (server) => {
      assert.equal(await server.ended, 1);
      assert.match(server.log(), /descriptor 3: it takes IPv4 and IPv6: give one socket for each/);
    });
  });

  test("systemd: descriptors of another process are left alone", async () => {
    await withServer({
      sockets: [UDP],
      places: [3],
      env: { LISTEN_FDS: "1", LISTEN_PID: "1" },
      args: ["--address", "127.0.0.1", "--tftp-port", "0", "--http-port", "off"],
    }, async (server) => {
      await server.logged(/TFTP on 127\.0\.0\.1:\d+/);
      assert.ok(!server.log().includes(`127.0.0.1:${server.ports[0]}.`), server.log());
    });
  });
});
