// Whole downloads over 127.0.0.1.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runGet } from "../../src/client/get.ts";
import { createPortableDriver } from "../../src/net/portable.ts";
import { fakeEnvironment, getOptions, withDirectory } from "./fake_environment.ts";
import { FakeServer, type Script, testBytes } from "./fake_server.ts";

async function withServer(script: Script, use: (server: FakeServer, url: string) => Promise<void>) {
  const server = new FakeServer(script);
  await server.start();
  try {
    await use(server, `tftp://127.0.0.1:${server.port}`);
  } finally {
    await server.stop();
  }
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

test("get fetches a file, names it only when whole, and prints the figures", async () => {
  const bytes = testBytes(100_000);
  await withServer({}, async (server, url) => {
    server.files.set("boot/x", bytes);
    const left = await withDirectory(async (directory) => {
      const output = join(directory, "x");
      const environment = fakeEnvironment();
      assert.equal(await runGet(getOptions(`${url}/boot/x`, { output }), environment), 0);
      assert.deepEqual(new Uint8Array(readFileSync(output)), bytes);
      assert.match(environment.said(), /^boot\/x: 100000 bytes in [\d.]+ s \([\d.]+ .?B\/s\), /);
      const rest = ", 0 retransmissions, tsize=100000 blksize=1468 windowsize=16, sha256:";
      assert.ok(environment.said().endsWith(`${rest}${digest(bytes)}\n`), environment.said());
    });
    assert.deepEqual(left, ["x"]);
  });
});

test("get asks for what the options say", async () => {
  await withServer({}, async (server, url) => {
    server.files.set("x", testBytes(10));
    const rows: [Parameters<typeof getOptions>[1], string][] = [
      [{}, "tsize=0 blksize=1468 windowsize=16"],
      [{ tsize: false, blksize: null, windowsize: null }, ""],
      [
        { blksize: 512, windowsize: 1, timeoutSeconds: 3 },
        "tsize=0 blksize=512 timeout=3 windowsize=1",
      ],
    ];
    for (const [options, expected] of rows) {
      const settings = getOptions(`${url}/x`, { output: "-", quiet: true, ...options });
      const environment = fakeEnvironment();
      assert.equal(await runGet(settings, environment), 0);
      const asked = server.requests.at(-1)!.options.map((o) => `${o.name}=${o.value}`).join(" ");
      assert.equal(asked, expected);
      assert.deepEqual(environment.out(), Buffer.from(testBytes(10)));
      assert.equal(environment.said(), "");
    }
  });
});

test("get delivers sizes around the block size, with and without options", async () => {
  await withServer({}, async (server, url) => {
    for (const size of [0, 1, 511, 512, 513, 1024, 65536]) {
      server.files.set("x", testBytes(size));
      for (
        const options of [{}, { tsize: false, blksize: null, windowsize: null }, { blksize: 512 }]
      ) {
        const environment = fakeEnvironment();
        const settings = getOptions(`${url}/x`, { output: "-", ...options });
        assert.equal(await runGet(settings, environment), 0);
        assert.deepEqual(environment.out(), Buffer.from(testBytes(size)), `${size}`);
        assert.match(environment.said(), new RegExp(`sha256:${digest(testBytes(size))}`));
      }
    }
  });
});

test("get survives the loss of single datagrams in both directions", async () => {
  // A block in the middle of a window, and the ACK that tells of it.
  const drop = (direction: "in" | "out", count: number) =>
    direction === "in" ? count === 3 : count === 7;
  await withServer({ drop, hurries: true }, async (server, url) => {
    server.files.set("x", testBytes(40_000));
    const environment = fakeEnvironment({ driver: createPortableDriver() });
    const settings = getOptions(`${url}/x`, { output: "-" });
    assert.equal(await runGet(settings, environment), 0);
    assert.deepEqual(environment.out(), Buffer.from(testBytes(40_000)));
    assert.match(environment.said(), /, [1-9]\d* retransmissions?, /);
  });
});

test("get fetches netascii as local text, a pair cut by a block boundary included", async () => {
  const wire = Buffer.from("a".repeat(511) + "\r\nb\r\0c\r\n");
  await withServer({}, async (server, url) => {
    server.files.set("x", wire);
    const environment = fakeEnvironment();
    const settings = getOptions(`${url}/x;mode=netascii`, { output: "-", blksize: 512 });
    assert.equal(await runGet(settings, environment), 0);
    assert.equal(server.requests[0]!.mode, "netascii");
    assert.equal(Buffer.from(environment.out()).toString(), "a".repeat(511) + "\nb\rc\n");
  });
});

test("get tells the server's own words and leaves nothing behind", async () => {
  await withServer({}, async (_server, url) => {
    const left = await withDirectory(async (directory) => {
      const environment = fakeEnvironment();
      const output = join(directory, "x");
      assert.equal(await runGet(getOptions(`${url}/nope`, { output }), environment), 1);
      assert.equal(environment.said(), 'Server refused "nope": File not found (ERROR 1)\n');
    });
    assert.deepEqual(left, []);
  });
});

test("get keeps the file that was there when the new one fails", async () => {
  const bytes = testBytes(50_000);
  let seen = 0;
  const onPacket = () => {
    seen++;
  };
  const drop = (direction: "in" | "out", count: number) => direction === "out" && count > 3;
  await withServer({ onPacket, drop }, async (server, url) => {
    server.files.set("x", bytes);
    const left = await withDirectory(async (directory) => {
      const output = join(directory, "x");
      writeFileSync(output, "old");
      const environment = fakeEnvironment({
        onStderr: (text) => {
          if (text.includes("< DATA 2")) environment.interrupt();
        },
      });
      const settings = getOptions(`${url}/x`, { output, trace: true });
      assert.equal(await runGet(settings, environment), 130);
      assert.equal(readFileSync(output, "utf8"), "old");
    });
    assert.deepEqual(left, ["x"]);
    assert.ok(seen > 0);
  });
});

test("Ctrl-C tells the server, removes the partial file and exits with 130", async () => {
  const aborted = Promise.withResolvers<void>();
  const onPacket = (packet: { op: string }) => {
    if (packet.op === "error") aborted.resolve();
  };
  const drop = (direction: "in" | "out", count: number) => direction === "out" && count > 3;
  await withServer({ onPacket, drop }, async (server, url) => {
    server.files.set("x", testBytes(50_000));
    const left = await withDirectory(async (directory) => {
      const environment = fakeEnvironment({
        onStderr: (text) => {
          if (text.includes("< DATA 2")) environment.interrupt();
        },
      });
      const settings = getOptions(`${url}/x`, { output: join(directory, "x"), trace: true });
      assert.equal(await runGet(settings, environment), 130);
      assert.match(environment.said(), /Transfer of "x" aborted by user\n$/);
      await aborted.promise;
    });
    assert.deepEqual(left, []);
    const last = server.packets.at(-1);
    assert.deepEqual(last, { op: "error", code: 0, message: "Transfer aborted by user" });
  });
});

test("RFC 2347: refused options are left out once, and people are told", async () => {
  for (const code of [8, 4, 0]) {
    const script: Script = {
      answer: (request) =>
        request.options.length > 0 ? { op: "error", code, message: "Bad options" } : null,
    };
    await withServer(script, async (server, url) => {
      server.files.set("x", testBytes(600));
      const environment = fakeEnvironment();
      assert.equal(await runGet(getOptions(`${url}/x`, { output: "-" }), environment), 0);
      assert.deepEqual(server.requests.map((r) => r.options.length), [3, 0]);
      const note =
        `Note: Options are not agreed on (ERROR ${code}, "Bad options"), asking without any\n`;
      assert.ok(environment.said().startsWith(note), environment.said());
      assert.match(environment.said(), /, no options, sha256:/);
    });
  }
});

test("--trace prints one line for each packet", async () => {
  await withServer({}, async (server, url) => {
    server.files.set("boot/x", testBytes(10));
    const environment = fakeEnvironment();
    const settings = getOptions(`${url}/boot/x`, { output: "-", trace: true, quiet: true });
    assert.equal(await runGet(settings, environment), 0);
    assert.deepEqual(environment.said().replace(/^ +\d+\.\d{4} /gm, "").split("\n"), [
      '> RRQ "boot/x" octet tsize=0 blksize=1468 windowsize=16',
      "< OACK tsize=10 blksize=1468 windowsize=16",
      "> ACK 0",
      "< DATA 1 (10 octets)",
      "> ACK 1",
      "",
    ]);
  });
});

test("get works over IPv6", async (context) => {
  const server = new FakeServer({ host: "::1" });
  try {
    await server.start();
  } catch {
    return context.skip("no IPv6 loopback here");
  }
  server.files.set("x", testBytes(5000));
  try {
    const environment = fakeEnvironment();
    const settings = getOptions(`tftp://[::1]:${server.port}/x`, { output: "-" });
    assert.equal(await runGet(settings, environment), 0);
    assert.deepEqual(environment.out(), Buffer.from(testBytes(5000)));
  } finally {
    await server.stop();
  }
});

test("get writes to devices in place and through links to their file", async () => {
  await withServer({}, async (server, url) => {
    server.files.set("x", testBytes(10));
    const device = statSync("/dev/null", { throwIfNoEntry: false });
    if (device !== undefined) {
      const settings = getOptions(`${url}/x`, { output: "/dev/null" });
      assert.equal(await runGet(settings, fakeEnvironment()), 0);
      assert.ok(statSync("/dev/null").isCharacterDevice());
    }
    const left = await withDirectory(async (directory) => {
      writeFileSync(join(directory, "real"), "old");
      symlinkSync("real", join(directory, "link"));
      const settings = getOptions(`${url}/x`, { output: join(directory, "link") });
      assert.equal(await runGet(settings, fakeEnvironment()), 0);
      assert.equal(readFileSync(join(directory, "real")).length, 10);
    });
    assert.deepEqual(left, ["link", "real"]);
  });
});

test("get says why it cannot write, before it asks anybody", async () => {
  await withServer({}, async (server, url) => {
    await withDirectory(async (directory) => {
      const rows: [output: string, why: string][] = [
        [directory, "it is a directory"],
        [join(directory, "none", "x"), "no such file or directory"],
      ];
      for (const [output, why] of rows) {
        const environment = fakeEnvironment();
        assert.equal(await runGet(getOptions(`${url}/x`, { output }), environment), 1);
        assert.equal(environment.said(), `Cannot write "${output}": ${why}\n`);
      }
      assert.deepEqual(server.requests, []);
    });
  });
});

test("get fails when standard output is closed, and tells the server", async () => {
  await withServer({}, async (server, url) => {
    server.files.set("x", testBytes(600_000));
    const environment = {
      ...fakeEnvironment(),
      stdout: () => {
        throw Object.assign(new Error("broken"), { code: "EPIPE" });
      },
      said: "",
    };
    const stderr = (text: string) => void (environment.said += text);
    const settings = getOptions(`${url}/x`, { output: "-" });
    assert.equal(await runGet(settings, { ...environment, stderr }), 1);
    assert.equal(environment.said, 'Cannot write "-": its reader has gone\n');
  });
});

test("get refuses what makes no sense with exit code 2", async () => {
  const rows: [Parameters<typeof getOptions>, string][] = [
    [["h:x"], 'Cannot use URL "h:x": write it as tftp://HOST/NAME or http://HOST/NAME'],
    [["http://h/x", { multicast: true }], "Multicast is known to TFTP only, not to HTTP"],
    [["tftp://h/x;mode=netascii", { multicast: true }], "Multicast carries mode octet only"],
    [["tftp://h/x", { interfaceHost: "127.0.0.1" }], "An interface is chosen for multicast only"],
    [
      ["tftp://h/x", { multicast: true, interfaceHost: "192.0.2.9" }],
      'No interface of this machine has address "192.0.2.9"',
    ],
    [["tftp://h/dir/"], 'No file name in "tftp://h/dir/": name one with --output'],
    [["http://h/x", { mode: "netascii" }], "Mode netascii is known to TFTP only, not to HTTP"],
  ];
  for (const [options, message] of rows) {
    const environment = fakeEnvironment();
    assert.equal(await runGet(getOptions(...options), environment), 2);
    assert.equal(environment.said(), `${message}\n`);
  }
});

test("get does not replace a file that may not be written", async () => {
  if (process.getuid?.() === 0) return; // Root may write everything.
  await withDirectory(async (directory) => {
    const output = join(directory, "x");
    writeFileSync(output, "old");
    chmodSync(output, 0o444);
    const environment = fakeEnvironment();
    assert.equal(await runGet(getOptions("tftp://127.0.0.1/x", { output }), environment), 1);
    assert.ok(existsSync(output));
  });
});
