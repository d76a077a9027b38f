// Downloads from groups, RFC 2090 and PXE MTFTP, in virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runGet } from "../../src/client/get.ts";
import { BindError, type Peer } from "../../src/net/driver.ts";
import type { Packet } from "../../src/wire/packet.ts";
import { fakeEnvironment, getOptions } from "./fake_environment.ts";
import { testBytes } from "./fake_server.ts";
import {
  type BindFault,
  type Network,
  type Reply,
  type Seen,
  VirtualDriver,
} from "./virtual_driver.ts";

const HOST = "192.0.2.1";
const SERVER: Peer = { family: 4, host: HOST, port: 3333 };
const GROUP = "239.255.69.1";
const FILE = testBytes(2500);
const BLOCKS = 5;

interface Wish {
  readonly options?: Parameters<typeof getOptions>[1];
  readonly bindFault?: BindFault;
  readonly url?: string;
}

/** What `get --multicast` with blocks of 512 octets makes of this network. */
async function get(network: Network, { options, bindFault, url }: Wish = {}) {
  const driver = new VirtualDriver(network, bindFault ?? null);
  const environment = fakeEnvironment({ driver });
  const group = { multicast: true, blksize: 512, windowsize: null, tsize: false } as const;
  const settings = getOptions(url ?? `tftp://${HOST}/x`, { output: "-", ...group, ...options });
  const code = await runGet(settings, environment);
  const sent = driver.seen.map(({ packet }) =>
    packet.op === "ack" ? `ack ${packet.block}` : packet.op
  );
  return { code, sent, said: environment.said(), out: environment.out(), seen: driver.seen };
}

function oack(role: 0 | 1, from = SERVER, address = GROUP): Reply {
  const options = [
    { name: "blksize", value: "512" },
    { name: "multicast", value: `${address},1758,${role}` },
  ];
  return { from, packet: { op: "oack", options } };
}

function data(block: number, from = SERVER): Reply {
  const payload = FILE.subarray((block - 1) * 512, block * 512);
  return { from, packet: { op: "data", block, payload } };
}

function toGroup(block: number, from = SERVER, group = GROUP): Reply {
  return { ...data(block, from), group };
}

function isAck(seen: Seen, block: number): boolean {
  return seen.packet.op === "ack" && seen.packet.block === block;
}

test("RFC 2090: the master client asks for block after block", async () => {
  const { code, sent, out, said } = await get(({ packet }) => {
    if (packet.op === "rrq") return [oack(1)];
    return packet.op === "ack" && packet.block < BLOCKS ? [toGroup(packet.block + 1)] : [];
  });
  assert.equal(code, 0);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.deepEqual(sent, ["rrq", ...[0, 1, 2, 3, 4, 5].map((block) => `ack ${block}`)]);
  assert.match(said, /, group 239\.255\.69\.1:1758, master 1 time, 0 blocks missed at first, sha/);
});

test("RFC 2090: a passive client says nothing until it has all, then ends with the last ACK", async () => {
  const all = [2, 1, 3, 5, 4].map((block) => toGroup(block));
  const { code, sent, out, said } = await get((seen) => {
    if (seen.packet.op !== "rrq") return [];
    // What comes before the group is joined is not heard.
    return seen.now === 0 ? [oack(0), toGroup(1)] : [oack(0), ...all];
  });
  assert.equal(code, 0);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.deepEqual(sent, ["rrq", "rrq", "ack 5"]);
  assert.match(said, /master 0 times/);
});

test("RFC 2090: what a late joiner missed it asks for as soon as it is the master", async () => {
  const { code, sent, out, said } = await get((seen) => {
    const { packet } = seen;
    if (packet.op === "rrq") {
      return seen.now === 0 ? [oack(0)] : [oack(0), toGroup(3), toGroup(5), oack(1)];
    }
    if (isAck(seen, 0)) return [toGroup(1)];
    if (isAck(seen, 1)) return [toGroup(2)];
    return isAck(seen, 3) ? [toGroup(4)] : [];
  });
  assert.equal(code, 0);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.deepEqual(sent.slice(0, 6), ["rrq", "rrq", "ack 0", "ack 1", "ack 3", "ack 5"]);
  assert.match(said, /master 1 time, 3 blocks missed at first/);
});

test("RFC 2090: a server that leaves the option out serves to us alone", async () => {
  const { code, out, said } = await get(({ packet }) => {
    if (packet.op === "rrq") {
      return [{
        from: SERVER,
        packet: { op: "oack", options: [{ name: "blksize", value: "512" }] },
      }];
    }
    return packet.op === "ack" && packet.block < BLOCKS ? [data(packet.block + 1)] : [];
  });
  assert.equal(code, 0);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.match(said, /^Note: Server offered no group\nx: 2500 bytes/);
  assert.doesNotMatch(said, /, group /);
});

test("A group that cannot be joined is told of, and the file fetched alone", async () => {
  const error = new BindError({ host: GROUP, port: 1758 }, "unavailable", null);
  const { code, sent, out, said } = await get(({ packet }) => {
    if (packet.op === "rrq") {
      return packet.options.some(({ name }) => name === "multicast") ? [oack(1)] : [data(1)];
    }
    return packet.op === "ack" && packet.block < BLOCKS ? [data(packet.block + 1)] : [];
  }, { bindFault: { family: "group", error } });
  assert.equal(code, 0);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.deepEqual(sent.slice(0, 3), ["rrq", "error", "rrq"]);
  assert.match(
    said,
    /^Note: Cannot receive from group 239\.255\.69\.1:1758 \(.*address not available\)/,
  );
});

test("Strangers who send to the group change nothing and are not answered", async () => {
  const stranger: Peer = { family: 4, host: "192.0.2.66", port: 3333 };
  const otherPort: Peer = { ...SERVER, port: 4444 };
  const { code, sent, out } = await get(({ packet }) => {
    if (packet.op === "rrq") return [oack(1)];
    if (packet.op !== "ack" || packet.block === BLOCKS) return [];
    const next = packet.block + 1;
    const lie = { op: "data", block: next, payload: new Uint8Array(512) } as const;
    return [
      { from: stranger, packet: lie, group: GROUP },
      { from: otherPort, packet: lie, group: GROUP },
      toGroup(next),
    ];
  });
  assert.equal(code, 0);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.ok(!sent.includes("error"));
});

test("A group that stays silent is reported with what usually is behind it, and the server told", async () => {
  const { code, sent, said } = await get(({ packet }) => packet.op === "rrq" ? [oack(1)] : []);
  assert.equal(code, 1);
  assert.match(said, /^No DATA of "x" came to group 239\.255\.69\.1:1758 in \d/);
  assert.match(said, /\nHint: .*IGMP snooping.*\nHint: .*--interface\n$/);
  assert.equal(sent.at(-1), "error");
});

test("RFC 2090: a repeated request that begins a new group is followed there, if the file is the same", async () => {
  const second: Peer = { ...SERVER, port: 5555 };
  const elsewhere = "239.255.69.2";
  let requests = 0;
  const { code, sent, out } = await get(({ packet, to }) => {
    if (packet.op === "rrq") return [++requests === 1 ? oack(0) : oack(1, second, elsewhere)];
    if (packet.op !== "ack" || to.port !== second.port || packet.block === BLOCKS) return [];
    return [toGroup(packet.block + 1, second, elsewhere)];
  });
  assert.equal(code, 0);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.equal(sent.filter((what) => what === "rrq").length, 2);
});

test("Over IPv6 the group is an IPv6 one", async () => {
  const server: Peer = { family: 6, host: "2001:db8::1", port: 3333 };
  const group = "ff15::4554:1";
  const { code, sent, out, said } = await get(({ packet }) => {
    if (packet.op === "rrq") return [oack(1, server, group)];
    const isLast = packet.op !== "ack" || packet.block === BLOCKS;
    return isLast ? [] : [toGroup(packet.block + 1, server, group)];
  }, { url: "tftp://[2001:db8::1]/x" });
  assert.equal(code, 0);
  assert.deepEqual(sent, ["rrq", ...[0, 1, 2, 3, 4, 5].map((block) => `ack ${block}`)]);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.match(said, /, group \[ff15::4554:1\]:1758, master 1 time, /);
});

const MTFTP = { address: GROUP, clientPort: 1758, serverPort: 1759 };
const PASS: Peer = { family: 4, host: HOST, port: 1759 };

test("PXE MTFTP: nothing heard, so it asks; block 1 both ways makes it the one to acknowledge", async () => {
  const { code, sent, out, seen, said } = await get(({ packet }) => {
    if (packet.op === "rrq") return [data(1, PASS), toGroup(1, PASS)];
    return packet.op === "ack" && packet.block < BLOCKS ? [toGroup(packet.block + 1, PASS)] : [];
  }, { options: { multicast: false, mtftp: MTFTP, trace: true } });
  assert.equal(code, 0);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.deepEqual(sent, ["rrq", ...[1, 2, 3, 4, 5].map((block) => `ack ${block}`)]);
  const [request] = seen;
  assert.deepEqual([request?.now, request?.to.port, request?.packet], [2000, 1759, {
    ...{ op: "rrq", name: "x", mode: "octet", options: [] },
  }]);
  assert.match(said, / = listening to [\s\S]* = opening a pass of /);
  assert.match(said, / = master client of group 239\.255\.69\.1:1758\n/);
});

test("PXE MTFTP: somebody else's pass is listened to, and our own asks for the rest only", async () => {
  let asked = 0;
  const { code, sent, out } = await get(({ packet }) => {
    if (packet.op === "rrq") {
      return ++asked === 1
        ? [toGroup(1, PASS), toGroup(2, PASS), toGroup(4, PASS), toGroup(5, PASS)]
        : [data(1, PASS), toGroup(1, PASS)];
    }
    return packet.op === "ack" && packet.block === 2 ? [toGroup(3, PASS)] : [];
  }, { options: { multicast: false, mtftp: MTFTP } });
  assert.equal(code, 0);
  assert.deepEqual(out, Buffer.from(FILE));
  assert.deepEqual(sent, ["rrq", "rrq", "ack 2", "ack 5"]);
});

test("PXE MTFTP: a silent server is reported with the question to ask", async () => {
  const options = { multicast: false, mtftp: MTFTP, retries: 1 };
  const { code, said } = await get(() => [], { options });
  assert.equal(code, 1);
  assert.match(said, /^No DATA of "x" came to group 239\.255\.69\.1:1758 in \d/);
  assert.match(
    said,
    /\nHint: does 192\.0\.2\.1 serve this file by MTFTP, at port 1759, to that group\?\n$/,
  );
});

test("PXE MTFTP: other hosts are not listened to", async () => {
  const stranger: Peer = { ...PASS, host: "192.0.2.66" };
  const packet: Packet = { op: "data", block: 1, payload: new Uint8Array(3) };
  const options = { multicast: false, mtftp: MTFTP, retries: 1 };
  const { code } = await get(() => [{ from: stranger, packet, group: GROUP }], { options });
  assert.equal(code, 1);
});
