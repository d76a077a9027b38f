// Blocks are clamped to the MTU of the route to the client: two namespaces whose link has an MTU of
// 1400, and a route over it that is narrower still.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";
import { canMakeLinks, type LossyLink, makeLossyLink } from "./lossy_link.ts";

const LINK_MTU = 1400;
const ROUTE_MTU = 1280;
const SERVER6 = "2001:db8::1";
const CLIENT6 = "2001:db8::2";
/** A second address of each client, to which a route of its own leads. */
const FAR_CLIENT = "198.51.100.2";
const FAR_CLIENT6 = "2001:db8:1::2";
/** RFC 2348: the headers of IPv4 (20) or IPv6 (40), UDP (8) and DATA (4). */
const HEADERS = { 4: 32, 6: 52 } as const;

const skip = harness.needs("curl") ||
  harness.skipIf(!canMakeLinks(), "no network namespaces: needs root, ip and nft");

describe("The route to a client", { skip }, () => {
  const folder = temporaryFolder("interop");
  const root = join(folder.path, "root");
  let link: LossyLink;

  before(async () => {
    mkdirSync(root);
    writeFileSync(join(root, "file"), "content");
    link = makeLossyLink(0);
    for (const end of [link.atServer, link.atClient]) {
      await ip(end, `link set eth0 mtu ${LINK_MTU}`);
    }
    await ip(link.atServer, `address add ${SERVER6}/64 dev eth0 nodad`);
    await ip(link.atClient, `address add ${CLIENT6}/64 dev eth0 nodad`);
    await ip(link.atClient, `address add ${FAR_CLIENT}/32 dev eth0`);
    await ip(link.atClient, `address add ${FAR_CLIENT6}/128 dev eth0 nodad`);
    await ip(link.atServer, `route add ${FAR_CLIENT}/32 dev eth0 mtu ${ROUTE_MTU}`);
    await ip(link.atServer, `route add ${FAR_CLIENT6}/128 dev eth0 mtu ${ROUTE_MTU}`);
  });

  after(() => {
    link?.remove();
    folder.remove();
  });

  test("limits the block size that is granted, each client's its own", async () => {
    await serving([], async (server) => {
      const { serverHost } = link;
      assert.equal(await granted(server, { host: serverHost }), LINK_MTU - HEADERS[4]);
      assert.equal(
        await granted(server, { host: serverHost, from: FAR_CLIENT }),
        ROUTE_MTU - HEADERS[4],
      );
      assert.equal(await granted(server, { host: `[${SERVER6}]` }), LINK_MTU - HEADERS[6]);
      assert.equal(
        await granted(server, { host: `[${SERVER6}]`, from: FAR_CLIENT6 }),
        ROUTE_MTU - HEADERS[6],
      );
      assert.equal(await granted(server, { host: serverHost, blksize: 1024 }), 1024);
    });
  });

  test("limits nothing where fragments are allowed", async () => {
    await serving(["--tftp-allow-fragments"], async (server) => {
      const from = FAR_CLIENT;
      assert.equal(await granted(server, { host: link.serverHost, from }), 65464);
    });
  });

  async function serving(
    args: readonly string[],
    use: (server: harness.Server) => Promise<void>,
  ): Promise<void> {
    const server = await harness.startServer({
      root,
      host: link.serverHost,
      prefix: link.atServer,
      args: ["--address", SERVER6, "--tftp-port", "6969", "--http-port", "off", ...args],
    });
    try {
      await use(server);
    } finally {
      await server.stop();
    }
  }

  /** The block size that curl is granted. */
  async function granted(
    server: harness.Server,
    asked: { readonly host: string; readonly from?: string; readonly blksize?: number },
  ): Promise<number> {
    const { host, from, blksize = 65464 } = asked;
    const { output } = await harness.runClient([
      ...["curl", "-sv", "-o", "/dev/null", "--tftp-blksize", String(blksize)],
      ...from === undefined ? [] : ["--interface", from],
      `tftp://${host}:${server.tftpPort}/file`,
    ], { prefix: link.atClient });
    const match = /blksize parsed from OACK \((\d+)\)/.exec(output);
    assert.ok(match, output);
    return Number(match[1]);
  }
});

async function ip(end: readonly string[], command: string): Promise<void> {
  await harness.runClient(["ip", ...command.split(" ")], { prefix: end });
}
