// What people are told when it does not work, in virtual time.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { ClientEnvironment } from "../../src/client/environment.ts";
import { runGet } from "../../src/client/get.ts";
import { runPut } from "../../src/client/put.ts";
import { BindError, type Peer } from "../../src/net/driver.ts";
import type { Packet } from "../../src/wire/packet.ts";
import { fakeEnvironment, getOptions, putOptions, withDirectory } from "./fake_environment.ts";
import { type Network, VirtualDriver } from "./virtual_driver.ts";

const SERVER: Peer = { family: 4, host: "192.0.2.1", port: 3333 };
const URL = "tftp://192.0.2.1/x";
const OACK: Packet = {
  op: "oack",
  options: [{ name: "blksize", value: "1428" }, { name: "windowsize", value: "4" }],
};

function data(block: number, bytes: number): Packet {
  return { op: "data", block, payload: new Uint8Array(bytes) };
}

/** What `get` says on this network. */
async function get(network: Network, options: Parameters<typeof getOptions>[1] = {}) {
  const driver = new VirtualDriver(network);
  const environment = fakeEnvironment({ driver });
  const settings = getOptions(URL, { output: "-", ...options });
  const code = await runGet(settings, environment);
  return { code, said: environment.said(), seen: driver.seen };
}

/** What `put` of a small file from standard input says on this network. */
async function put(network: Network, stdin: readonly Uint8Array[]) {
  const environment = fakeEnvironment({ driver: new VirtualDriver(network), stdin });
  const code = await runPut(putOptions(URL, { file: "-" }), environment);
  return { code, said: environment.said() };
}

function from(peer: Peer, packet: Packet | null) {
  return packet === null ? [] : [{ from: peer, packet }];
}

test("A server that never answers is reported with the time waited and the usual reasons", async () => {
  const { code, said, seen } = await get(() => []);
  assert.equal(code, 1);
  assert.equal(
    said,
    "Cannot reach TFTP server 192.0.2.1 port 69: no answer in 31.0 s\n" +
      "Hint: is a TFTP server running there, on that port?\n" +
      "Hint: a firewall or NAT must let answers in: they come from another UDP port than 69\n",
  );
  assert.deepEqual(seen.map((s) => s.packet.op), Array(6).fill("rrq"));
});

test("--timeout and --retries set how long a silent server is waited for", async () => {
  const { said } = await get(() => [], { timeoutSeconds: 2, retries: 1 });
  assert.match(said, /no answer in 6\.000 s\n/);
});

test("An OACK without DATA after it points at the block size", async () => {
  const { code, said, seen } = await get(({ packet }) =>
    from(SERVER, packet.op === "rrq" ? OACK : null)
  );
  assert.equal(code, 1);
  assert.match(said, /^Server accepted the request for "x", but no DATA came in [\d.]+ s\n/);
  assert.match(
    said,
    /Hint: packets with 1428 octets may not fit the path: try a smaller --blksize/,
  );
  assert.equal(seen.at(-1)!.packet.op, "error");
});

test("A server that stops in the middle is reported with the block it got to", async () => {
  const { said } = await get(({ packet }) => {
    if (packet.op === "rrq") return from(SERVER, OACK);
    if (packet.op !== "ack" || packet.block !== 0) return [];
    return [1, 2, 3, 4].map((block) => ({ from: SERVER, packet: data(block, 1428) }));
  });
  assert.match(said, /^Server stopped sending "x" after block 4: no DATA came in [\d.]+ s\n$/);
});

test("An ERROR in the middle is the server's, with what was there by then", async () => {
  const { code, said } = await get(({ packet }) => {
    if (packet.op === "rrq") return from(SERVER, data(1, 512));
    if (packet.op !== "ack") return [];
    return from(SERVER, { op: "error", code: 0, message: "disk\x1b[31m on fire" });
  });
  assert.equal(code, 1);
  assert.equal(
    said,
    'Server broke off the transfer of "x" after 512 octets: disk\\x1b[31m on fire (ERROR 0)\n',
  );
});

test("RFC 1350: a code without words is told in the words of the RFC", async () => {
  for (
    const [code, words] of [[1, "File not found"], [2, "Access violation"], [99, "No reason given"]]
  ) {
    const error: Packet = { op: "error", code: code as number, message: "" };
    const { said } = await get(() => from(SERVER, error));
    assert.equal(said, `Server refused "x": ${words} (ERROR ${code})\n`);
  }
});

test("RFC 2347: an OACK that was not asked for is answered with ERROR 8 and a plain request", async () => {
  const { code, said, seen } = await get(({ packet }) => {
    if (packet.op !== "rrq") return [];
    if (packet.options.length === 0) return from(SERVER, data(1, 3));
    return from(SERVER, { op: "oack", options: [{ name: "blksize", value: "9000" }] });
  });
  assert.equal(code, 0);
  assert.match(
    said,
    /^Note: Options are not agreed on \(ERROR 8, "Server answered blksize 9000 to 1468"\)/,
  );
  assert.deepEqual(seen.map((s) => s.packet.op), ["rrq", "error", "rrq", "ack"]);
  assert.deepEqual(seen.map((s) => s.to.port), [69, 3333, 69, 3333]);
  assert.notEqual(seen[0]!.fromPort, seen[2]!.fromPort, "a new transfer has a new TID");
});

test("RFC 1350 §4: a stranger gets ERROR 5 and changes nothing", async () => {
  const stranger: Peer = { family: 4, host: "198.51.100.9", port: 3333 };
  const otherPort: Peer = { ...SERVER, port: 4444 };
  const { code, seen } = await get(({ packet, to }) => {
    if (to.host === stranger.host || to.port === otherPort.port) return [];
    if (packet.op === "rrq") {
      return [...from(stranger, data(1, 3)), ...from(SERVER, data(1, 512))];
    }
    if (packet.op !== "ack" || packet.block !== 1) return [];
    return [
      ...from(otherPort, data(2, 3)),
      ...from(otherPort, { op: "error", code: 0, message: "" }),
      ...from(SERVER, data(2, 100)),
    ];
  });
  assert.equal(code, 0);
  const told = seen.filter((s) => s.packet.op === "error");
  assert.deepEqual(told.map((s) => s.to), [stranger, otherPort]);
  for (const { packet } of told) assert.ok(packet.op === "error" && packet.code === 5);
});

test("A server that answers from another address is named in the hint", async () => {
  const other: Peer = { family: 4, host: "192.0.2.2", port: 3333 };
  const { code, said } = await get(({ packet }) => from(other, packet.op === "rrq" ? OACK : null));
  assert.equal(code, 1);
  assert.match(said, /Hint: 192\.0\.2\.2 answered instead: the server may have several addresses/);
});

test("What is no answer, or no packet, pins nobody", async () => {
  const { code } = await get(({ packet }) => {
    if (packet.op !== "rrq") return [];
    return [
      { from: { ...SERVER, port: 1111 }, packet: Uint8Array.of(0, 9, 1) },
      { from: { ...SERVER, port: 2222 }, packet: data(7, 3) },
      { from: SERVER, packet: data(1, 3) },
    ];
  });
  assert.equal(code, 0);
});

test("The other address family is tried when the first one stays silent or cannot be had", async () => {
  const addresses = [{ family: 6, host: "2001:db8::1" }, { family: 4, host: "192.0.2.1" }] as const;
  const network: Network = ({ to, packet }) =>
    to.family === 4 && packet.op === "rrq" ? from(SERVER, data(1, 3)) : [];
  const fault = {
    family: 6,
    error: new BindError({ host: "::", port: 0 }, "no-family", null),
  } as const;
  const rows: [VirtualDriver, string][] = [
    [new VirtualDriver(network), "No answer at 2001:db8::1, trying 192.0.2.1"],
    [
      new VirtualDriver(network, fault),
      'Cannot bind UDP socket to "[::]:0": address family not supported at 2001:db8::1, trying 192.0.2.1',
    ],
  ];
  for (const [driver, note] of rows) {
    const environment = fakeEnvironment({ driver, addresses });
    const code = await runGet(getOptions("tftp://boot.example/x", { output: "-" }), environment);
    assert.equal(code, 0);
    assert.equal(environment.said().split("\n")[0], `Note: ${note}`);
    assert.ok(driver.now() <= 3000, "a silent first address costs little");
  }
});

test("An IPv6 server may write its address as it likes", async () => {
  const driver = new VirtualDriver(() => from({ ...SERVER, family: 6, host: "::1" }, data(1, 3)));
  const environment = fakeEnvironment({ driver });
  assert.equal(await runGet(getOptions("tftp://[0:0::1]/x", { output: "-" }), environment), 0);
});

test("A host that has no address is reported as such", async () => {
  const environment: ClientEnvironment & { said(): string } = fakeEnvironment();
  assert.equal(await runGet(getOptions("tftp://none.example/x", { output: "-" }), environment), 1);
  assert.equal(environment.said(), 'Cannot find host "none.example": it has no address\n');
});

test("RFC 1350 §6: after loss get stays to repeat its last ACK, else it goes at once", async () => {
  const answer = (packet: { op: string }) => from(SERVER, packet.op === "rrq" ? data(1, 3) : null);
  const clean = new VirtualDriver(({ packet }) => answer(packet));
  await runGet(getOptions(URL, { output: "-" }), fakeEnvironment({ driver: clean }));
  assert.equal(clean.now(), 0);
  let requests = 0;
  const lossy = new VirtualDriver(({ packet }) =>
    packet.op === "rrq" && ++requests === 1 ? [] : answer(packet)
  );
  await runGet(getOptions(URL, { output: "-" }), fakeEnvironment({ driver: lossy }));
  assert.equal(lossy.now(), 2000, "a second for the request, a second for the last ACK");
});

test("Ctrl-C while the last ACK is only waited upon leaves the complete file alone", async () => {
  let requests = 0;
  const driver = new VirtualDriver(({ packet }) => {
    if (packet.op === "ack") setImmediate(environment.interrupt);
    return packet.op === "rrq" && ++requests > 1 ? from(SERVER, data(1, 3)) : [];
  });
  const environment = fakeEnvironment({ driver });
  const left = await withDirectory(async (directory) => {
    const settings = getOptions(URL, { output: join(directory, "x") });
    assert.equal(await runGet(settings, environment), 0);
  });
  assert.deepEqual(left, ["x"]);
});

test("Ctrl-C before anything is asked asks nothing", async () => {
  const driver = new VirtualDriver(() => []);
  const environment = fakeEnvironment({ driver });
  environment.interrupt();
  assert.equal(await runGet(getOptions(URL, { output: "-" }), environment), 130);
  assert.deepEqual(driver.seen, []);
});

test("put tells a silent server after the WRQ from one that stops acknowledging", async () => {
  const grant = ({ packet }: { packet: { op: string } }) =>
    from(SERVER, packet.op === "wrq" ? OACK : null);
  const first = await put(grant, [new Uint8Array(1428 * 20)]);
  assert.equal(first.code, 1);
  assert.match(first.said, /^Server accepted "x", but did not acknowledge a block in [\d.]+ s\n/);
  const second = await put(({ packet }) => {
    if (packet.op === "data" && packet.block === 4) return from(SERVER, { op: "ack", block: 4 });
    return grant({ packet });
  }, [new Uint8Array(1428 * 20)]);
  assert.match(second.said, /^Server stopped acknowledging "x" after block 4: no ACK came in /);
});

test("put fails when its last block is never acknowledged: it cannot know", async () => {
  const { code, said } = await put(
    ({ packet }) => from(SERVER, packet.op === "wrq" ? OACK : null),
    [
      new Uint8Array(100),
    ],
  );
  assert.equal(code, 1);
  assert.match(
    said,
    /^Server acknowledged 0 octets of "x" and nothing more in .* s: the file may be/,
  );
});
