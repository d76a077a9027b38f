// The built binary, end to end: it starts, serves over both protocols, stops. Only the stage of
// `deno task test` that has just built it names it in BOOTSRV_BINARY.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";
import { rawRead } from "./raw_reader.ts";

const binary = process.env.BOOTSRV_BINARY ?? "";
const skip = binary === "" ? "BOOTSRV_BINARY names no binary" : false;

describe("The built binary", { skip }, () => {
  const folder = temporaryFolder("interop");
  const root = join(folder.path, "root");
  let server: harness.Server;
  let expected = "";

  before(async () => {
    mkdirSync(root);
    expected = harness.writeRandomFile(join(root, "file"), 3_000_000);
    server = await harness.startServer({ root, args: harness.UNLIMITED });
  });

  after(() => folder.remove());

  test("prints its version, wherever it is started", async () => {
    const result = await harness.runClient([...harness.bootsrvCommand(), "--version"], {
      cwd: tmpdir(),
    });
    assert.match(result.output, /\d+\.\d+\.\d+/);
  });

  test("serves over TFTP in lock-step and with a window", async () => {
    for (const windowsize of ["1", "16"]) {
      const options = [["blksize", "1428"], ["windowsize", windowsize]] as const;
      const at = { host: server.host, port: server.tftpPort, name: "file", options };
      assert.equal((await rawRead(at)).digest, expected, `windowsize ${windowsize}`);
    }
  });

  test("serves over HTTP", async () => {
    const response = await fetch(`http://${server.host}:${server.httpPort}/file`);
    assert.equal(response.status, 200);
    assert.equal(harness.digest(new Uint8Array(await response.arrayBuffer())), expected);
  });

  test("answers its health check", async () => {
    const response = await fetch(`http://${server.host}:${server.httpPort}/.bootsrv/healthz`);
    assert.equal(response.status, 200);
    await response.body?.cancel();
  });

  test("ends with status 0 on SIGTERM", async () => {
    assert.equal(await server.stop(), 0);
  });
});
