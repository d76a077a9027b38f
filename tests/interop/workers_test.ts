// Several TFTP workers on one port: the system spreads the clients over them, and together they
// are one server.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { freePorts } from "./free_ports.ts";
import * as harness from "./harness.ts";
import { encodeRequest, rawRead } from "./raw_reader.ts";

const skip = harness.skipIf(process.platform !== "linux", "several workers need Linux");
/** A binary is given all permissions. */
const noDeno = process.env.BOOTSRV_BINARY !== undefined;
const CLIENTS = 24;
const TICKS_MIN = 20;

describe("Two TFTP workers", { skip }, () => {
  const folder = temporaryFolder("workers");
  const root = join(folder.path, "root");
  mkdirSync(root);
  harness.writeRandomFile(join(root, "small.bin"), 10);
  const digest = harness.writeRandomFile(join(root, "big.bin"), 2_000_000);
  after(() => folder.remove());

  async function withServer(
    args: readonly string[],
    body: (server: harness.Server) => Promise<void>,
    host = "127.0.0.1",
  ): Promise<void> {
    const server = await harness.startServer({
      root,
      host,
      args: ["--tftp-workers", "2", ...harness.UNLIMITED, ...args],
    });
    try {
      await body(server);
    } finally {
      await server.stop();
    }
  }

  const readAll = (server: harness.Server) =>
    Promise.all(Array.from({ length: CLIENTS }, () =>
      rawRead({
        host: server.host,
        port: server.tftpPort,
        name: "big.bin",
        options: [["blksize", "1428"], ["windowsize", "16"]],
      })));

  const portRange = async () => {
    const first = await freePorts(4);
    return ["--port-range", `${first}-${first + 3}`];
  };
  const variants = [
    { title: "ports of the system's choice", args: () => [] },
    { title: "--single-port", args: () => ["--single-port"] },
    { title: "--port-range", args: portRange },
  ];
  for (const { title, args } of variants) {
    test(`both serve whole files (${title})`, async () => {
      await withServer(await args(), async (server) => {
        const got = await readAll(server);
        assert.deepEqual(new Set(got.map((result) => result.digest)), new Set([digest]));
        let [ended, counted]: [number[], number] = [[], 0];
        // Reports come in batches.
        await harness.until(async () => {
          ({ ended, counted } = await requests(server));
          return counted >= CLIENTS && ended.reduce((sum, count) => sum + count, 0) >= CLIENTS;
        }, () => `counted ${counted}, ended ${ended}:\n${server.log()}`);
        assert.equal(ended.length, 2);
        assert.ok(ended.every((count) => count > 0), `requests ended: ${ended}`);
        assert.equal(ended[0]! + ended[1]!, CLIENTS);
        assert.equal(counted, CLIENTS, "reports of both are counted together");
        assert.equal(await server.stop(), 0, server.log());
      });
    });
  }

  test("both have used a processor", async () => {
    await withServer([], async (server) => {
      const idle = new Map(ticksByThread(server.pid).map(({ id, ticks }) => [id, ticks]));
      let used: number[] = [];
      // Until it is more than a clock that ticks could be wrong about.
      for (let rounds = 0; rounds < 50 && (used[0] ?? 0) < TICKS_MIN; rounds++) {
        await readAll(server);
        used = ticksByThread(server.pid)
          .map(({ id, ticks }) => ticks - (idle.get(id) ?? 0)).sort((a, b) => b - a);
      }
      assert.ok(used[1]! >= used[0]! / 10, `ticks: ${used}`);
    });
  });

  test("a reload reaches both", async () => {
    const config = join(folder.path, "bootsrv.toml");
    writeFileSync(config, "");
    await withServer(["--config", config], async (server) => {
      writeFileSync(config, "[[access]]\nallow = []\n");
      const url = `http://${server.host}:${server.httpPort}/.bootsrv/api/reload`;
      assert.equal((await fetch(url, { method: "POST" })).status, 200);
      const read = () => rawRead({ host: server.host, port: server.tftpPort, name: "big.bin" });
      for (let client = 0; client < CLIENTS; client++) {
        await assert.rejects(read(), /Access violation/);
      }
    });
  });

  test("a request to a broadcast address is answered by one of them", async () => {
    await withServer([], async (server) => {
      for (let client = 0; client < CLIENTS; client++) await askAll(server.tftpPort);
      await server.stop();
      assert.equal(server.log().match(/tftp read small\.bin/g)?.length, CLIENTS, server.log());
    }, "0.0.0.0");
  });

  test("a port that another server shares is not taken", async () => {
    await withServer([], async (server) => {
      const { code, output } = await harness.runBootsrv([
        ...["--root", root, "--address", server.host, "--http-port", "off"],
        ...["--tftp-workers", "2", "--tftp-port", String(server.tftpPort)],
      ]);
      assert.equal(code, 1);
      assert.match(output, /address in use/);
    });
  });

  test("the portable driver refuses them", async () => {
    const args = ["--root", root, "--tftp-workers", "2", "--tftp-driver", "portable"];
    const { code, output } = await harness.runBootsrv(args);
    assert.equal(code, 2);
    assert.match(output, /the portable driver cannot share its port among them/);
  });

  test("where FFI is not permitted, they are refused, and why", { skip: noDeno }, async () => {
    await withServer([], async ({ tftpPort }) => {
      // A port that is free at that address, though not at the server's.
      const place = ["--address", "127.0.0.2", "--tftp-port", `${tftpPort}`];
      const args = ["--root", root, "--tftp-workers", "2", "--http-port", "off", ...place];
      const { code, output } = await harness.runBootsrv(args, ["--deny-ffi"]);
      assert.equal(code, 1);
      assert.match(output, /Cannot run 2 TFTP workers: .* Portable UDP driver, because .*ffi/);
    });
  });
});

/** Reads a small file by a broadcast request over loopback. */
async function askAll(port: number): Promise<void> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.setBroadcast(true);
  socket.send(encodeRequest(1, ["small.bin", "octet"]), port, "127.255.255.255");
  const [, from] = await once(socket, "message");
  await new Promise((resolve) =>
    socket.send(Uint8Array.of(0, 4, 0, 1), from.port, from.address, resolve)
  );
  socket.close();
}

/** Requests that have ended by worker, and in all as the counters have them. */
async function requests(server: harness.Server) {
  const answer = await fetch(`http://${server.host}:${server.httpPort}/.bootsrv/api/status`);
  const { server: { facts }, counts } = await answer.json() as {
    readonly server: { readonly facts: readonly { name: string; value: string }[] };
    readonly counts: readonly { readonly via: string; readonly requests: number }[];
  };
  const fact = facts.find(({ name }) => name === "TFTP workers")!;
  const ended = fact.value.replace("requests ended: ", "").split(" + ").map(Number);
  const tftp = counts.filter(({ via }) => via === "tftp");
  return { ended, counted: tftp.reduce((sum, count) => sum + count.requests, 0) };
}

/** User and system time of each thread, in clock ticks. */
function ticksByThread(pid: number): { readonly id: string; readonly ticks: number }[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { id, ticks: Number(fields[11]) + Number(fields[12]) };
  });
}
