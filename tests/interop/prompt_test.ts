// `bootsrv tftp` as people and scripts use it: fed by a pipe, at a terminal, and in the form of the
// Windows command, against the real server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";

const BYTES = 200_000;
/** Takes minutes, so that it can be stopped on its way, however late; no disk has to hold it. */
const LARGE_BYTES = 2_000_000_000;
const TEXT = "first\nsecond\n";

const folder = temporaryFolder("prompt");
const root = join(folder.path, "root");
const local = join(folder.path, "local");
let server: harness.Server;
let digest: string;

before(async () => {
  mkdirSync(root);
  mkdirSync(local);
  digest = harness.writeRandomFile(join(root, "image"), BYTES);
  writeFileSync(join(root, "large"), "");
  truncateSync(join(root, "large"), LARGE_BYTES);
  writeFileSync(join(root, "text"), TEXT);
  server = await harness.startServer({ root, args: ["--writable", "--upload-create"] });
});

after(async () => {
  await server?.stop();
  folder.remove();
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a command line in the folder `local`, answering what it prints by `answers`. */
function converse(
  command: readonly string[],
  answers: readonly (readonly [waitFor: RegExp, input: string])[],
): Promise<Ended> {
  const [program, ...args] = command;
  const child = spawn(program!, args, { cwd: local, stdio: ["pipe", "pipe", "pipe"] });
  const kill = setTimeout(() => child.kill("SIGKILL"), 180_000);
  const rest = [...answers];
  let output = "";
  let unanswered = "";
  const take = (text: string) => {
    output += text;
    unanswered += text;
    while (rest[0]?.[0].test(unanswered)) {
      child.stdin.write(rest.shift()![1]);
      unanswered = "";
    }
    if (rest.length === 0) child.stdin.end();
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  take("");
  return new Promise((resolve) => {
    child.on("close", (code) => {
      clearTimeout(kill);
      resolve({ code, output });
    });
  });
}

function tftp(...args: readonly string[]): string[] {
  return [...harness.bootsrvCommand(), "tftp", ...args];
}

/** The same at a terminal of its own; a shell between them would answer Ctrl-C by an end of its own. */
function atTerminal(...args: readonly string[]): string[] {
  const command = `exec ${tftp(...args).join(" ")}`;
  return ["script", "--quiet", "--return", "--command", command, "/dev/null"];
}

test("a pipe of commands prints no prompt, does them all, and fails if one did", async () => {
  const lines = [
    `connect ${server.host} ${server.tftpPort}`,
    "get image copy",
    "get missing",
    "ascii",
    "get text",
    "quit",
  ];
  const { code, output } = await converse(tftp(), [[/^/, lines.join("\n")]]);
  assert.equal(code, 1);
  assert.doesNotMatch(output, /tftp>/);
  assert.match(output, /Server refused "missing": File not found/);
  assert.equal(harness.fileDigest(join(local, "copy")), digest);
  assert.equal(readFileSync(join(local, "text"), "utf8"), TEXT);
  const good = await converse(tftp(server.host, String(server.tftpPort)), [[/^/, "get text\n"]]);
  assert.equal(good.code, 0);
});

test("the form of the Windows command moves one file, as text unless -i is given", async () => {
  const at = ["--port", String(server.tftpPort), server.host];
  const got = await converse(tftp("-i", ...at, "GET", "image", "windows"), []);
  assert.equal(got.code, 0, got.output);
  assert.equal(harness.fileDigest(join(local, "windows")), digest);
  writeFileSync(join(local, "notes"), TEXT);
  const sent = await converse(tftp(...at, "put", "notes", "sent", "--trace"), []);
  assert.match(sent.output, /WRQ "sent" netascii/);
  assert.equal(sent.code, 0, sent.output);
  assert.equal(readFileSync(join(root, "sent"), "utf8"), TEXT);
  assert.equal((await converse(tftp(...at, "GET", "missing"), [])).code, 1);
  assert.equal((await converse(tftp(...at, "GET"), [])).code, 2);
  assert.equal((await converse(tftp(...at, "FETCH", "x"), [])).code, 2);
});

describe("At a terminal", { skip: harness.needs("script") }, () => {
  test("lines are edited, names completed, the history kept, and failures are no exit code", async () => {
    const { code, output } = await converse(
      atTerminal(server.host, String(server.tftpPort)),
      [
        [/tftp> /, "get missing\r"],
        [/not found[^]*tftp> /, "get imagx\x7fe pty\r"],
        [/sha256:[^]*tftp> /, "stat"],
        [/stat/, "\t"],
        [/us/, "\r"],
        [/Connected to[^]*tftp> /, "\x1b[A\r"],
        [/Connected to[^]*tftp> /, "nonsense\x03"],
        [/tftp> /, "\x04"],
      ],
    );
    assert.equal(code, 0, output);
    assert.equal(harness.fileDigest(join(local, "pty")), digest);
  });

  test("Ctrl-C stops a transfer and leaves the prompt", async () => {
    const { code, output } = await converse(
      atTerminal(server.host, String(server.tftpPort), "--blksize", "512", "--windowsize", "off"),
      [
        [/tftp> /, "get large\r"],
        [/ of 2\.0 GB/, "\x03"],
        [/aborted by user[^]*tftp> /, "quit\r"],
      ],
    );
    assert.equal(code, 0, output);
    assert.ok(!existsSync(join(local, "large")));
  });
});
