// Roots by interface, by TFTP with both drivers and by HTTP: a server with two links to one client,
// as dnsmasq does it, and beside dnsmasq itself.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { run } from "../../scripts/lib/command.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { importFrom } from "../../src/import/import.ts";
import * as harness from "./harness.ts";
import { canMakeLinks, type LossyLink, makeLossyLink } from "./lossy_link.ts";

/** The server's address on each link. */
const HOSTS = { eth1: "198.51.100.1", eth2: "203.0.113.1" } as const;
const HOST6 = "2001:db8::1";
/** The client's. */
const MACS: Readonly<Record<string, string>> = {
  eth1: "02:00:5e:10:00:01",
  eth2: "02:00:5e:10:00:02",
  eth3: "02:00:5e:10:00:03",
};
const FOLDER = "02-00-5e-10-00-01";
const LATE_HOST = "198.18.0.1";

const skip = harness.needs("curl") ||
  harness.skipIf(!canMakeLinks(), "no network namespaces: needs root, ip and nft");

describe("Roots by interface", { skip }, () => {
  const folder = temporaryFolder("interop");
  const root = join(folder.path, "root");
  const config = join(folder.path, "bootsrv.toml");
  let link: LossyLink;

  before(() => {
    for (const name of ["", "eth1", "eth2", "eth3"]) {
      mkdirSync(join(root, name), { recursive: true });
      writeFileSync(join(root, name, "which"), name || "common");
    }
    link = makeLossyLink(0);
    return eachLink((device, host) => addLink(link, { device, host }));
  });

  after(() => {
    link?.remove();
    folder.remove();
  });

  for (const driver of ["linux", "portable"]) {
    test(`each interface has its own tree, by TFTP (${driver} driver) and by HTTP`, async () => {
      writeFileSync(config, ["eth1", "eth2"].map(rowOf).join(""));
      await serving(["--tftp-driver", driver], async (server) => {
        await eachLink(async (device, host) => {
          assert.equal(await fetched(tftp(host, server)), device);
          assert.equal(await fetched(web(host, server)), device);
        });
        assert.equal(await fetched(tftp(link.serverHost, server)), "common");
        assert.equal(await fetched(web(link.serverHost, server)), "common");
      });
    });
  }

  test("a machine has its own tree by its MAC address, over IPv4 and IPv6", async () => {
    writeFileSync(config, '[[client-root]]\npath = "{mac}"\nfallback = "none"\n');
    mkdirSync(join(root, FOLDER), { recursive: true });
    writeFileSync(join(root, FOLDER, "which"), "own");
    await ip(link.atServer, `address add ${HOST6}/64 dev eth1 nodad`);
    await ip(link.atClient, `address add ${HOST6.replace(/1$/, "2")}/64 dev eth1 nodad`);
    const drivers = [["linux"], ["linux", "--user", "nobody", "--chroot"], ["portable"]];
    for (const driver of drivers) {
      await serving(["--address", "::", "--tftp-driver", ...driver], async (server) => {
        for (const host of [HOSTS.eth1, `[${HOST6}]`]) {
          assert.equal(await fetched(tftp(host, server)), "own", `${driver} ${host}`);
          assert.equal(await fetched(web(host, server)), "own", `${driver} ${host}`);
        }
      });
    }
  });

  test("an interface that is not there is a warning; its rule holds once it is there", async () => {
    writeFileSync(config, rowOf("eth3"));
    await serving(["--tftp-driver", "linux"], async (server) => {
      await harness.logged(server, /No interface "eth3" with an address here/);
      assert.equal(await fetched(tftp(link.serverHost, server)), "common");
      await addLink(link, { device: "eth3", host: LATE_HOST });
      await harness.eventually(async () => {
        assert.equal(await fetched(web(LATE_HOST, server)), "eth3");
        assert.equal(await fetched(tftp(LATE_HOST, server)), "eth3");
      });
    });
  });

  test("what is imported from dnsmasq gives the files that dnsmasq gives", {
    skip: harness.needs("dnsmasq"),
  }, async () => {
    const args =
      `--user=root --enable-tftp --tftp-root=${root} --tftp-root=${join(root, "eth1")},eth1 ` +
      `--tftp-root=${join(root, "eth2")},eth2 --except-interface=eth0`;
    const { toml } = importFrom("dnsmasq", {
      ...{ files: [], args, release: "" },
      readFile: () => null,
    });
    writeFileSync(config, toml);
    const theirs = await dnsmasqGives(args);
    await serving(["--tftp-driver", "linux"], async (server) => {
      const ours = await answers((host) => tftp(host, server));
      assert.deepEqual(ours, theirs);
      assert.deepEqual(ours, ["eth1", "eth2", ""]);
    });
  });

  /** What a client gets at eth1, eth2 and at eth0, where "" stands for nothing. */
  async function answers(url: (host: string) => string): Promise<string[]> {
    const given = await Promise.all(Object.values(HOSTS).map((host) => fetched(url(host))));
    const { code, output } = await curl(["--max-time", "5", url(link.serverHost)]);
    return [...given, code === 0 ? output : ""];
  }

  async function dnsmasqGives(args: string): Promise<string[]> {
    const [program, ...prefix] = link.atServer;
    const fixed = ["--no-daemon", "--port=0", "--conf-file=/dev/null"];
    const child = spawn(program!, [...prefix, "dnsmasq", ...fixed, ...args.split(" ")], {
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    try {
      await harness.eventually(async () => {
        assert.equal(await fetched(`tftp://${HOSTS.eth1}/which`), "eth1");
      });
      return await answers((host) => `tftp://${host}/which`);
    } finally {
      child.kill("SIGTERM");
      await ended;
    }
  }

  async function serving(args: readonly string[], use: (server: harness.Server) => Promise<void>) {
    const server = await harness.startServer({
      root,
      host: "0.0.0.0",
      prefix: link.atServer,
      args: ["--config", config, "--tftp-port", "6969", "--http-port", "8069", ...args],
    });
    try {
      await use(server);
    } finally {
      await server.stop();
    }
  }

  async function fetched(url: string): Promise<string> {
    const { code, output } = await curl(["--max-time", "20", url]);
    assert.equal(code, 0, `${url}: ${output}`);
    return output;
  }

  function curl(args: readonly string[]) {
    const [program, ...prefix] = link.atClient;
    return run(program!, [...prefix, "curl", "-sSf", ...args], { timeoutMs: 30_000 });
  }
});

function rowOf(device: string): string {
  return `[[client-root]]\npath = "${device}"\ninterfaces = ["${device}"]\nfallback = "none"\n`;
}

function tftp(host: string, { tftpPort }: harness.Server): string {
  return `tftp://${host}:${tftpPort}/which`;
}

function web(host: string, { httpPort }: harness.Server): string {
  return `http://${host}:${httpPort}/which`;
}

async function eachLink(work: (device: string, host: string) => Promise<void>): Promise<void> {
  for (const [device, host] of Object.entries(HOSTS)) await work(device, host);
}

async function addLink(
  { atServer, atClient }: LossyLink,
  { device, host }: { readonly device: string; readonly host: string },
): Promise<void> {
  await ip(atServer, `link add ${device} type veth peer ${device} netns ${atClient.at(-1)}`);
  await ip(atServer, `address add ${host}/24 dev ${device}`);
  await ip(atClient, `address add ${host.replace(/1$/, "2")}/24 dev ${device}`);
  await ip(atClient, `link set ${device} address ${MACS[device]}`);
  for (const end of [atServer, atClient]) await ip(end, `link set ${device} up`);
}

async function ip(end: readonly string[], command: string): Promise<void> {
  await harness.runClient(["ip", ...command.split(" ")], { prefix: end });
}
