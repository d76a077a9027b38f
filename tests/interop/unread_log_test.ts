// A log that goes to a pipe which nobody reads, or which its reader has closed: the server serves
// and stops as ever.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";
import { rawRead } from "./raw_reader.ts";

/** Standard error is a pipe that is open at both ends, and read at none. */
const UNREAD = 'mkfifo "$0" && exec "$@" 2<>"$0"';
/** Standard error is a pipe whose reader has left. */
const CLOSED = 'mkfifo "$0" && exec 3<>"$0" 4>"$0" 3<&- && exec "$@" 2>&4 4>&-';
/** Their log lines fill any pipe, and the queue of a mebibyte before it. */
const REQUESTS = 1_500;
const READ_MS_MAX = 60_000;
/** The second signal may come when the first has ended the server already. */
const TRIES_MAX = 5;

const skip = harness.skipIf(process.platform === "win32", "needs pipes with names");

describe("A log that cannot be written", { skip }, () => {
  const folder = temporaryFolder("unread");
  const root = join(folder.path, "root");
  mkdirSync(root);
  const digest = harness.writeRandomFile(join(root, "file"), 100_000);
  harness.writeRandomFile(join(root, "big"), 20_000_000);
  after(() => folder.remove());

  const start = (script: string, fifo: string) =>
    harness.startServer({ root, args: harness.UNLIMITED, prefix: ["sh", "-c", script, fifo] });

  /** Requests for names of the greatest length, answered one and all. */
  async function fillLog(server: harness.Server): Promise<void> {
    const name = `${"n".repeat(250)}/`.repeat(8);
    for (let count = 0; count < REQUESTS; count++) {
      const response = await fetch(`http://${server.host}:${server.httpPort}/${name}`);
      assert.equal(response.status, 404);
      await response.arrayBuffer();
    }
  }

  async function assertServes(server: harness.Server): Promise<void> {
    const read = await rawRead({ host: server.host, port: server.tftpPort, name: "file" });
    assert.equal(read.digest, digest);
  }

  test("A pipe that nobody reads holds up neither requests nor the end", async () => {
    const server = await start(UNREAD, join(folder.path, "unread"));
    await fillLog(server);
    await assertServes(server);
    assert.equal(await server.stop(), 0);
  });

  test("A pipe that is read again tells how many lines were lost", async () => {
    const fifo = join(folder.path, "resumed");
    const server = await start(UNREAD, fifo);
    try {
      await fillLog(server);
      assert.match(await readPipe(fifo, "lost here"), /\d+ log lines were lost here/);
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });

  test("A pipe that its reader has closed costs the log and nothing else", async () => {
    const server = await start(CLOSED, join(folder.path, "closed"));
    await fillLog(server);
    await assertServes(server);
    assert.equal(await server.stop(), 0);
  });

  test("A second signal ends the server at once", async () => {
    let code: number | null = 0;
    for (let tries = 1; tries <= TRIES_MAX && code === 0; tries++) {
      code = await signalTwice(join(folder.path, `twice-${tries}`));
    }
    assert.ok(code === 130 || code === 143, `ended with ${code}`);
  });

  async function signalTwice(fifo: string): Promise<number | null> {
    const server = await start(UNREAD, fifo);
    // Nobody takes the rest of this answer, for which one signal would wait.
    const download = await fetch(`http://${server.host}:${server.httpPort}/big`);
    process.kill(server.pid, "SIGINT");
    const code = await server.stop();
    await assert.rejects(download.arrayBuffer());
    return code;
  }
});

/** What a reader of the pipe gets, up to and with `words`, or to the end of its time. */
async function readPipe(fifo: string, words: string): Promise<string> {
  const reader = spawn("cat", [fifo], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise((resolve) => reader.on("close", resolve));
  const late = setTimeout(() => reader.kill(), READ_MS_MAX);
  let text = "";
  reader.stdout.on("data", (chunk: Uint8Array) => {
    text += new TextDecoder().decode(chunk);
    if (text.includes(words)) reader.kill();
  });
  await ended;
  clearTimeout(late);
  return text;
}
