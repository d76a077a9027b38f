// What a trace says of the packets of a driver, and that it changes none of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Peer, Run, UdpDriver, UdpHost, UdpSocket } from "../../src/net/driver.ts";
import { tracedDriver } from "../../src/tftp/traced_driver.ts";
import { encodePacket } from "../../src/wire/packet.ts";

const PEER: Peer = { family: 4, host: "10.0.0.1", port: 2070 };
const PEER6: Peer = { family: 6, host: "2001:db8::1", port: 2071 };

/** A driver of one socket that notes what it is asked to do. */
function fake() {
  const calls: string[] = [];
  const lines: string[] = [];
  const socket: UdpSocket = {
    ...{ host: "10.0.0.9", port: 69 },
    send: (peer, bytes) => void calls.push(`send ${peer.port} ${bytes.length}`),
    sendRun(peer, run) {
      calls.push(`run ${peer.port} ${run.count}`);
      return "unreadable";
    },
    close: () => void calls.push("close"),
  };
  let host: UdpHost | null = null;
  const driver: UdpDriver = {
    name: "simulated",
    now: () => 7,
    bind: () => Promise.resolve(socket),
    expand: (text) => [text],
    release: () => {},
    run(given) {
      host = given;
      return Promise.resolve();
    },
    wake: () => {},
    stop: () => {},
  };
  const traced = tracedDriver(driver, (line) => lines.push(line));
  const receive = (peer: Peer, bytes: Uint8Array) => host!.receive(socket, peer, bytes, null, 7);
  return { calls, lines, traced, receive };
}

test("each packet is a line: direction, peer, our port, content", async () => {
  const { calls, lines, traced, receive } = fake();
  const socket = await traced.bind({ host: "10.0.0.9", port: 69 });
  const heard: UdpSocket[] = [];
  void traced.run({ receive: (from) => void heard.push(from), turn: () => Infinity });
  const options = [{ name: "blksize", value: "1468" }];
  receive(PEER, encodePacket({ op: "rrq", name: "boot/\x1bx", mode: "octet", options }));
  receive(PEER6, new Uint8Array([0, 9]));
  socket.send(PEER, encodePacket({ op: "oack", options }), null);
  const run: Run = {
    headers: new Uint8Array([0, 3, 0xff, 0xff, 0, 3, 0, 0]),
    ...{ headerBytes: 4, offset: 0, segmentBytes: 1468, totalBytes: 1469, count: 2 },
    source: { size: 1469, fd: null, read: () => 0 },
  };
  assert.equal(socket.sendRun(PEER, run, null), "unreadable");
  assert.equal(socket.payloadBytesMax?.(PEER, null), null);
  assert.deepEqual(lines, [
    '< 10.0.0.1:2070 at 69: RRQ "boot/\\x1bx" octet blksize=1468',
    "< [2001:db8::1]:2071 at 69: malformed: Unknown opcode 9",
    "> 10.0.0.1:2070 at 69: OACK blksize=1468",
    "> 10.0.0.1:2070 at 69: DATA 65535 (1468 octets)",
    "> 10.0.0.1:2070 at 69: DATA 0 (1 octet)",
  ]);
  assert.deepEqual(calls, ["send 2070 15", "run 2070 2"]);
  assert.deepEqual(heard, [socket, socket], "the host knows sockets as it was given them");
  socket.close();
  assert.equal(calls.at(-1), "close");
});

test("a traced driver can what the driver can, and no more", () => {
  const { traced } = fake();
  assert.equal(traced.adopt, undefined);
  assert.equal(traced.name, "simulated");
  assert.equal(traced.now(), 7);
  assert.deepEqual(traced.expand("::"), ["::"]);
});
