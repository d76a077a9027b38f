// The whole program from start to end: reload, what a service manager is told, status, stop.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { listenUnix } from "../sys/unix_listener.ts";
import * as harness from "./harness.ts";
import { StepReader } from "./step_reader.ts";

const BIG_BYTES = 20_000_000;
const OPEN = '[log]\nformat = "pretty"\n';
const CLOSED = '[tftp]\nwindowsize-max = 4\nport-range = "20000-20001"\n[[access]]\nallow = []\n';

const noLibc = await listenUnix(`@bootsrv-probe-${process.pid}`)
  .then((listener) => (listener.close(), false as const), String);
/** A binary is given all permissions. */
const noDeno = process.env.BOOTSRV_BINARY !== undefined;

describe("A running server", () => {
  const folder = temporaryFolder("lifecycle");
  const root = join(folder.path, "root");
  const config = join(folder.path, "bootsrv.toml");
  mkdirSync(root);
  const digest = harness.writeRandomFile(join(root, "big.bin"), BIG_BYTES);
  const slowDigest = harness.writeRandomFile(join(root, "slow.bin"), 50_000);
  after(() => folder.remove());

  async function withServer(
    options: Partial<harness.ServerOptions>,
    body: (server: harness.Server) => Promise<void>,
  ): Promise<void> {
    writeFileSync(config, OPEN);
    const args = ["--config", config, ...options.args ?? []];
    const server = await harness.startServer({ ...options, root, args });
    try {
      await body(server);
    } finally {
      await server.stop();
    }
  }

  const web = (server: harness.Server) => `http://${server.host}:${server.httpPort}`;
  const tftp = (server: harness.Server) => ({ host: server.host, port: server.tftpPort });
  const reload = async (server: harness.Server) => {
    const answer = await fetch(`${web(server)}/.bootsrv/api/reload`, { method: "POST" });
    return { status: answer.status, text: await answer.text() };
  };

  test("reloads without touching the transfers that run", async () => {
    await withServer({}, async (server) => {
      const slow = new StepReader(tftp(server), "slow.bin");
      // The server is patient with those who have answered.
      const head = [await slow.take(1), await slow.take(2)];
      const download = await fetch(`${web(server)}/big.bin`);
      writeFileSync(config, CLOSED);
      const { status, text } = await reload(server);
      assert.equal(status, 200);
      assert.equal(
        text,
        `Configuration reloaded
  tftp.windowsize-max: 64 -> 4
  [[access]] 1: added: { allow = [] }
Only a restart brings about:
  tftp.port-range: "" -> "20000-20001"
`,
      );
      assert.equal((await fetch(`${web(server)}/big.bin`, { method: "HEAD" })).status, 403);
      const refused = new StepReader(tftp(server), "slow.bin");
      assert.deepEqual(await refused.next(), {
        kind: "error",
        code: 2,
        text: "Access violation",
      });
      refused.close();
      assert.equal(harness.digest(new Uint8Array(await download.arrayBuffer())), digest);
      assert.equal(harness.digest(Buffer.concat([...head, await slow.rest(2)])), slowDigest);
      slow.close();
    });
  });

  test("keeps its configuration when the new one is wrong, and names every fault", async () => {
    await withServer({}, async (server) => {
      writeFileSync(config, "[tftp]\nretries = -1\nblksize = 3\n");
      const { status, text } = await reload(server);
      assert.equal(status, 422);
      assert.match(text, /^Configuration not reloaded, the old one stays in force:\n/);
      assert.match(text, /bootsrv\.toml:2:11: "retries" in \[tftp\] must be/);
      assert.match(text, /bootsrv\.toml:3:1: Unknown key "blksize"/);
      assert.equal((await fetch(`${web(server)}/slow.bin`)).status, 200);
      await harness.logged(server, /error: Configuration not reloaded/);
    });
  });

  test("warns of variables that set nothing", async () => {
    await withServer({ prefix: ["env", "BOOTSRV_TFTP_PRT=69"] }, async (server) => {
      await harness.logged(
        server,
        /warning: Unknown environment variable "BOOTSRV_TFTP_PRT": did you mean/,
      );
    });
  });

  test("reloads on SIGHUP, and logs as the new configuration says", async () => {
    await withServer({}, async (server) => {
      writeFileSync(config, '[log]\nformat = "json"\n');
      process.kill(server.pid, "SIGHUP");
      await harness.logged(
        server,
        /"message":"Configuration reloaded\\n {2}log\.format: \\"pretty\\" -> \\"json\\"/,
      );
    });
  });

  test("tells the service manager how it is", { skip: noLibc }, async () => {
    const name = `@bootsrv-manager-${process.pid}`;
    const listener = await listenUnix(name);
    const told: string[] = [];
    // All the time: a socket that nobody reads takes ten messages, which is ten seconds of this
    // watchdog.
    const reading = setInterval(() => {
      for (let text = listener.take(); text !== null; text = listener.take()) told.push(text);
    }, 10);
    const until = (pattern: RegExp) =>
      harness.until(
        () => told.some((text) => pattern.test(text)),
        () => `No ${pattern} in ${JSON.stringify(told)}`,
      );
    const prefix = ["env", `NOTIFY_SOCKET=${name}`, "WATCHDOG_USEC=3000000"];
    try {
      await withServer({ prefix }, async (server) => {
        await until(/^READY=1\nSTATUS=Serving /);
        await until(/^WATCHDOG=1$/);
        told.length = 0;
        await reload(server);
        await until(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
        await until(/^READY=1/);
        assert.equal(await server.stop(), 0);
        await until(/^STOPPING=1$/);
      });
    } finally {
      clearInterval(reading);
      listener.close();
    }
  });

  test("stops without waiting for those it was serving, and tells them", async () => {
    await withServer({}, async (server) => {
      const slow = new StepReader(tftp(server), "slow.bin");
      await slow.take(1);
      await slow.take(2);
      const stopped = server.stop();
      const text = "Server is shutting down";
      assert.deepEqual(await slow.refusal(), { kind: "error", code: 0, text });
      // In time for the harness, which has less patience than the server has with a silent client.
      assert.equal(await stopped, 0, server.log());
      slow.close();
    });
  });

  test("gives HTTP answers two seconds, then cuts them", async () => {
    await withServer({}, async (server) => {
      const download = await fetch(`${web(server)}/big.bin`);
      const startedMs = performance.now();
      assert.equal(await server.stop(), 0, server.log());
      assert.ok(performance.now() - startedMs > 1_900);
      await assert.rejects(download.arrayBuffer());
    });
  });

  test("answers bootsrv status", async () => {
    await withServer({}, async (server) => {
      const slow = new StepReader(tftp(server), "slow.bin");
      await slow.take(1);
      await fetch(`${web(server)}/missing`);
      let [code, output]: [number | null, string] = [null, ""];
      let block = 1;
      // The worker tells what it does once a second.
      await harness.until(async () => {
        await slow.take(++block);
        ({ code, output } = await bootsrv("status", "--url", web(server)));
        return code !== 0 || (output.includes("slow.bin") && output.includes("missing"));
      }, () => output);
      assert.equal(code, 0, output);
      assert.match(output, /^bootsrv \d.*, started \d.* ago, ready$/m);
      assert.match(output, /^TFTP driver: +(Linux|Portable) UDP driver/m);
      assert.match(output, /^Transfers under way: 1\n {2}127\.0\.0\.1:\d+ tftp read slow\.bin: /m);
      assert.match(output, /http read refused: 1/);
      assert.match(output, /✗ 127\.0\.0\.1 http read missing/);
      await slow.take(++block);
      const json = await bootsrv("status", "--json", "--url", web(server));
      assert.equal(JSON.parse(json.output).live.length, 1);
      slow.close();
    });
  });

  test("serves where FFI is not permitted, and says why otherwise", { skip: noDeno }, async () => {
    await withServer({ permissions: ["--deny-ffi"] }, async (server) => {
      const why = /Portable UDP driver, because the Linux one cannot be had: .*ffi access/;
      await harness.logged(server, why);
      const { output } = await bootsrv("status", "--url", web(server));
      assert.match(output, why);
      const slow = new StepReader(tftp(server), "slow.bin");
      await slow.take(1);
      slow.close();
    });
  });

  test("bootsrv status fails where nobody, or somebody else, answers", async () => {
    const nobody = await bootsrv("status", "--url", "http://127.0.0.1:1");
    assert.equal(nobody.code, 1);
    assert.match(nobody.output, /No server answers at "http:\/\/127\.0\.0\.1:1": /);
    await withServer({ args: ["--no-http-status"] }, async (server) => {
      const { code, output } = await bootsrv("status", "--url", web(server));
      assert.equal(code, 1);
      assert.match(output, /it says 404, is \[http\] status switched off\?/);
    });
  });
});

function bootsrv(...args: string[]) {
  return harness.runBootsrv(args);
}
