// Sockets that the Linux driver shares with others of its kind, and sockets that somebody else has
// opened for it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BindError, type UdpSocket } from "../../src/net/driver.ts";
import { createLinuxDriver } from "../../src/net/linux.ts";
import { AF, SOCK } from "../../src/sys/layout.ts";
import { type Libc, openLibc } from "../../src/sys/libc.ts";
import { encodeAddress } from "../../src/sys/sockaddr.ts";
import { lookAtSocket, openUdpSocket } from "../../src/sys/socket.ts";
import { converse, peerAt } from "./conversation.ts";

const skip = await createLinuxDriver().then((driver) => (driver.stop(), false as const), String);

describe("The Linux driver", { skip }, () => {
  test("binds one address several times where every socket agrees to it", async () => {
    const driver = await createLinuxDriver();
    const where = { host: "127.0.0.1", reusePort: true };
    const first = await driver.bind({ ...where, port: 0 });
    const second = await driver.bind({ ...where, port: first.port });
    assert.equal(second.port, first.port);
    await assert.rejects(
      driver.bind({ host: "127.0.0.1", port: first.port }),
      (error) => error instanceof BindError && error.reason === "in-use",
    );
    driver.stop();
  });

  test("keeps each peer with one of the sockets that share an address", async () => {
    const driver = await createLinuxDriver();
    const where = { host: "127.0.0.1", reusePort: true };
    const servers = [await driver.bind({ ...where, port: 0 })];
    servers.push(await driver.bind({ ...where, port: servers[0]!.port }));
    const clients: UdpSocket[] = [];
    for (let i = 0; i < 32; i++) clients.push(await driver.bind({ host: "127.0.0.1", port: 0 }));
    const takers = new Map<number, Set<UdpSocket>>();
    let got = 0;
    await converse(driver, {
      start() {
        for (const client of [...clients, ...clients]) {
          client.send(peerAt("127.0.0.1", servers[0]!.port), Uint8Array.of(1), null);
        }
      },
      receive({ socket, peer }) {
        takers.set(peer.port, (takers.get(peer.port) ?? new Set()).add(socket));
        if (++got === 2 * clients.length) driver.stop();
      },
    });
    assert.deepEqual([...takers.values()].filter((sockets) => sockets.size !== 1), []);
    const used = new Set([...takers.values()].flatMap((sockets) => [...sockets]));
    assert.equal(used.size, 2, "32 peers over two sockets");
  });

  test("serves a socket that somebody else has bound, and knows the address asked", async () => {
    const libc = await openLibc();
    const given = openUdpSocket(libc, { host: "0.0.0.0", port: 0, pktinfo: false });
    const driver = await createLinuxDriver();
    const server = await driver.adopt(given.fd);
    assert.deepEqual([server.host, server.port], ["0.0.0.0", given.port]);
    const client = await driver.bind({ host: "127.0.0.1", port: 0 });
    let answered = false;
    await converse(driver, {
      start: () => client.send(peerAt("127.0.0.1", server.port), Uint8Array.of(1), null),
      receive({ socket, peer, local }) {
        if (socket === client) {
          answered = true;
          return driver.stop();
        }
        assert.equal(local?.host, "127.0.0.1");
        server.send(peer, Uint8Array.of(2), local);
      },
    });
    assert.ok(answered);
  });

  test("does not adopt what is no bound UDP socket of one family", async () => {
    const libc = await openLibc();
    const driver = await createLinuxDriver();
    const refused = async (fd: number, why: RegExp) => {
      await assert.rejects(driver.adopt(fd), why);
      libc.calls.close(fd);
    };
    await refused(open(libc, AF.inet, SOCK.stream), /no bound UDP socket/);
    await refused(open(libc, AF.inet, SOCK.dgram), /no bound UDP socket/);
    await refused(open(libc, AF.unix, SOCK.dgram), /no socket of IPv4 or IPv6/);
    await assert.rejects(driver.adopt(9999), /EBADF/);
    const dual = open(libc, AF.inet6, SOCK.dgram);
    const address = encodeAddress(libc, { host: "::", port: 0 })!;
    if (libc.calls.bind(dual, address, address.byteLength) === 0) {
      assert.equal(lookAtSocket(libc, dual).isDual, true);
      await refused(dual, /give one socket for each/);
    }
    driver.stop();
  });
});

function open(libc: Libc, family: number, type: number): number {
  return libc.calls.socket(family, type | SOCK.cloexec, 0);
}
