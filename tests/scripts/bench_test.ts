// The pure parts of the benchmark: figures and verdicts, the report, what /proc says, the link.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Figures, figuresOf, median, verdicts } from "../../scripts/bench/figures.ts";
import { PretendedLink, seededRandom } from "../../scripts/bench/link.ts";
import { Meter } from "../../scripts/bench/meter.ts";
import type { LoadOrder, LoadResult } from "../../scripts/bench/order.ts";
import { type MeasuredRow, renderReport, targetText } from "../../scripts/bench/report.ts";
import { benchRows, type Row, type Target } from "../../scripts/bench/rows.ts";
import { parseCores } from "../../scripts/bench/running.ts";
import {
  busyCpuSeconds,
  cpuSecondsBetween,
  statCpuSeconds,
  statParent,
  statusAnonBytes,
} from "../../scripts/bench/usage.ts";
import type { Peer, UdpHost, UdpSocket } from "../../src/net/driver.ts";

const RESULT: LoadResult = {
  seconds: 2,
  bytes: 500e6,
  completed: 3,
  failed: 0,
  cpuSeconds: 1,
  privateBytes: 1e6,
  otherCpuSeconds: 0,
  firstFailure: null,
};
const FIGURES: Figures = {
  server: "bootsrv",
  isOurs: true,
  rate: 300,
  cpu: 1,
  privateBytes: 50e6,
  failed: 0,
  others: 0,
};
const SLOW: Figures = { ...FIGURES, server: "slow", isOurs: false, rate: 50, cpu: 2 };
const FAST: Figures = { ...FIGURES, server: "fast", isOurs: false, rate: 100, cpu: 4 };
const RATE: Target = { metric: "rate", against: "best", bound: 2 };
const CPU: Target = { metric: "cpu", against: "best", bound: 0.4 };

test("median() is the middle value, the mean of two, and null of none", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([]), null);
});

test("figuresOf() gives megabytes a second and processor seconds per gigabyte", () => {
  const figures = figuresOf({ name: "a", isOurs: false }, { unit: "bytes" }, [RESULT]);
  assert.equal(figures.rate, 250);
  assert.equal(figures.cpu, 2);
});

test("figuresOf() gives requests a second and processor seconds per 10,000 of them", () => {
  const result = { ...RESULT, completed: 5000 };
  const figures = figuresOf({ name: "a", isOurs: false }, { unit: "requests" }, [result]);
  assert.equal(figures.rate, 2500);
  assert.equal(figures.cpu, 2);
});

test("figuresOf() takes medians over the rounds and adds up what failed", () => {
  const results = [100e6, 900e6, 500e6].map((bytes) => ({ ...RESULT, bytes, failed: 1 }));
  const figures = figuresOf({ name: "a", isOurs: false }, { unit: "bytes" }, results);
  assert.equal(figures.rate, 250);
  assert.equal(figures.failed, 3);
});

test("figuresOf() leaves processor time unknown where no round knows it or nothing came", () => {
  const results = [{ ...RESULT, cpuSeconds: null }, { ...RESULT, bytes: 0 }];
  assert.equal(figuresOf({ name: "a", isOurs: false }, { unit: "bytes" }, results).cpu, null);
});

test("verdicts() compare with the best peer for each figure apart", () => {
  const found = verdicts([RATE, CPU], { ours: FIGURES, all: [SLOW, FAST, FIGURES] });
  assert.deepEqual(found.map(({ peer, value, met }) => ({ peer, value, met })), [
    { peer: "fast", value: 3, met: true },
    { peer: "slow", value: 0.5, met: false },
  ]);
});

test("verdicts() compare with the peer that the target names", () => {
  const target: Target = { metric: "rate", against: "slow" as "dnsmasq", bound: 7 };
  const [found] = verdicts([target], { ours: FIGURES, all: [SLOW, FAST] });
  assert.deepEqual([found!.peer, found!.value, found!.met], ["slow", 6, false]);
});

test("verdicts() take a peer that failed transfers for the best only where all did", () => {
  const broken = { ...FAST, failed: 1 };
  assert.equal(verdicts([RATE], { ours: FIGURES, all: [SLOW, broken] })[0]!.peer, "slow");
  assert.equal(verdicts([RATE], { ours: FIGURES, all: [broken] })[0]!.peer, "fast");
});

test("verdicts() hold no target for met by a server that failed transfers", () => {
  const ours = { ...FIGURES, failed: 1 };
  assert.equal(verdicts([RATE], { ours, all: [SLOW] })[0]!.met, false);
});

test("verdicts() are unknown without a peer, and absolute where none is named", () => {
  assert.equal(verdicts([RATE], { ours: FIGURES, all: [FIGURES] })[0]!.value, null);
  const memory: Target = { metric: "private", against: null, bound: 60e6 };
  const [found] = verdicts([memory], { ours: FIGURES, all: [FIGURES] });
  assert.deepEqual([found!.value, found!.met], [50e6, true]);
});

test("renderReport() shows ratios with verdicts, and without for what is exempt", () => {
  const [row] = benchRows({ warmupMs: 1, measureMs: 1, requests: 1 });
  const exempt = { ...FIGURES, server: "portable", rate: 10 };
  const rows: MeasuredRow[] = [{
    row: { ...row!, targets: [RATE, CPU] } as Row,
    figures: [SLOW, FAST, FIGURES, exempt],
    events: ["slow ended itself: out of range"],
  }];
  const text = renderReport(
    { date: "2026-01-02", command: "bench", facts: ["Linux"], rounds: 3, absent: [] },
    rows,
    {
      starts: [{ server: "bootsrv", isOurs: true, startMs: 200, idleBytes: 5e6 }],
      exempt: (server) => server === "portable",
    },
  );
  assert.match(text, /rate ≥ 2 × best peer \| 3\.00 × fast, met \| 0\.10 × fast \|/);
  assert.match(text, /CPU ≤ 0\.4 × best peer \| 0\.50 × slow, \*\*missed\*\*/);
  assert.match(text, /\n\nslow ended itself: out of range\.\n/);
  assert.match(text, /\| fast \| 100 \| 4\.00 \| 50 \| 0 \| 0\.0 \|/);
  assert.match(text, /\| bootsrv \| 200, \*\*missed\*\* \| 5\.0, met \|/);
});

test("targetText() names figure, bound and peer", () => {
  assert.equal(targetText(CPU), "CPU ≤ 0.4 × best peer");
  const memory: Target = { metric: "private", against: null, bound: 100e6 };
  assert.equal(targetText(memory), "private memory ≤ 100 MB");
});

test("benchRows() have distinct names, and files that are there or expected to be missing", () => {
  const rows = benchRows({ warmupMs: 1, measureMs: 1, requests: 1 });
  assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
  for (const { shape, id } of rows) assert.equal(shape.fileBytes === null, id.endsWith("missing"));
});

test("/proc/PID/stat is read past a name with spaces and brackets", () => {
  const stat = "42 (a) b (c) S 7 42 42 0 -1 0 0 0 0 0 100 50 25 25 20 0 1 0 0 0 0";
  assert.equal(statParent(stat), 7);
  assert.equal(statCpuSeconds(stat), 2);
});

test("anonymous memory is RssAnon in octets, and 0 where there is none", () => {
  assert.equal(statusAnonBytes("VmRSS:\t   9 kB\nRssAnon:\t     8 kB\n"), 8192);
  assert.equal(statusAnonBytes("Name:\tzombie\n"), 0);
});

test("the machine is busy for all but idle and waiting", () => {
  assert.equal(busyCpuSeconds("cpu  100 100 100 9999 9999 50 25 25 0 0\ncpu0 1\n"), 4);
});

test("processor time adds new processes and is unknown when one has vanished", () => {
  const before = new Map([[1, 5], [2, 1]]);
  assert.equal(cpuSecondsBetween(before, new Map([[1, 6], [2, 3], [3, 4]])), 7);
  assert.equal(cpuSecondsBetween(before, new Map([[1, 6]])), null);
});

test("parseCores() reads ranges and single cores", () => {
  assert.deepEqual(parseCores("0-2,5"), [0, 1, 2, 5]);
  assert.deepEqual(parseCores(""), []);
});

const ORDER: LoadOrder = {
  target: { host: "127.0.0.1", port: 69, pid: process.pid, forks: false },
  clients: 2,
  sockets: 1,
  file: "f",
  fileBytes: 1,
  patterned: false,
  blksize: null,
  windowsize: null,
  extent: { kind: "time", warmupMs: 100, measureMs: 2000 },
  receiver: "own",
  link: null,
};

/** Meters look into /proc. */
const skip = process.platform !== "linux";

test("a meter counts from the end of the warm-up, and readers that get nothing as failed", {
  skip,
}, () => {
  const readers = [{ bytes: 0 }, { bytes: 0 }];
  const meter = new Meter(ORDER, readers);
  assert.equal(meter.turn(1000), false);
  readers[0]!.bytes = 50;
  readers[1]!.bytes = 50;
  meter.ended("cold");
  meter.ended(null);
  assert.equal(meter.turn(1100), false);
  readers[0]!.bytes = 80;
  meter.ended(null);
  assert.equal(meter.turn(meter.deadline), true);
  const { bytes, failed, completed } = meter.result();
  assert.deepEqual([bytes, failed, completed], [30, 2, 1]);
});

test("a meter of requests lets no more begin than were ordered, and ends with the last", {
  skip,
}, () => {
  const meter = new Meter({ ...ORDER, extent: { kind: "requests", warmup: 1, count: 2 } }, []);
  const began = Array.from({ length: 4 }, () => meter.mayBegin());
  assert.deepEqual(began, [true, true, true, false]);
  meter.ended(null);
  assert.equal(meter.turn(1000), false);
  meter.ended(null);
  assert.equal(meter.turn(1001), false);
  meter.ended("Timed out");
  assert.equal(meter.turn(3000), true);
  const { completed, failed, firstFailure, seconds } = meter.result();
  assert.deepEqual([completed, failed, firstFailure, seconds], [1, 1, "Timed out", 2]);
});

const PEER: Peer = { family: 4, host: "127.0.0.1", port: 7 };

test("a pretended link holds datagrams back both ways, in order, in copies of their own", () => {
  const { link, socket, seen, sent } = linkOf(0);
  const bytes = new Uint8Array([1]);
  link.receive(socket, PEER, bytes, null, 100);
  bytes[0] = 2;
  link.receive(socket, PEER, bytes, null, 101);
  assert.equal(link.turn(109), 110);
  assert.deepEqual(seen, []);
  assert.equal(link.turn(110), 111);
  link.turn(111);
  assert.deepEqual(seen, [1, 2]);
  // The host answers what it receives: that waits as well.
  assert.deepEqual(sent, []);
  link.turn(121);
  assert.deepEqual(sent, [1, 2]);
});

test("a pretended link loses its share, the same datagrams for the same seed", () => {
  const through = () => {
    const { link, socket, seen } = linkOf(0.5);
    for (let i = 0; i < 100; i++) link.receive(socket, PEER, new Uint8Array([i]), null, 0);
    link.turn(10);
    return seen;
  };
  assert.deepEqual(through(), through());
  assert.ok(through().length > 25 && through().length < 75);
});

test("seededRandom() stays from 0 up to 1", () => {
  const random = seededRandom(0);
  const values = Array.from({ length: 1000 }, random);
  assert.ok(values.every((value) => value >= 0 && value < 1));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean - 0.5) < 0.05);
});

/** A link whose host answers each datagram with the same octets. */
function linkOf(loss: number) {
  const sent: number[] = [];
  const seen: number[] = [];
  const socket: UdpSocket = {
    host: "127.0.0.1",
    port: 1,
    send: (_peer, bytes) => void sent.push(bytes[0]!),
    sendRun: () => "sent",
    close: () => {},
  };
  const host: UdpHost = {
    receive: (by, peer, bytes) => {
      seen.push(bytes[0]!);
      by.send(peer, bytes, null);
    },
    turn: () => Infinity,
  };
  const link = new PretendedLink({ delayMs: 10, loss, seed: 3 }, host);
  link.wrap(socket);
  return { link, socket, seen, sent };
}
