// Real multicast clients in network namespaces of their own, on one bridge with the real server:
// twenty at once, with loss, with deaths, with late comers, by RFC 2090 and by PXE MTFTP.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Bridge, makeBridge } from "../../scripts/lib/bridge.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { runTransfer } from "./clients.ts";
import { makeGate } from "./gate.ts";
import * as harness from "./harness.ts";
import { canMakeLinks } from "./lossy_link.ts";

const RECEIVERS = 20;
const LOSS_PERCENT = 1;
const BLOCK_BYTES = 1428;
const BYTES = 3_000_000;
/** Who is kept waiting by a busy machine misses the group, or loses blocks and asks again. */
const TRIES_MAX = 8;
const MTFTP = { address: "239.255.70.1", clientPort: 1758, serverPort: 1759 };

const skip = harness.needs("atftp", "curl") ||
  harness.skipIf(!canMakeLinks(), "no network namespaces: needs root, ip and nft");

describe("Twenty receivers on one bridge", { skip }, () => {
  const folder = temporaryFolder("multicast");
  const root = join(folder.path, "root");
  let bridge: Bridge;
  let server: harness.Server;
  let expected: string;

  before(async () => {
    mkdirSync(root);
    expected = harness.writeRandomFile(join(root, "image"), BYTES);
    bridge = makeBridge(RECEIVERS);
    const config = join(folder.path, "bootsrv.toml");
    writeFileSync(config, CONFIG);
    server = await harness.startServer({
      root,
      host: bridge.serverHost,
      prefix: bridge.atServer,
      args: ["--config", config, "--verbose"],
    });
  });

  after(async () => {
    await server?.stop();
    bridge?.remove();
    folder.remove();
  });

  /** A client at receiver `index` and where its copy goes. */
  function client(index: number, how: "rfc2090" | "mtftp"): { command: string[]; file: string } {
    const file = join(folder.path, `${how}-${index}-${Math.random().toString(36).slice(2)}`);
    const place = ["--remote-file", "image", "--local-file", file, server.host];
    const command = how === "rfc2090"
      ? [
        ...["atftp", "--option", `blksize ${BLOCK_BYTES}`, "--option", "multicast", "--get"],
        ...[...place, `${server.tftpPort}`],
      ]
      : [
        ...["atftp", "--mtftp", `client-port ${MTFTP.clientPort}`],
        ...["--mtftp", `mcast-ip ${MTFTP.address}`, "--mget", ...place, `${MTFTP.serverPort}`],
      ];
    return { command, file };
  }

  async function fetchAll(
    indices: readonly number[],
    how: "rfc2090" | "mtftp",
    behind: readonly string[] = [],
  ) {
    const digests = await Promise.all(indices.map(async (index) => {
      const { command, file } = client(index, how);
      const prefix = [...bridge.atReceiver(index), ...behind];
      await runTransfer(command, { prefix, givesUp: TOO_LATE });
      return harness.fileDigest(file);
    }));
    assert.deepEqual(new Set(digests), new Set([expected]));
  }

  /** Starts a client that the test kills. */
  function doomed(index: number): ChildProcess {
    const [program, ...args] = [...bridge.atReceiver(index), ...client(index, "rfc2090").command];
    return spawn(program!, args, { stdio: "ignore" });
  }

  test("all get the file for little more than the price of one", async () => {
    const tries: Scene[] = [];
    // Three of twenty times.
    const isShown = () =>
      tries.some(({ bytes, largest }) => bytes < 3 * BYTES && largest === RECEIVERS);
    while (tries.length < TRIES_MAX && !isShown()) tries.push(await fetchTogether());
    assert.ok(isShown(), `${JSON.stringify(tries)}\n${server.log()}`);
  });

  async function fetchTogether(): Promise<Scene> {
    const before = { bytes: bridge.sent().bytes, groups: groupsEnded().length };
    // However slowly they are started: none misses the group.
    const gate = makeGate(folder.path);
    const all = fetchAll(range(0, RECEIVERS), "rfc2090", gate.behind);
    try {
      await gate.open(RECEIVERS);
      await all;
    } finally {
      gate.remove();
    }
    const bytes = bridge.sent().bytes - before.bytes;
    const groups = () => groupsEnded().slice(before.groups);
    await harness.until(
      () => sum(groups(), "members") >= RECEIVERS,
      () => `These have ended: ${JSON.stringify(groups())}:\n${server.log()}`,
    );
    return { bytes, largest: Math.max(...groups().map(({ members }) => members)) };
  }

  test("Prometheus is told what the group has cost", async () => {
    const url = `http://${server.host}:${server.httpPort}/.bootsrv/metrics`;
    let text = "";
    const figure = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
    const ended = async () => {
      text =
        (await harness.runClient(["curl", "-s", url], { prefix: bridge.atReceiver(0) })).output;
      return figure("bootsrv_multicast_groups_started_total") === groupsEnded().length &&
        figure("bootsrv_multicast_groups") === 0;
    };
    await harness.until(ended, () => text);
    const blocks = sum(groupsEnded(), "blocks");
    assert.equal(figure("bootsrv_multicast_blocks_sent_total"), blocks);
    assert.equal(figure("bootsrv_multicast_repeats_total"), sum(groupsEnded(), "repeats"));
    const bytes = figure("bootsrv_multicast_bytes_sent_total");
    assert.ok(bytes >= BYTES && bytes <= blocks * BLOCK_BYTES, text);
  });

  test("the members end before their group", () => {
    let [ended, expected] = [0, 0];
    for (const line of server.log().split("\n")) {
      if (line.includes(" multicast read image ")) ended += 1;
      const group = groupOf(line);
      if (group === null) continue;
      expected += group.members;
      assert.ok(ended >= expected, `${ended} of ${expected} ended before: ${line}`);
    }
    assert.equal(ended, expected);
  });

  /** Resolves when the server has sent so many octets since it had sent `before`. */
  async function sentSince(before: number, bytes: number): Promise<void> {
    const sent = () => bridge.sent().bytes - before;
    await harness.until(() => sent() >= bytes, () => `${sent()} of ${bytes} octets were sent`);
  }

  function groupsEnded(): Group[] {
    return server.log().split("\n").map(groupOf).filter((group) => group !== null);
  }

  test(`all get it when each loses ${LOSS_PERCENT} %`, async () => {
    bridge.lose(LOSS_PERCENT);
    try {
      await fetchAll(range(0, RECEIVERS), "rfc2090");
    } finally {
      bridge.lose(0);
    }
  });

  test("the deaths of the master and of a listener harm nobody else", async () => {
    bridge.lose(LOSS_PERCENT);
    const before = bridge.sent().bytes;
    const master = doomed(0);
    await sentSince(before, BYTES / 100);
    const listener = doomed(1);
    const others = fetchAll(range(2, RECEIVERS), "rfc2090");
    await sentSince(before, BYTES / 4);
    master.kill("SIGKILL");
    listener.kill("SIGKILL");
    try {
      await others;
    } finally {
      bridge.lose(0);
    }
  });

  test("ten that join late get what they missed", async () => {
    const before = bridge.sent().bytes;
    const early = fetchAll(range(0, 10), "rfc2090");
    await sentSince(before, BYTES / 10);
    await Promise.all([early, fetchAll(range(10, RECEIVERS), "rfc2090")]);
  });

  test("a client that did not ask for multicast is served alone meanwhile", async () => {
    const file = join(folder.path, "alone");
    const command = [
      ...["atftp", "--option", "blksize 1428", "--get", "--remote-file", "image"],
      ...["--local-file", file, server.host, `${server.tftpPort}`],
    ];
    const group = fetchAll(range(0, 5), "rfc2090");
    await runTransfer(command, { prefix: bridge.atReceiver(6) });
    await group;
    assert.equal(harness.fileDigest(file), expected);
  });

  test("MTFTP serves all, at the same time as RFC 2090", async () => {
    const group = fetchAll(range(0, 5), "rfc2090");
    await Promise.all([group, fetchAll(range(5, RECEIVERS), "mtftp")]);
  });

  test(`MTFTP serves all when each loses ${LOSS_PERCENT} %`, async () => {
    bridge.lose(LOSS_PERCENT);
    try {
      await fetchAll(range(0, RECEIVERS), "mtftp");
    } finally {
      bridge.lose(0);
    }
  });
});

/**
 * What atftp 0.8 says where it, or the server, was silent for seconds: by RFC 2090 it is left out
 * after two of them while others wait for it, by MTFTP it asks twice.
 */
const TOO_LATE = /Unknown transfer ID|mtftp: aborting/;

/** What came of all receivers asking at once. */
interface Scene {
  /** Sent by the server. */
  readonly bytes: number;
  /** Members of the largest group. */
  readonly largest: number;
}

/** What the log says of a group at its end. */
interface Group {
  readonly members: number;
  readonly blocks: number;
  readonly repeats: number;
}

/** The group whose end a line of the log tells; null for other lines. */
function groupOf(line: string): Group | null {
  const pattern =
    /Group 239\.255\.69\.\d+:\d+ ended .*members=(\d+) .*blocks-sent=(\d+) repeats=(\d+)/;
  const [, members, blocks, repeats] = pattern.exec(line)?.map(Number) ?? [];
  return members === undefined ? null : { members, blocks: blocks!, repeats: repeats! };
}

function sum(groups: readonly Group[], figure: keyof Group): number {
  return groups.reduce((total, group) => total + group[figure], 0);
}

const CONFIG = `
[[mtftp]]
file = "image"
address = "${MTFTP.address}"
client-port = ${MTFTP.clientPort}
server-port = ${MTFTP.serverPort}
`;

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}
