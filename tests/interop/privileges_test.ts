// The whole program started as root: what is left of root's rights once it serves, thread by
// thread, and that it still serves, inside a chroot too.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { run } from "../../scripts/lib/command.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";
import { rawRead } from "./raw_reader.ts";

const NOBODY = 65534;
const skip = harness.skipIf(process.getuid?.() !== 0, "not root: no right to give away");

interface Case {
  readonly title: string;
  readonly args: readonly string[];
  readonly jail: boolean;
}

const CASES: readonly Case[] = [
  { title: "--user and --group", args: ["--group", "nogroup"], jail: false },
  {
    title: "--user alone, with the portable driver",
    args: ["--tftp-driver", "portable"],
    jail: false,
  },
  { title: "--chroot", args: ["--group", "nogroup", "--chroot"], jail: true },
];

for (const { title, args, jail } of CASES) {
  describe(`Started as root with ${title}`, { skip }, () => {
    const folder = temporaryFolder("privileges");
    const root = join(folder.path, "root");
    let server: harness.Server;

    before(async () => {
      prepare(folder.path, root);
      const rights = ["--user", "nobody", "--umask", "027", "--writable", "--upload-create"];
      server = await harness.startServer({ root, args: [...rights, ...args] });
      await announced(server);
    });

    after(async () => {
      assert.equal(await server.stop(), 0);
      folder.remove();
    });

    test("every thread has the user, the group and no other group", () => {
      for (const { thread, status, seen } of threads(server.pid)) {
        for (const name of ["Uid", "Gid"]) {
          assert.deepEqual(field(status, name), Array(4).fill(String(NOBODY)), `${thread} ${name}`);
        }
        assert.deepEqual(field(status, "Groups"), [String(NOBODY)], thread);
        assert.match(field(status, "CapEff").join(), /^0+$/, thread);
        assert.equal(seen, jail ? root : "/", thread);
      }
    });

    test("it reads over both protocols what its user may read, and nothing else", async () => {
      const at = { host: server.host, port: server.tftpPort, name: "file", options: [] };
      assert.equal((await rawRead(at)).digest, harness.fileDigest(join(root, "file")));
      assert.equal(await httpStatus(server, "file"), 200);
      assert.equal(await httpStatus(server, "secret"), 403);
      assert.equal(await httpStatus(server, ".bootsrv/metrics"), 200);
      assert.equal(await httpStatus(server, ""), 200, "a listing");
    });

    test("it writes where its user may: new files under the umask, old ones in place", async () => {
      assert.equal(await put(server, "open/new"), 0);
      assert.equal(readFileSync(join(root, "open/new"), "utf8"), "upload");
      const made = statSync(join(root, "open/new"));
      assert.deepEqual([made.uid, made.mode & 0o777], [NOBODY, 0o640]);
      assert.equal(await put(server, "writable"), 0, "the file may be written, its folder not");
      assert.equal(readFileSync(join(root, "writable"), "utf8"), "upload");
      assert.equal(statSync(join(root, "writable")).uid, 0);
      assert.notEqual(await put(server, "file"), 0);
      assert.notEqual(await put(server, "new"), 0);
      assert.deepEqual(readdirSync(root).filter((name) => name.endsWith(".part")), []);
    });

    test("it reloads, or says why it cannot, and goes on serving", async () => {
      process.kill(server.pid, "SIGHUP");
      await harness.logged(server, /reloaded/);
      assert.equal(await httpStatus(server, "file"), 200);
    });
  });
}

describe("Started as root with privileges that cannot be dropped as wanted", { skip }, () => {
  const rows = [
    [["--user", "no-such-user"], /Cannot find user "no-such-user"/],
    [["--user", "nobody", "--group", "no-such-group"], /Cannot find group "no-such-group"/],
    [["--user", "root"], /Cannot take privileges away by becoming user "root"/],
    [["--user", "4000000"], /Cannot tell the group of user "4000000"/],
  ] as const;
  for (const [args, message] of rows) {
    test(`${args.join(" ")}: ends with status 1 and says why`, () => fails(args, message));
  }

  test("--chroot to a root that is not there: ends with status 1 and says why", () =>
    fails(["--user", "nobody", "--chroot"], /chroot to ".*": ENOENT/, { missing: true }));
});

async function fails(
  args: readonly string[],
  message: RegExp,
  { missing = false }: { readonly missing?: boolean } = {},
) {
  const folder = temporaryFolder("privileges");
  const ready = join(folder.path, "ready.json");
  const root = missing ? join(folder.path, "none") : folder.path;
  const ports = ["--address", "127.0.0.1", "--tftp-port", "0", "--http-port", "0"];
  const all = ["--root", root, ...ports, "--ready-file", ready, ...args];
  const result = await harness.runBootsrv(all);
  assert.equal(result.code, 1, result.output);
  assert.match(result.output, message);
  assert.equal(existsSync(ready), false);
  folder.remove();
}

// The files of the test belong to root; "open" is a folder for everybody.
function prepare(top: string, root: string) {
  mkdirSync(join(root, "open"), { recursive: true });
  for (const path of [top, root]) chmodSync(path, 0o755);
  chmodSync(join(root, "open"), 0o777);
  writeFileSync(join(top, "upload"), "upload");
  harness.writeRandomFile(join(root, "file"), 100_000);
  for (const [name, mode] of [["file", 0o644], ["secret", 0o600], ["writable", 0o666]] as const) {
    if (name !== "file") writeFileSync(join(root, name), "old");
    chmodSync(join(root, name), mode);
  }
}

/** The ready file is written while it still can be; the log tells when the rights are gone. */
async function announced(server: harness.Server): Promise<void> {
  await harness.logged(server, new RegExp(`Running as user ${NOBODY}, group ${NOBODY}`));
}

/** Threads of a pool come and go: one that has gone meanwhile has no rights either. */
function threads(pid: number) {
  const alive = readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const folder = `/proc/${pid}/task/${thread}`;
    try {
      const status = readFileSync(`${folder}/status`, "utf8");
      return [{ thread, status, seen: readlinkSync(`${folder}/root`) }];
    } catch {
      return [];
    }
  });
  assert.ok(alive.some(({ thread }) => thread === String(pid)), "the first thread is there");
  return alive;
}

function field(status: string, name: string): readonly string[] {
  const line = new RegExp(`^${name}:(.*)$`, "m").exec(status)?.[1] ?? "";
  return line.trim().split(/\s+/);
}

async function httpStatus(server: harness.Server, name: string): Promise<number> {
  const url = `http://${server.host}:${server.httpPort}/${name}`;
  const result = await run(
    "curl",
    ["-s", "-m", "50", "-o", "/dev/null", "-w", "%{http_code}", url],
    {
      timeoutMs: 60_000,
    },
  );
  return Number(result.output);
}

/** The exit code of a TFTP upload. */
async function put(server: harness.Server, name: string): Promise<number | null> {
  const folder = temporaryFolder("privileges");
  writeFileSync(join(folder.path, "upload"), "upload");
  const url = `tftp://${server.host}:${server.tftpPort}/${name}`;
  const args = ["-sS", "-m", "50", "-T", join(folder.path, "upload"), url];
  const { code } = await run("curl", args, { timeoutMs: 60_000 });
  folder.remove();
  return code;
}
