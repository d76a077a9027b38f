// A real installer's boot tree, served whole over both protocols: every regular file, and every
// symbolic link that stays inside.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { after, before, describe, test } from "node:test";
import { NETBOOT_TREE } from "../../scripts/lib/project.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import * as harness from "./harness.ts";

const skip = harness.needs("curl") ||
  harness.skipIf(!existsSync(NETBOOT_TREE), "no netboot tree here; see deno task setup");

describe("The Debian netboot tree", { skip }, () => {
  const folder = temporaryFolder("interop");
  let server: harness.Server;
  let names: string[] = [];

  before(async () => {
    names = filesBelow(NETBOOT_TREE);
    server = await harness.startServer({ root: NETBOOT_TREE, args: harness.UNLIMITED });
  });

  after(async () => {
    await server?.stop();
    folder.remove();
  });

  test("holds hundreds of files and links to some of them", () => {
    assert.ok(names.length > 500, `${names.length} files`);
    assert.ok(names.includes("text/pxelinux.0"), "a link to a file");
    assert.ok(names.includes("text/pxelinux.cfg/default"), "a file behind a link to a folder");
  });

  test("comes whole over TFTP", async () => {
    const base = `tftp://${server.host}:${server.tftpPort}`;
    await compareAll("tftp", { base, flags: ["--tftp-blksize", "1468"] });
  });

  test("comes whole over HTTP", async () => {
    const base = `http://${server.host}:${server.httpPort}`;
    await compareAll("http", { base, flags: ["--fail"] });
  });

  async function compareAll(label: string, how: { base: string; flags: string[] }): Promise<void> {
    const into = join(folder.path, label);
    const lines = names.map((name) => {
      mkdirSync(dirname(join(into, name)), { recursive: true });
      return `url = "${how.base}/${encodeURI(name)}"\noutput = "${join(into, name)}"\n`;
    });
    const config = join(folder.path, `${label}.curl`);
    writeFileSync(config, lines.join(""));
    const command = ["curl", "--silent", "--show-error", ...how.flags, "--config", config];
    await harness.runClient(command, { timeoutMs: 240_000 });
    const wrong = names.filter((name) =>
      harness.fileDigest(join(into, name)) !== harness.fileDigest(join(NETBOOT_TREE, name))
    );
    assert.deepEqual(wrong, []);
  }
});

/** Names of the files below a folder, through links that lead to something inside it. */
function filesBelow(root: string): string[] {
  const top = realpathSync(root);
  const names: string[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder)) {
      const path = join(folder, entry);
      if (!existsSync(path) || relative(top, realpathSync(path)).startsWith("..")) continue;
      const stat = statSync(path);
      if (stat.isDirectory()) walk(path);
      else if (stat.isFile()) names.push(relative(root, path));
    }
  };
  walk(root);
  return names;
}
