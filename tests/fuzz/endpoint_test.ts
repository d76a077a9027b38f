// Random datagrams against the whole endpoint: nothing escapes, nothing stays behind, and a client
// that behaves is served meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, type Client, request } from "../sim/bench.ts";
import { Random } from "../sim/random.ts";
import { encodePacket, type Packet } from "../../src/wire/packet.ts";
import { seeds } from "./seeds.ts";

const DATAGRAMS = 400;
const FILES = { f: new Uint8Array(3000), empty: "", "dir/g": "text\n" };

test("the endpoint survives any datagrams from anywhere to any of its ports", async () => {
  for (const seed of seeds(30)) {
    await torment(seed).catch((cause) => {
      throw new Error(`BOOTSRV_SEED=${seed} replays this failure: ${cause.message}`, { cause });
    });
  }
});

async function torment(seed: number) {
  const random = new Random(seed);
  const bench = await Bench.start({
    files: FILES,
    seed,
    upload: { enabled: true },
    tftp: { singlePort: random.chance(0.5) },
  });
  const honest = bench.client("10.0.0.2", 2000);
  honest.rrq("f");
  const attackers = [3, 4, 5].map((last) => bench.client(`10.0.0.${last}`, 1000 + last));
  for (let i = 0; i < DATAGRAMS; i++) {
    const attacker = random.pick(attackers);
    const tid = honest.tid === 0 ? 69 : honest.tid;
    attacker.say(randomDatagram(random), {
      to: random.pick([69, 69, tid, attacker.tid === 0 ? 69 : attacker.tid]),
      from: random.pick([attacker.port, attacker.port, random.integer(0, 65_535)]),
      broadcast: random.chance(0.1),
      waitMs: random.pick([0, 1, 30]),
    });
  }
  finish(honest);
  bench.pass(400_000);
  assert.equal(bench.endpoint.transfers, 0, "Transfers left behind");
  assert.equal(bench.uploads.running, 0, "Uploads left behind");
  const outcome = bench.reports.find((report) => report.client === "10.0.0.2")?.outcome;
  assert.equal(outcome, "done");
  for (const attacker of attackers) {
    const bytes = attacker.datagrams.reduce((sum, each) => sum + each.bytes.length, 0);
    assert.ok(bytes <= 2_000_000, `${bytes} octets sent to one attacker`);
  }
}

/** The honest client takes up where it was: it acknowledges what it has heard last. */
function finish(client: Client) {
  const to = client.tid === 0 ? 69 : client.tid;
  for (let block = 1; block <= 6; block++) client.ack(block, { to });
}

function randomDatagram(random: Random): Uint8Array {
  if (random.chance(0.2)) return randomBytes(random, random.integer(0, 600));
  const bytes = encodePacket(randomPacket(random));
  if (random.chance(0.2)) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
  return random.chance(0.1) ? bytes.subarray(0, random.integer(0, bytes.length)) : bytes;
}

function randomPacket(random: Random): Packet {
  const name = random.pick(["f", "empty", "dir/g", "dir", "../f", "new", "nope", "\u0000", "%00"]);
  const options = random.pick([
    "",
    "blksize 8 windowsize 65535",
    "tsize 0 timeout 1",
    "blksize 65464 windowsize 64",
    "tsize 99999999999999999999",
    "windowsize 4 msftwindow 31416",
    "blksize2 1000 rollover 1 utimeout 10000",
  ]);
  const mode = random.pick(["octet", "netascii", "octet", "mail"]);
  const block = random.pick([0, 1, 2, 3, random.integer(0, 65_535)]);
  return random.pick<Packet>([
    request("rrq", { name, mode, options }),
    request("wrq", { name: `${name}-${random.integer(0, 3)}`, mode, options }),
    { op: "ack", block },
    { op: "ack", block },
    { op: "data", block, payload: randomBytes(random, random.pick([0, 8, 100, 512, 1468])) },
    { op: "error", code: random.integer(0, 9), message: "x" },
    { op: "oack", options: [{ name: "blksize", value: "8" }] },
  ]);
}

function randomBytes(random: Random, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.integer(0, 255));
}
