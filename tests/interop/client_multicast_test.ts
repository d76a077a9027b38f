// Our client as a receiver of groups, by RFC 2090 and by PXE MTFTP, from bootsrv and from atftpd:
// receivers in network namespaces of their own on one bridge, with loss and late comers.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import process from "node:process";
import { unpackedProgram } from "../../scripts/lib/apt.ts";
import { type Bridge, makeBridge } from "../../scripts/lib/bridge.ts";
import { run } from "../../scripts/lib/command.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";
import { canMakeLinks } from "./lossy_link.ts";

const RECEIVERS = 5;
const LOSS_PERCENT = 2;
const BYTES = 1_000_000;
/** MTFTP knows blocks of 512 octets only; atftpd repeats a lost one after five seconds. */
const SMALL_BYTES = 100_000;
const PORT = 6969;
/** Who is late on a busy machine comes when the group has ended, and is given another. */
const TRIES_MAX = 8;
const MTFTP = { address: "239.255.70.1", clientPort: 1758, serverPort: 1759 };
const CONFIG = `
[[mtftp]]
file = "small"
address = "${MTFTP.address}"
client-port = ${MTFTP.clientPort}
server-port = ${MTFTP.serverPort}
`;

const folder = temporaryFolder("client-multicast");
const root = join(folder.path, "root");
const digests = new Map<string, string>();
const skip = harness.skipIf(!canMakeLinks(), "no network namespaces: needs root, ip and nft");
// Not on PATH: see setup.
const atftpd = unpackedProgram("atftpd", "atftpd");
const skipAtftpd = skip || harness.needs("curl") ||
  harness.skipIf(atftpd === null, 'no "atftpd" here; see deno task setup');
let bridge: Bridge;

before(() => {
  mkdirSync(root);
  digests.set("image", harness.writeRandomFile(join(root, "image"), BYTES));
  digests.set("small", harness.writeRandomFile(join(root, "small"), SMALL_BYTES));
  if (skip === false) bridge = makeBridge(RECEIVERS);
});

after(() => {
  bridge?.remove();
  folder.remove();
});

/** Fetches at one receiver; gives what the client said. */
async function fetch(
  index: number,
  name: string,
  flags: readonly string[],
  host = bridge.serverHost,
): Promise<string> {
  const file = join(folder.path, `copy-${Math.random().toString(36).slice(2)}`);
  const url = `tftp://${host}:${PORT}/${name}`;
  const command = [...harness.bootsrvCommand(), "get", url, "-o", file, ...flags];
  const { output } = await harness.runClient(command, { prefix: bridge.atReceiver(index) });
  assert.equal(harness.fileDigest(file), digests.get(name.split("/").at(-1)!));
  return output;
}

/** Resolves when a transfer is under way since the server had sent `before` octets. */
async function sentSince(before: number): Promise<void> {
  const isUnderWay = () => bridge.sent().bytes - before > BYTES / 10;
  await harness.until(isUnderWay, () => "The server sends nothing");
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

async function withLoss(act: () => Promise<unknown>): Promise<void> {
  bridge.lose(LOSS_PERCENT);
  try {
    await act();
  } finally {
    bridge.lose(0);
  }
}

const FLAGS = ["--multicast"];
const MTFTP_FLAGS = [
  ...["--mtftp", `${MTFTP.address}:${MTFTP.clientPort}:${MTFTP.serverPort}`],
];

describe("Our client in groups of bootsrv", { skip }, () => {
  let server: harness.Server;

  before(async () => {
    const config = join(folder.path, "bootsrv.toml");
    writeFileSync(config, CONFIG);
    server = await harness.startServer({
      root,
      host: bridge.serverHost,
      prefix: bridge.atServer,
      args: [
        ...["--config", config, "--tftp-port", `${PORT}`],
        ...bridge.serverHost6 === null ? [] : ["--address", bridge.serverHost6],
      ],
    });
  });

  after(async () => {
    await server?.stop();
  });

  test("all receive one transfer", async () => {
    const said = await Promise.all(range(0, RECEIVERS).map((at) => fetch(at, "image", FLAGS)));
    assert.ok(
      said.every((text) => /, group 239\.255\.69\.\d+:\d+, master \d+ times?, /.test(text)),
    );
  });

  test(`all have the file in the end when each loses ${LOSS_PERCENT} %`, async () => {
    await withLoss(() => Promise.all(range(0, RECEIVERS).map((at) => fetch(at, "image", FLAGS))));
  });

  test("IPv6: all receive one transfer, with and without loss", async (t) => {
    const host = bridge.serverHost6;
    if (host === null) return t.skip("no IPv6 on this machine");
    const all = () =>
      Promise.all(range(0, RECEIVERS).map((at) => fetch(at, "image", FLAGS, `[${host}]`)));
    let groups: readonly number[] = [];
    for (let tries = 1; tries <= TRIES_MAX && !groups.includes(RECEIVERS); tries++) {
      const said = await all();
      assert.ok(said.every((text) => /, group \[ff15::4554:[0-9a-f]+\]:\d+, master /.test(text)));
      await harness.until(() => {
        groups = groupsEnded6();
        return groups.reduce((sum, members) => sum + members, 0) >= tries * RECEIVERS;
      }, () => `Groups of ${groups} have ended:\n${server.log()}`);
    }
    assert.ok(groups.includes(RECEIVERS), `groups of ${groups}`);
    await withLoss(all);
  });

  /** The number of members of each group by IPv6. */
  function groupsEnded6(): number[] {
    const lines = server.log().matchAll(/Group \[ff15::\S+ ended .*members=(\d+)/g);
    return Array.from(lines, ([, members]) => Number(members));
  }

  test("one that comes late asks for what it missed, and one to standard output gets it whole", async () => {
    const before = bridge.sent().bytes;
    const early = [0, 1].map((at) => fetch(at, "image", FLAGS));
    await sentSince(before);
    await Promise.all([...early, fetch(2, "image", FLAGS)]);
    const url = `tftp://${bridge.serverHost}:${PORT}/small`;
    const toStdout = [...harness.bootsrvCommand(), "get", url, "-o", "-", "-q", ...FLAGS];
    const line = `${toStdout.join(" ")} | sha256sum`;
    const { output } = await harness.runClient(["sh", "-c", line], {
      prefix: bridge.atReceiver(0),
    });
    assert.match(output, new RegExp(`^${digests.get("small")}`));
  });

  test("MTFTP: all receive, with and without loss", async () => {
    const all = () => Promise.all(range(0, RECEIVERS).map((at) => fetch(at, "small", MTFTP_FLAGS)));
    await all();
    await withLoss(all);
  });

  test("MTFTP: a file that is not served is reported with the question to ask", async () => {
    const flags = [...MTFTP_FLAGS, "--retries", "0"];
    await assert.rejects(fetch(0, "image", flags), /does 192\.0\.2\.1 serve this file by MTFTP/);
  });
});

describe("Our client in groups of atftpd", { skip: skipAtftpd }, () => {
  let stop = () => {};

  before(async () => {
    const config = join(folder.path, "mtftp.conf");
    writeFileSync(config, `${root}/small ${MTFTP.address} ${MTFTP.clientPort}\n`);
    const [program, ...args] = [
      ...[...bridge.atServer, atftpd!, "--daemon", "--no-fork", "--port", `${PORT}`],
      ...["--mtftp", config, "--mtftp-port", `${MTFTP.serverPort}`, "--retry-timeout", "1"],
      ...["--user", "root", "--group", "root", "--logfile", "-", root],
    ];
    const child = spawn(program!, args, { stdio: "ignore" });
    const kill = () => void child.kill("SIGKILL");
    process.on("exit", kill);
    stop = () => {
      process.off("exit", kill);
      kill();
    };
    await harness.until(async () => {
      const url = `tftp://${bridge.serverHost}:${PORT}/small`;
      const [ip, ...rest] = [...bridge.atReceiver(0), "curl", "-s", "-m", "5", "-o", "-", url];
      return (await run(ip!, rest)).code === 0;
    }, () => "atftpd does not answer");
  });

  after(() => stop());

  test("all receive one transfer", async () => {
    await Promise.all(range(0, RECEIVERS).map((at) => fetch(at, "image", FLAGS)));
  });

  test("one that comes late asks for what it missed", async () => {
    const before = bridge.sent().bytes;
    const early = fetch(0, "image", FLAGS);
    await sentSince(before);
    await Promise.all([early, fetch(1, "image", FLAGS)]);
  });

  test("MTFTP: all receive", async () => {
    await Promise.all(range(0, RECEIVERS).map((at) => fetch(at, `${root}/small`, MTFTP_FLAGS)));
  });
});
