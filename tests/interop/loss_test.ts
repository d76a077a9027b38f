// Real clients over a link that loses 2 % of the datagrams in each direction: every transfer ends,
// and with the right content.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { OCTET_CLIENTS, runTransfer } from "./clients.ts";
import * as harness from "./harness.ts";
import { canMakeLinks, type LossyLink, makeLossyLink } from "./lossy_link.ts";

const LOSS_PERCENT = 2;
const READ_SIZES = [0, 1, 512, 1024, 200_000];
/** Small: some clients wait five seconds before they repeat a lost block. */
const WRITE_SIZES = [0, 513, 20_000];

const skip = harness.skipIf(!canMakeLinks(), "no network namespaces: needs root, ip and nft");

describe(`A link that loses ${LOSS_PERCENT} % each way`, { skip }, () => {
  const folder = temporaryFolder("interop");
  const root = join(folder.path, "root");
  const local = join(folder.path, "local");
  const digests = new Map<number, string>();
  let link: LossyLink;
  let server: harness.Server;

  before(async () => {
    mkdirSync(root);
    mkdirSync(local);
    for (const size of READ_SIZES) {
      digests.set(size, harness.writeRandomFile(join(root, `file-${size}`), size));
    }
    link = makeLossyLink(LOSS_PERCENT);
    server = await harness.startServer({
      root,
      host: link.serverHost,
      prefix: link.atServer,
      args: ["--writable", "--upload-create", ...harness.UNLIMITED],
    });
  });

  after(async () => {
    await server?.stop();
    link?.remove();
    folder.remove();
  });

  function place(name: string, label: string) {
    const file = join(local, `${label.replace(/\W/g, "_")}-${name}`);
    return { host: server.host, port: server.tftpPort, name, file };
  }

  function runLossy(command: readonly string[]): Promise<void> {
    return runTransfer(command, { prefix: link.atClient });
  }

  test("Every client reads every size", async () => {
    await all(async (client) => {
      for (const size of READ_SIZES) {
        const at = place(`file-${size}`, client.label);
        await runLossy(client.get(at));
        const got = harness.fileDigest(at.file);
        assert.equal(got, digests.get(size), `${client.label}, ${size} octets`);
      }
    });
  });

  test("Every client writes every size", async () => {
    await all(async (client) => {
      if (client.put === null) return;
      for (const size of WRITE_SIZES) {
        const at = place(`up-${size}-${client.label.replace(/\W/g, "_")}`, "local");
        const expected = harness.writeRandomFile(at.file, size);
        await runLossy(client.put(at));
        await harness.until(
          () => harness.fileDigest(join(root, at.name)) === expected,
          () => `${client.label}, ${size} octets: not stored as sent`,
        );
      }
    });
  });
});

/** Runs the same for all clients at once and reports all that failed. */
async function all(work: (client: (typeof OCTET_CLIENTS)[number]) => Promise<void>): Promise<void> {
  const present = OCTET_CLIENTS.filter((client) => client.skip === false);
  const results = await Promise.allSettled(present.map(work));
  const failures = results.flatMap((one) => one.status === "rejected" ? [String(one.reason)] : []);
  assert.deepEqual(failures, []);
}
