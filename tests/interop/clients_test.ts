// Real clients against the real server over loopback: every size that means something to TFTP,
// every client that people have, contents compared by digest.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { NETASCII_CLIENTS, OCTET_CLIENTS, runTransfer } from "./clients.ts";
import * as harness from "./harness.ts";
import { rawRead } from "./raw_reader.ts";

const MIB = 1024 * 1024;
/** Around the default block size, where the last block is short, full or empty; beyond one window. */
const SIZES = [0, 1, 511, 512, 513, 1024, MIB];
/** More than 65,535 blocks of 512 octets: the block number rolls over. */
const LONG = 33 * MIB;
/** Lines, bare CR and NUL: what netascii has to escape. */
const TEXT = "first\nsecond\n\nlast without end";

const folder = temporaryFolder("interop");
const root = join(folder.path, "root");
const local = join(folder.path, "local");
const digests = new Map<number, string>();
let server: harness.Server;

before(async () => {
  mkdirSync(root);
  mkdirSync(local);
  for (const size of [...SIZES, LONG]) {
    digests.set(size, harness.writeRandomFile(join(root, fileName(size)), size));
  }
  writeFileSync(join(root, "text"), TEXT);
  const args = ["--writable", "--upload-create", ...harness.UNLIMITED];
  server = await harness.startServer({ root, args });
});

after(async () => {
  await server?.stop();
  folder.remove();
});

function fileName(size: number): string {
  return `file-${size}.bin`;
}

function place(name: string) {
  const file = join(local, `${name}-${Math.random().toString(36).slice(2)}`);
  return { host: server.host, port: server.tftpPort, name, file };
}

describe("TFTP downloads", () => {
  for (const client of OCTET_CLIENTS) {
    test(`${client.label} reads files of every size`, { skip: client.skip }, async () => {
      for (const size of SIZES) {
        const at = place(fileName(size));
        await runTransfer(client.get(at));
        assert.equal(harness.fileDigest(at.file), digests.get(size), `${size} octets`);
      }
    });
    test(`${client.label} reads 33 MiB`, { skip: client.skip }, async () => {
      const at = place(fileName(LONG));
      await runTransfer(client.get(at));
      assert.equal(harness.fileDigest(at.file), digests.get(LONG));
    });
  }

  for (const client of NETASCII_CLIENTS) {
    test(`${client.label} reads text`, { skip: client.skip }, async () => {
      const at = place("text");
      await runTransfer(client.get(at));
      assert.equal(readFileSync(at.file, "utf8"), TEXT);
    });
  }

  test("Our own plain reader gets every size, with and without a window", async () => {
    for (const windowsize of ["1", "16"]) {
      for (const size of [...SIZES, LONG]) {
        const name = fileName(size);
        const options = windowsize === "1" ? [] : [["windowsize", windowsize]] as const;
        const read = await rawRead({ host: server.host, port: server.tftpPort, name, options });
        assert.equal(read.digest, digests.get(size), `${size} octets, windowsize ${windowsize}`);
      }
    }
  });

  test("A missing file is refused with the words of the RFC", async () => {
    const read = rawRead({ host: server.host, port: server.tftpPort, name: "no/such.file" });
    await assert.rejects(read, { message: "File not found" });
  });
});

describe("HTTP downloads and uploads", { skip: harness.needs("curl") }, () => {
  test("curl reads files of every size", async () => {
    for (const size of [...SIZES, LONG]) {
      const at = place(fileName(size));
      await harness.runClient([...CURL_HTTP, "-o", at.file, url(at.name)]);
      assert.equal(harness.fileDigest(at.file), digests.get(size), `${size} octets`);
    }
  });

  test("curl continues a download in the middle", async () => {
    const at = place(fileName(MIB));
    writeFileSync(at.file, readFileSync(join(root, at.name)).subarray(0, 12345));
    await harness.runClient([...CURL_HTTP, "-C", "-", "-o", at.file, url(at.name)]);
    assert.equal(harness.fileDigest(at.file), digests.get(MIB));
  });

  test("curl uploads files of every size", async () => {
    for (const size of SIZES) {
      const name = `http-upload-${size}`;
      await harness.runClient([...CURL_HTTP, "-T", join(root, fileName(size)), url(name)]);
      assert.equal(harness.fileDigest(join(root, name)), digests.get(size), `${size} octets`);
    }
  });
});

const CURL_HTTP = ["curl", "--silent", "--show-error", "--fail", "--max-time", "170"];

function url(name: string): string {
  return `http://${server.host}:${server.httpPort}/${name}`;
}

describe("TFTP uploads", () => {
  OCTET_CLIENTS.forEach((client, index) => {
    const put = client.put;
    if (put === null) return;
    test(`${client.label} writes files of every size`, { skip: client.skip }, async () => {
      for (const size of [...SIZES, 8 * MIB]) {
        const at = place(`upload-${index}-${size}`);
        const expected = harness.writeRandomFile(at.file, size);
        await runTransfer(put(at));
        await stored(at.name, expected);
      }
    });
  });

  NETASCII_CLIENTS.forEach((client, index) => {
    const put = client.put;
    if (put === null) return;
    test(`${client.label} writes text`, { skip: client.skip }, async () => {
      const at = place(`upload-text-${index}`);
      writeFileSync(at.file, TEXT);
      await runTransfer(put(at));
      await stored(at.name, harness.fileDigest(at.file));
      assert.equal(readFileSync(join(root, at.name), "utf8"), TEXT);
    });
  });

  test(
    "An upload over an existing file replaces it whole",
    { skip: harness.needs("curl") },
    async () => {
      copyFileSync(join(root, fileName(MIB)), join(root, "replaced"));
      const at = place("replaced");
      const expected = harness.writeRandomFile(at.file, 777);
      await harness.runClient(["curl", "--silent", "-T", at.file, `tftp://${hostPort()}/replaced`]);
      assert.equal(harness.fileDigest(join(root, "replaced")), expected);
    },
  );
});

function hostPort(): string {
  return `${server.host}:${server.tftpPort}`;
}

/** The client may end before its last ACK has made the server move the file into place. */
async function stored(name: string, expected: string): Promise<void> {
  const holds = () => harness.fileDigest(join(root, name)) === expected;
  await harness.until(holds, () => `"${name}" is not as it was sent`);
}

describe("Many at once", () => {
  test("200 clients get the right file each", { skip: harness.needs("curl") }, async () => {
    const sizes = [513, 1024, MIB];
    const clients = Array.from({ length: 200 }, (_, index) => {
      const size = sizes[index % sizes.length]!;
      return index % 4 === 0 ? curlDigest(size, index) : rawDigest(size, index);
    });
    const results = await Promise.all(clients);
    const wrong = results.filter(({ size, digest }) => digest !== digests.get(size));
    assert.deepEqual(wrong, []);
  });
});

async function curlDigest(size: number, index: number) {
  const at = place(fileName(size));
  const scheme = index % 8 === 0 ? `tftp://${hostPort()}/${at.name}` : url(at.name);
  await harness.runClient(["curl", "--silent", "--show-error", "-o", at.file, scheme]);
  return { size, digest: harness.fileDigest(at.file) };
}

async function rawDigest(size: number, index: number) {
  const options = index % 2 === 0 ? [["blksize", "1024"], ["windowsize", "8"]] as const : [];
  const at = { host: server.host, port: server.tftpPort, name: fileName(size), options };
  return { size, digest: (await rawRead(at)).digest };
}

test("The server ends with status 0 when it is told to", async () => {
  assert.equal(await server.stop(), 0, server.log());
});
