// Whole uploads over 127.0.0.1.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { runPut } from "../../src/client/put.ts";
import { createPortableDriver } from "../../src/net/portable.ts";
import { fakeEnvironment, putOptions, withDirectory } from "./fake_environment.ts";
import { FakeServer, type Script, testBytes } from "./fake_server.ts";

interface Scene {
  readonly server: FakeServer;
  readonly url: string;
  readonly file: string;
}

/** A server and a local file with these bytes. */
async function scene(script: Script, bytes: Uint8Array, use: (scene: Scene) => Promise<void>) {
  const server = new FakeServer(script);
  await server.start();
  try {
    await withDirectory(async (directory) => {
      const file = join(directory, "local");
      writeFileSync(file, bytes);
      await use({ server, url: `tftp://127.0.0.1:${server.port}`, file });
    });
  } finally {
    await server.stop();
  }
}

test("put sends a file, announces its size and prints the figures", async () => {
  const bytes = testBytes(100_000);
  await scene({}, bytes, async ({ server, url, file }) => {
    const environment = fakeEnvironment();
    assert.equal(await runPut(putOptions(`${url}/up/x`, { file }), environment), 0);
    assert.deepEqual(server.files.get("up/x"), Buffer.from(bytes));
    assert.match(environment.said(), /^up\/x: 100000 bytes in /);
    const rest = ", 0 retransmissions, tsize=100000 blksize=1468 windowsize=16, sha256:";
    const digest = createHash("sha256").update(bytes).digest("hex");
    assert.ok(environment.said().endsWith(`${rest}${digest}\n`), environment.said());
  });
});

test("put delivers sizes around the block size, with and without options", async () => {
  for (const size of [0, 1, 511, 512, 513, 1024, 65536]) {
    const bytes = testBytes(size);
    await scene({}, bytes, async ({ server, url, file }) => {
      for (
        const options of [{}, { tsize: false, blksize: null, windowsize: null }, { blksize: 512 }]
      ) {
        const environment = fakeEnvironment();
        assert.equal(await runPut(putOptions(`${url}/x`, { file, ...options }), environment), 0);
        assert.deepEqual(server.files.get("x"), Buffer.from(bytes), `${size}`);
        const digest = createHash("sha256").update(bytes).digest("hex");
        assert.ok(environment.said().includes(digest), environment.said());
        server.files.clear();
      }
    });
  }
});

test("put survives the loss of single datagrams in both directions", async () => {
  // The first OACK, a block in the middle of a window, and an ACK.
  const drop = (direction: "in" | "out", count: number) =>
    direction === "out" ? count === 1 || count === 3 : count === 7;
  const bytes = testBytes(40_000);
  await scene({ drop, hurries: true }, bytes, async ({ server, url, file }) => {
    const environment = fakeEnvironment({ driver: createPortableDriver() });
    assert.equal(await runPut(putOptions(`${url}/x`, { file }), environment), 0);
    assert.ok(Buffer.from(bytes).equals(server.files.get("x")!));
    assert.match(environment.said(), /, [1-9]\d* retransmissions?, /);
  });
});

test("put sends netascii and counts the file as it is on disk", async () => {
  const text = "a".repeat(511) + "\nb\rc\n";
  await scene({}, Buffer.from(text), async ({ server, url, file }) => {
    const environment = fakeEnvironment();
    const settings = putOptions(`${url}/x`, { file, mode: "netascii", blksize: 512 });
    assert.equal(await runPut(settings, environment), 0);
    const sent = Buffer.from(server.files.get("x")!).toString();
    assert.equal(sent, "a".repeat(511) + "\r\nb\r\0c\r\n");
    assert.match(environment.said(), /^x: 516 bytes in /);
    assert.deepEqual(server.requests[0]!.options.map((o) => o.name), ["blksize", "windowsize"]);
  });
});

test("put reads standard input to its end and leaves no spool behind", async () => {
  const left = await withDirectory((directory) =>
    withTemporaryFolder(directory, () =>
      scene({}, new Uint8Array(0), async ({ server, url }) => {
        const stdin = [testBytes(700), testBytes(1), testBytes(70_000)];
        let wasThere = false;
        const onStderr = () => wasThere ||= readdirSync(directory).some(isSpool);
        const environment = fakeEnvironment({ stdin, onStderr });
        const settings = putOptions(`${url}/x`, { file: "-", trace: true });
        assert.equal(await runPut(settings, environment), 0);
        assert.deepEqual(server.files.get("x"), Buffer.concat(stdin));
        assert.equal(server.requests[0]!.options[0]!.value, "70701");
        assert.ok(wasThere, "it lies where the test looks");
      }))
  );
  assert.deepEqual(left, []);
});

const isSpool = (name: string) => name.startsWith("bootsrv-put-");

/** Runs `use` with a folder for temporary files that no other process uses. */
async function withTemporaryFolder(path: string, use: () => Promise<void>): Promise<void> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = path;
  try {
    await use();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

test("put tells the server's own words", async () => {
  const answer = () => ({ op: "error", code: 6, message: "File already exists" } as const);
  await scene({ answer }, testBytes(10), async ({ url, file }) => {
    const environment = fakeEnvironment();
    assert.equal(await runPut(putOptions(`${url}/x`, { file }), environment), 1);
    assert.equal(environment.said(), 'Server refused "x": File already exists (ERROR 6)\n');
  });
});

test("put sends without options to a server that knows none", async () => {
  const answer: Script["answer"] = (request) =>
    request.options.length > 0 ? { op: "error", code: 4, message: "" } : null;
  await scene({ answer }, testBytes(1000), async ({ server, url, file }) => {
    const environment = fakeEnvironment();
    assert.equal(await runPut(putOptions(`${url}/x`, { file }), environment), 0);
    assert.equal(server.files.get("x")!.length, 1000);
    assert.match(environment.said(), /^Note: Options are not agreed on/);
  });
});

test("Ctrl-C tells the server and exits with 130", async () => {
  const aborted = Promise.withResolvers<void>();
  const onPacket = (packet: { op: string }) => {
    if (packet.op === "error") aborted.resolve();
  };
  const drop = (direction: "in" | "out", count: number) => direction === "out" && count > 1;
  await scene({ onPacket, drop }, testBytes(50_000), async ({ server, url, file }) => {
    const environment = fakeEnvironment({
      onStderr: (text) => {
        if (text.includes("> DATA 16")) setImmediate(environment.interrupt);
      },
    });
    const settings = putOptions(`${url}/x`, { file, trace: true });
    assert.equal(await runPut(settings, environment), 130);
    await aborted.promise;
    assert.equal(server.files.has("x"), false);
  });
});

test("put says why it cannot read, before it asks anybody", async () => {
  await withDirectory(async (directory) => {
    const pipe = join(directory, "pipe");
    execFileSync("mkfifo", [pipe]);
    const rows: [file: string, why: string][] = [
      [directory, "it is a directory"],
      [pipe, 'it is a pipe; send it as standard input, "-"'],
      [join(directory, "none"), "no such file or directory"],
    ];
    for (const [file, why] of rows) {
      const environment = fakeEnvironment();
      assert.equal(await runPut(putOptions("tftp://127.0.0.1:1/x", { file }), environment), 1);
      assert.equal(environment.said(), `Cannot read "${file}": ${why}\n`);
    }
  });
});
