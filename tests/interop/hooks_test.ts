// A program that is run when transfers have ended: by TFTP and HTTP, both ways, with the rights that
// the server has, and another one after a reload.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";

const FACTS =
  "$BOOTSRV_TRANSFER_VIA $BOOTSRV_TRANSFER_OPERATION $BOOTSRV_TRANSFER_OUTCOME $BOOTSRV_TRANSFER_OCTETS $BOOTSRV_TRANSFER_FILE";
const SIZE = 100_000;

const skip = harness.needs("curl") ||
  harness.skipIf(process.platform !== "linux", "the hooks of this test are shell scripts");

describe("Hooks", { skip }, () => {
  const folder = temporaryFolder("hooks");
  const root = join(folder.path, "root");
  const notes = join(folder.path, "notes");
  const config = join(folder.path, "bootsrv.toml");
  const isRoot = process.getuid?.() === 0;
  let server: harness.Server;

  before(async () => {
    for (const path of [root, notes]) mkdirSync(path);
    for (const path of [folder.path, root, notes]) chmodSync(path, 0o777);
    harness.writeRandomFile(join(root, "read"), SIZE);
    writeFileSync(join(folder.path, "upload"), "x".repeat(SIZE));
    writeScript("first", `echo "$* $(id -u) ${FACTS}" >> ${notes}/first`);
    writeScript("second", `echo "$4" >> ${notes}/second; echo "no luck" >&2; exit 3`);
    configure("first");
    const user = isRoot ? ["--user", "nobody"] : [];
    server = await harness.startServer({
      root,
      args: ["--config", config, "--writable", "--upload-create", ...user],
    });
  });

  after(async () => {
    assert.equal(await server?.stop(), 0);
    folder.remove();
  });

  test("tell of each transfer, and of nothing else", async () => {
    // None of these is a transfer.
    for (const path of ["", "none"]) await curl(["-s", `${web()}/${path}`]);
    await curl(["-sI", `${web()}/read`]);
    const upload = join(folder.path, "upload");
    await curl(["-s", "-o", "/dev/null", `${tftp()}/read`]);
    await curl(["-s", "-o", "/dev/null", `${web()}/read`]);
    await curl(["-s", "-T", upload, `${tftp()}/by-tftp`]);
    await curl(["-s", "-T", upload, `${web()}/by-http`]);
    const uid = isRoot ? 65534 : process.getuid?.();
    const line = (via: string, operation: string, file: string) =>
      `${via} ${SIZE} 127.0.0.1 ${root}/${file} ${uid} ${via} ${operation} done ${SIZE} ${file}`;
    assert.deepEqual(
      (await noted("first", 4)).sort(),
      [
        line("http", "read", "read"),
        line("http", "write", "by-http"),
        line("tftp", "read", "read"),
        line("tftp", "write", "by-tftp"),
      ].sort(),
    );
  });

  test("are others after a reload, and one that fails is a line in the log", async () => {
    configure("second");
    const reloaded = await fetch(`${web()}/.bootsrv/api/reload`, { method: "POST" });
    assert.equal(reloaded.status, 200, await reloaded.text());
    await curl(["-s", "-o", "/dev/null", `${web()}/read`]);
    assert.deepEqual(await noted("second", 1), [`${root}/read`]);
    await harness.eventually(() => assert.match(server.log(), /failed, exit code 3: no luck/));
    assert.equal((await noted("first", 4)).length, 4);
  });

  test("behind a chroot are what lies in the root; one that cannot run is a line in the log", {
    skip: harness.skipIf(!isRoot, "not root: no chroot"),
  }, async () => {
    // Its interpreter is out of sight.
    const hook = join(root, "hook");
    writeFileSync(hook, "#!/bin/sh\n");
    chmodSync(hook, 0o755);
    const args = ["--hooks-transfer-end", hook, "--user", "nobody", "--chroot"];
    const jailed = await harness.startServer({ root, args });
    try {
      for (let lines = 1; lines <= 2; lines++) {
        await curl(["-s", "-o", "/dev/null", `tftp://127.0.0.1:${jailed.tftpPort}/read`]);
        const failed = () => jailed.log().match(/Hook "\/hook" for read of "\S+" .* failed/g);
        await harness.eventually(() => assert.equal(failed()?.length, lines, jailed.log()));
      }
    } finally {
      assert.equal(await jailed.stop(), 0);
    }
  });

  function configure(script: string) {
    const hook = join(folder.path, script);
    writeFileSync(config, `[hooks]\ntransfer-end = "${hook}"\nprocesses-max = 1\n`);
  }

  function writeScript(name: string, text: string) {
    writeFileSync(join(folder.path, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder.path, name), 0o755);
  }

  /** What a script has noted, once there are so many lines. */
  async function noted(name: string, lines: number): Promise<string[]> {
    const read = () => {
      const path = join(notes, name);
      return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
    };
    await harness.eventually(() => assert.ok(read().length >= lines, server.log()));
    return read();
  }

  const tftp = () => `tftp://127.0.0.1:${server.tftpPort}`;
  const web = () => `http://127.0.0.1:${server.httpPort}`;
});

async function curl(args: readonly string[]): Promise<void> {
  await harness.runClient(["curl", ...args]);
}
