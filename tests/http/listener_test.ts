// The listener over raw sockets: what leaves is compared octet by octet with what firmware needs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../patience.ts";
import { ask, exchange, RawClient, withServer } from "./harness.ts";

const FILES = {
  "a.efi": "hello world",
  "empty.img": "",
  "grub/grub.cfg": "set timeout=0\n",
};

/** The answer without the value of Date, which is the only thing that moves. */
function still(text: string): string {
  return text.replace(/\r\nDate: [^\r]*/g, "\r\nDate: *");
}

const HEADER = "HTTP/1.1 200 OK\r\nAccept-Ranges: bytes\r\nContent-Length: 11\r\n" +
  'Content-Type: application/efi\r\nETag: "memory-a.efi-N"\r\n' +
  "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\nDate: *\r\n";

function numbered(text: string): string {
  return still(text).replace(/-\d+"/g, '-N"');
}

test("GRUB: header names leave in Title-Case, with one space, never chunked", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const text = await exchange(
      listener.port,
      "GET /a.efi HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n",
    );
    assert.equal(numbered(text), `${HEADER}Connection: close\r\n\r\nhello world`);
  }));

test("EDK2: HEAD has the header of GET, octet by octet, and no body", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const text = await exchange(
      listener.port,
      "HEAD /a.efi HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n",
    );
    assert.equal(numbered(text), `${HEADER}Connection: close\r\n\r\n`);
  }));

test("Syslinux: HTTP/1.0 without Host is answered and closed", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const text = await exchange(listener.port, "GET /a.efi HTTP/1.0\r\n\r\n");
    assert.equal(numbered(text), `${HEADER}Connection: close\r\n\r\nhello world`);
  }));

test("EDK2: a connection of HTTP/1.1 stays for the next request", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const client = new RawClient(listener.port);
    client.send("HEAD /a.efi HTTP/1.1\r\nHost: b\r\n\r\n");
    await client.until((text) => text.includes("\r\n\r\n"));
    client.send("GET /a.efi HTTP/1.1\r\nHost: b\r\n\r\n");
    const text = await client.until((text) => text.endsWith("hello world"));
    assert.equal(text.split("HTTP/1.1 200 OK").length, 3);
    assert.ok(text.includes("\r\nConnection: keep-alive\r\n"));
    assert.equal(client.isClosed, false);
    client.leave();
  }));

test("requests in a row on one connection are answered in their order", () =>
  withServer({ files: FILES }, async ({ listener, reported }) => {
    const one = "GET /a.efi HTTP/1.1\r\nHost: b\r\n\r\n";
    const two = "GET /grub/grub.cfg HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n";
    const text = await exchange(listener.port, one + one + two);
    assert.deepEqual(text.match(/hello world|set timeout=0/g), [
      "hello world",
      "hello world",
      "set timeout=0",
    ]);
    await reported(3);
  }));

const TARGETS: readonly (readonly [request: string, status: number, body: string])[] = [
  ["GET /a.efi", 200, "hello world"],
  ["GET //a.efi", 200, "hello world"],
  ["GET /./a.efi", 200, "hello world"],
  ["GET /a%2eefi", 200, "hello world"],
  ["GET /grub%2Fgrub.cfg", 200, "set timeout=0\n"],
  ["GET /grub\\grub.cfg", 200, "set timeout=0\n"],
  ["GET /a.efi?mac=52:54:00", 200, "hello world"],
  ["GET http://boot.example/a.efi", 200, "hello world"],
  ["GET http://boot.example:80//a.efi", 200, "hello world"],
  ["GET /empty.img", 200, ""],
  ["GET /A.EFI", 404, "File not found\n"],
  ["GET /missing", 404, "File not found\n"],
  ["GET /a.efi/", 404, "File not found\n"],
  ["GET /secret.txt", 403, "Access violation\n"],
  ["GET /../a.efi", 400, "File name not allowed\n"],
  ["GET /grub/../a.efi", 400, "File name not allowed\n"],
  ["GET /grub/%2e%2e/a.efi", 400, "File name not allowed\n"],
  ["GET /grub/..%5ca.efi", 400, "File name not allowed\n"],
  ["GET /a.efi%00.txt", 400, "File name not allowed\n"],
  ["GET /a.efi%0d%0aX-Evil:%201", 400, "File name not allowed\n"],
  ["GET /%zz", 400, "File name not allowed\n"],
  ["GET /%252e%252e/a.efi", 404, "File not found\n"],
  [`GET /${"a".repeat(5000)}`, 400, "File name not allowed\n"],
  ["DELETE /a.efi", 405, "Method not allowed\n"],
  ["POST /a.efi", 405, "Method not allowed\n"],
  ["PROPFIND /", 405, "Method not allowed\n"],
  ["TRACE /a.efi", 405, ""],
  ["OPTIONS /a.efi", 204, ""],
];

for (const [request, status, body] of TARGETS) {
  test(`"${request.slice(0, 50)}" is answered ${status}`, () =>
    withServer({ files: FILES }, async ({ listener }) => {
      const answer = await ask(listener.port, request);
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.body, body);
      if (status !== 204) assert.equal(answer.headers["Content-Length"], String(body.length));
      assert.equal("Location" in answer.headers, false);
      assert.ok(answer.lines.every((line) => /^[A-Z][A-Za-z-]*: \S/.test(line)), answer.text);
    }));
}

test("RFC 9110 §15.5.6: 405 and OPTIONS say what is allowed", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    for (const request of ["DELETE /a.efi", "OPTIONS /a.efi"]) {
      const { headers } = await ask(listener.port, request);
      assert.equal(headers["Allow"], "GET, HEAD, PUT, OPTIONS");
    }
  }));

test("without uploads PUT is not allowed, and the log says what would allow it", () =>
  withServer({ files: FILES, app: { uploads: null } }, async ({ listener, reported }) => {
    const { status, headers } = await ask(listener.port, "PUT /new", "Content-Length: 0");
    assert.deepEqual([status, headers["Allow"]], [405, "GET, HEAD, OPTIONS"]);
    const { refusal, reason } = (await reported(1))[0]!;
    assert.equal(`${refusal}: ${reason}`, "read-only: Uploads are switched off (upload.enabled)");
  }));

test("a part is answered 206 with its place in the whole", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const answer = await ask(listener.port, "GET /a.efi", "Range: bytes=6-");
    assert.equal(answer.text.split("\r\n")[0], "HTTP/1.1 206 Partial Content");
    assert.equal(answer.headers["Content-Range"], "bytes 6-10/11");
    assert.equal(answer.headers["Content-Length"], "5");
    assert.equal(answer.body, "world");
  }));

test("a range behind the end is answered 416 with the size", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const answer = await ask(listener.port, "GET /a.efi", "Range: bytes=11-");
    assert.deepEqual([answer.status, answer.body], [416, ""]);
    assert.equal(answer.headers["Content-Range"], "bytes */11");
  }));

test("iPXE: the literal range bytes=u-u gets the whole file", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const answer = await ask(listener.port, "GET /a.efi", "Range: bytes=u-u");
    assert.deepEqual([answer.status, answer.body], [200, "hello world"]);
  }));

test("a client that has the file gets 304 with the tag and no body", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const { headers } = await ask(listener.port, "GET /a.efi");
    const again = await ask(listener.port, "GET /a.efi", `If-None-Match: ${headers["ETag"]}`);
    assert.deepEqual([again.status, again.body], [304, ""]);
    assert.equal(again.headers["ETag"], headers["ETag"]);
    assert.equal("Content-Length" in again.headers, false);
  }));

test("EDK2: a download is resumed only while the file is the same", () =>
  withServer({ files: FILES }, async ({ listener, tree }) => {
    const { headers } = await ask(listener.port, "GET /a.efi");
    const fields = ["Range: bytes=6-10", `If-Match: ${headers["ETag"]}`];
    assert.equal((await ask(listener.port, "GET /a.efi", ...fields)).body, "world");
    tree.set("a.efi", new TextEncoder().encode("HELLO WORLD"));
    const changed = await ask(listener.port, "GET /a.efi", ...fields);
    assert.deepEqual([changed.status, changed.body], [412, "Precondition failed\n"]);
  }));

test("every request is reported with what became of it", () =>
  withServer({ files: FILES }, async ({ listener, reported }) => {
    await ask(listener.port, "GET /a.efi", "Range: bytes=0-4");
    await ask(listener.port, "HEAD /a.efi");
    await ask(listener.port, "GET /missing");
    await ask(listener.port, "DELETE /a.efi");
    const reports = await reported(4);
    assert.deepEqual(
      reports.map(({ via, operation, name, file, outcome, refusal, bytes, options }) => [
        ...[via, operation, name, file, outcome, refusal, bytes, options],
      ]),
      [
        ["http", "read", "a.efi", "a.efi", "done", null, 5, "status=206 range=0-4/11"],
        ["http", "read", "a.efi", "a.efi", "probe", null, 0, "status=200"],
        ["http", "read", "missing", null, "refused", "not-found", 0, "status=404"],
        ["http", "write", "a.efi", null, "refused", "bad-request", 0, "status=405"],
      ],
    );
    assert.ok(reports.every(({ client, port }) => client === "127.0.0.1" && port > 0));
  }));

test("more connections than allowed are closed, and later ones served again", () =>
  withServer({ files: FILES, connectionsMax: 2 }, async ({ listener }) => {
    const clients = [new RawClient(listener.port), new RawClient(listener.port)];
    for (const client of clients) client.send("GET /a.efi HTTP/1.1\r\nHost: b\r\n\r\n");
    for (const client of clients) await client.until((text) => text.endsWith("hello world"));
    const third = new RawClient(listener.port);
    third.send("GET /a.efi HTTP/1.1\r\nHost: b\r\n\r\n");
    assert.equal(await third.closed(), "");
    for (const client of clients) {
      client.send("HEAD /a.efi HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
    }
    for (const client of clients) await client.closed();
    // The server may hear of the end of a connection later than its client.
    await eventually(async () => {
      assert.equal((await ask(listener.port, "GET /a.efi")).body, "hello world");
    });
  }));

test("close() ends idle connections at once and lets nobody in", () =>
  // Another process may take the port as soon as it is free.
  eventually(async () => {
    let port = 0;
    await withServer({ files: FILES }, async ({ listener }) => {
      port = listener.port;
      const client = new RawClient(port);
      client.send("GET /a.efi HTTP/1.1\r\nHost: b\r\n\r\n");
      await client.until((text) => text.endsWith("hello world"));
      await listener.close();
      await client.closed();
    });
    await assert.rejects(exchange(port, "GET /a.efi HTTP/1.0\r\n\r\n"));
  }));

test("a failure in the app costs one answer, not the server", () => {
  const resolve = () => {
    throw new Error("broken");
  };
  const resolver = { resolve, list: () => [] };
  return withServer({ files: FILES, app: { resolver } }, async ({ listener, reported }) => {
    const answer = await ask(listener.port, "GET /a.efi");
    assert.deepEqual([answer.status, answer.body], [500, "Internal error\n"]);
    const [report] = await reported(1);
    assert.equal(report!.outcome, "failed");
    assert.match(report!.reason, /broken/);
  });
});
