// Requests that nobody honest sends. Each may cost its own connection; the server serves on.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PATIENCE_MS } from "../patience.ts";
import { ask, RawClient, withServer } from "./harness.ts";

const FILES = { "a.efi": "hello world" };
const HOST = "Host: b\r\n";

/** What is sent, and what the first answer must begin with; "" for none at all. */
const GARBAGE: readonly (readonly [what: string, text: string, answer: RegExp])[] = [
  ["a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", /^(HTTP\/1\.1 400 |$)/],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["a blank in the path", `GET /a b HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1\.1 400 /],
  ["NUL in the path", `GET /a\0b HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1\.1 400 /],
  ["raw octets in the path", `GET /\xff\xfe HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1\.1 400 /],
  ["no Host in HTTP/1.1", "GET /a.efi HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["a bare LF", `GET /a.efi HTTP/1.1\n${HOST}\n`, /^HTTP\/1\.1 400 /],
  ["an unknown method", `BREW /a HTTP/1.1\r\n${HOST}\r\n`, /^HTTP\/1\.1 400 /],
  ["CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", /^(HTTP\/1\.1 405 |$)/],
  [
    "two lengths",
    `PUT /x HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "a negative length",
    `PUT /x HTTP/1.1\r\n${HOST}Content-Length: -3\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "length and chunks",
    `PUT /x HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "a header of 64 KiB",
    `GET /a.efi HTTP/1.1\r\n${HOST}X: ${"x".repeat(65536)}\r\n\r\n`,
    /^(HTTP\/1\.1 (431|400) |$)/,
  ],
  [
    "a path of 64 KiB",
    `GET /${"x".repeat(65536)} HTTP/1.1\r\n${HOST}\r\n`,
    /^(HTTP\/1\.1 (431|414|400) |$)/,
  ],
];

for (const [what, text, answer] of GARBAGE) {
  test(`${what} costs its own connection only`, () =>
    withServer(
      { files: FILES, timeouts: { headerMs: PATIENCE_MS } },
      async ({ listener, tree }) => {
        const client = new RawClient(listener.port);
        client.send(text);
        const received = await client.until((text) => text.includes("\r\n\r\n"));
        assert.match(received, answer);
        assert.ok(!received.includes("HTTP/1.1 200"));
        client.leave();
        assert.equal((await ask(listener.port, "GET /a.efi")).body, "hello world");
        assert.equal(tree.size, 1);
      },
    ));
}

for (
  const [what, text, why] of [
    ["no HTTP", `BREW /a HTTP/1.1\r\n${HOST}\r\n`, "it is not HTTP/1.1"],
    [
      "too long a header",
      `GET / HTTP/1.1\r\n${HOST}X: ${"x".repeat(200_000)}\r\n\r\n`,
      "its header is longer than 16384 octets",
    ],
  ] as const
) {
  test(`${what} is told to the operator once a minute`, () =>
    withServer({ files: FILES }, async ({ listener, notices }) => {
      for (let count = 0; count < 3; count++) {
        const client = new RawClient(listener.port);
        client.send(text);
        await client.closed();
      }
      assert.equal(notices.length, 1);
      assert.match(notices[0]!, /^Refused an HTTP request of 127\.0\.0\.1 port \d+: /);
      assert.ok(notices[0]!.endsWith(why), notices[0]);
    }));
}

test("a broken chunk ends the upload and leaves nothing", () =>
  withServer({}, async ({ listener, tree, uploads, reported }) => {
    const client = new RawClient(listener.port);
    client.send(`PUT /x HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n`);
    await client.closed();
    const [report] = await reported(1);
    assert.equal(report!.outcome, "aborted");
    assert.deepEqual([tree.size, uploads.open.size], [0, 0]);
  }));

test("a thousand requests in a row on one connection are all answered", () =>
  withServer({ files: FILES }, async ({ listener, reported }) => {
    const client = new RawClient(listener.port);
    client.send(`GET /a.efi HTTP/1.1\r\n${HOST}\r\n`.repeat(999));
    client.send(`GET /a.efi HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    const text = await client.closed();
    assert.equal(text.match(/hello world/g)?.length, 1000);
    await reported(1000);
  }));

test("a client that leaves before its answer is no fault", () =>
  withServer({ files: FILES }, async ({ listener, reported }) => {
    for (let count = 0; count < 50; count += 1) {
      const client = new RawClient(listener.port);
      client.socket.on("connect", () => {
        client.send(`GET /a.efi HTTP/1.1\r\n${HOST}\r\n`);
        client.socket.resetAndDestroy();
      });
      await client.closed();
    }
    await ask(listener.port, "GET /a.efi");
    await reported(1);
  }));

test("a field given twice is no way around a check", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const ranges = await ask(listener.port, "GET /a.efi", "Range: bytes=0-1", "Range: bytes=3-4");
    assert.deepEqual([ranges.status, ranges.body], [200, "hello world"]);
    const tags = await ask(listener.port, "GET /a.efi", 'If-Match: "x"', "If-Match: *");
    assert.equal(tags.status, 412);
  }));

test("fields with strange values are ignored", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const fields = ["Range: \xff\xfe", "If-None-Match: \x80", "Upgrade: h2c", "Expect-Not: 1"];
    const answer = await ask(listener.port, "GET /a.efi", ...fields);
    assert.deepEqual([answer.status, answer.body], [200, "hello world"]);
  }));

test("curl: an offer to upgrade to HTTP/2 is not taken", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const client = new RawClient(listener.port);
    client.send(
      `GET /a.efi HTTP/1.1\r\n${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n` +
        "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
    );
    assert.match(await client.until((text) => text.includes("hello")), /^HTTP\/1\.1 200 OK\r\n/);
    client.leave();
  }));
