// Real multicast clients in network namespaces of their own, on one bridge with the real server:
// twenty at once, with loss, with deaths, with late comers, by RFC 2090 and by PXE MTFTP.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Bridge, makeBridge } from "../../scripts/lib/bridge.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { makeGate } from "./gate.ts";
import * as harness from "./harness.ts";
import { canMakeLinks } from "./lossy_link.ts";

const RECEIVERS = 20;
const LOSS_PERCENT = 1;
const BLOCK_BYTES = 1428;
const BYTES = 3_000_000;
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
      await harness.runClient(command, { prefix, timeoutMs: 100_000 });
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
    const before = bridge.sent().bytes;
    // However slowly they are started: none misses the group.
    const gate = makeGate(folder.path);
    const all = fetchAll(range(0, RECEIVERS), "rfc2090", gate.behind);
    try {
      await gate.open(RECEIVERS);
      await all;
    } finally {
      gate.remove();
    }
    const bytes = bridge.sent().bytes - before;
    // Of twenty times; a busy machine has receivers that lose some and ask again.
    assert.ok(bytes < 3 * BYTES, `${bytes} octets sent`);
    await harness.logged(server, /Group 239\.255\.69\.\d+:\d+ ended .*members=20/);
    const lines = server.log().split("\n");
    const end = lines.findIndex((line) => /Group .* ended .*members=20/.test(line));
    const members = lines.slice(0, end).filter((line) => line.includes(" multicast read image "));
    assert.equal(members.length, RECEIVERS, "The members end before their group");
  });

  test("Prometheus is told what the group has cost", async () => {
    const url = `http://${server.host}:${server.httpPort}/.bootsrv/metrics`;
    let text = "";
    const figure = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
    const ended = async () => {
      text =
        (await harness.runClient(["curl", "-s", url], { prefix: bridge.atReceiver(0) })).output;
      return figure("bootsrv_multicast_groups_started_total") === 1 &&
        figure("bootsrv_multicast_groups") === 0;
    };
    await harness.until(ended, () => text);
    const [, blocks, repeats] = /blocks-sent=(\d+) repeats=(\d+)/.exec(server.log())!.map(Number);
    assert.equal(figure("bootsrv_multicast_blocks_sent_total"), blocks);
    assert.equal(figure("bootsrv_multicast_repeats_total"), repeats);
    const bytes = figure("bootsrv_multicast_bytes_sent_total");
    assert.ok(bytes >= BYTES && bytes <= blocks! * BLOCK_BYTES, text);
  });

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
    const master = doomed(0);
    await harness.delay(40);
    const listener = doomed(1);
    const others = fetchAll(range(2, RECEIVERS), "rfc2090");
    await harness.delay(150);
    master.kill("SIGKILL");
    listener.kill("SIGKILL");
    try {
      await others;
    } finally {
      bridge.lose(0);
    }
  });

  test("ten that join late get what they missed", async () => {
    const early = fetchAll(range(0, 10), "rfc2090");
    await harness.delay(120);
    await Promise.all([early, fetchAll(range(10, RECEIVERS), "rfc2090")]);
  });

  test("a client that did not ask for multicast is served alone meanwhile", async () => {
    const file = join(folder.path, "alone");
    const command = [
      ...["atftp", "--option", "blksize 1428", "--get", "--remote-file", "image"],
      ...["--local-file", file, server.host, `${server.tftpPort}`],
    ];
    const group = fetchAll(range(0, 5), "rfc2090");
    await harness.runClient(command, { prefix: bridge.atReceiver(6) });
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
