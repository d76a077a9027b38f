// PUT against the real listener: what is checked before the body, what flows, what is left behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../patience.ts";
import { ask, exchange, parseAnswer, RawClient, withServer } from "./harness.ts";

function put(name: string, body: string, ...fields: string[]): string {
  const head = [`PUT /${name} HTTP/1.1`, "Host: b", `Content-Length: ${body.length}`, ...fields];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

const CLOSE = "Connection: close";
const CHUNKED = "PUT /new.txt HTTP/1.1\r\nHost: b\r\nConnection: close\r\n" +
  "Transfer-Encoding: chunked\r\n\r\n";

test("PUT of a new file is answered 201, of an existing one 204", () =>
  withServer({}, async ({ listener, tree, reported }) => {
    const made = parseAnswer(await exchange(listener.port, put("a/new.txt", "one", CLOSE)));
    assert.deepEqual([made.status, made.body, made.headers["Content-Length"]], [201, "", "0"]);
    const replaced = parseAnswer(await exchange(listener.port, put("a/new.txt", "two!", CLOSE)));
    assert.deepEqual([replaced.status, replaced.body], [204, ""]);
    assert.equal(new TextDecoder().decode(tree.get("a/new.txt")), "two!");
    assert.equal((await ask(listener.port, "GET /a/new.txt")).body, "two!");
    const [first, second] = await reported(2);
    assert.deepEqual(
      [first!.operation, first!.outcome, first!.file, first!.bytes, first!.options],
      ["write", "done", "a/new.txt", 3, "status=201"],
    );
    assert.equal(second!.options, "status=204");
  }));

test("an empty body makes an empty file", () =>
  withServer({}, async ({ listener, tree }) => {
    const { status } = parseAnswer(await exchange(listener.port, put("empty", "", CLOSE)));
    assert.deepEqual([status, tree.get("empty")?.length], [201, 0]);
  }));

test("a chunked body is taken", () =>
  withServer({}, async ({ listener, tree, uploads }) => {
    const text = await exchange(listener.port, `${CHUNKED}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`);
    assert.equal(parseAnswer(text).status, 201);
    assert.equal(new TextDecoder().decode(tree.get("new.txt")), "abcde");
    assert.equal(uploads.requests[0]!.size, null);
  }));

test("RFC 9110 §8.6: a body without a length is answered 411", () =>
  withServer({}, async ({ listener, tree }) => {
    const { status } = await ask(listener.port, "PUT /x");
    assert.deepEqual([status, tree.size], [411, 0]);
  }));

test("curl: 100 Continue comes before the body, and only when it is wanted", () =>
  withServer({}, async ({ listener, tree }) => {
    const client = new RawClient(listener.port);
    client.send("PUT /x HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert.equal(
      await client.until((text) => text.includes("\r\n\r\n")),
      "HTTP/1.1 100 Continue\r\n\r\n",
    );
    client.send("abc");
    await client.until((text) => text.includes("201 Created"));
    assert.equal(tree.get("x")?.length, 3);
    client.leave();
  }));

const REFUSED: readonly (readonly [what: string, head: string, status: number])[] = [
  ["too large", "PUT /x HTTP/1.1\r\nContent-Length: 50000001\r\n", 413],
  ["forbidden", "PUT /secret.txt HTTP/1.1\r\nContent-Length: 50000\r\n", 403],
  ["a bad name", "PUT /../x HTTP/1.1\r\nContent-Length: 50000\r\n", 400],
  ["a directory", "PUT /x/ HTTP/1.1\r\nContent-Length: 50000\r\n", 403],
  ["a part", "PUT /x HTTP/1.1\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/9\r\n", 400],
];

for (const [what, head, status] of REFUSED) {
  test(`curl: ${what} is refused with ${status} before the body is sent`, () =>
    withServer({}, async ({ listener, tree, uploads, reported }) => {
      const client = new RawClient(listener.port);
      client.send(`${head}Host: b\r\nExpect: 100-continue\r\n\r\n`);
      const answer = parseAnswer(await client.closed());
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.headers["Connection"], "close");
      assert.deepEqual([tree.size, uploads.requests.length], [0, 0]);
      assert.equal((await reported(1))[0]!.outcome, "refused");
    }));
}

test("a full disk is answered 507 before the body is taken", () =>
  withServer({}, async ({ listener, uploads, reported }) => {
    uploads.refusal = { kind: "no-space", detail: "ENOSPC" };
    const client = new RawClient(listener.port);
    client.send("PUT /x HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert.equal(parseAnswer(await client.closed()).status, 507);
    const [report] = await reported(1);
    assert.deepEqual([report!.outcome, report!.refusal], ["refused", "no-space"]);
  }));

test("a client that sends its body anyhow still reads why it was refused", () =>
  // One that takes seconds to read is cut, which may cost it the answer.
  eventually(() =>
    withServer({}, async ({ listener, tree }) => {
      const client = new RawClient(listener.port);
      client.send(put("secret.txt", "x".repeat(3_000_000)));
      const answer = parseAnswer(await client.until((text) => text.includes("violation")));
      assert.deepEqual([answer.status, answer.body], [403, "Access violation\n"]);
      await client.closed();
      assert.equal(tree.size, 0);
    })
  ));

test("after a small refused body the connection serves on", () =>
  withServer({ files: { "a": "hello" } }, async ({ listener }) => {
    const text = await exchange(
      listener.port,
      put("secret.txt", "x".repeat(1000)) +
        "GET /a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n",
    );
    assert.match(text, /^HTTP\/1\.1 403 /);
    assert.ok(text.endsWith("hello"), text);
  }));

test("a body of a GET is ignored, and the connection serves on", () =>
  withServer({ files: { "a": "hello" } }, async ({ listener }) => {
    const get = "GET /a HTTP/1.1\r\nHost: b\r\n";
    const text = await exchange(
      listener.port,
      `${get}Content-Length: 5\r\n\r\nGET /${get}Connection: close\r\n\r\n`,
    );
    assert.equal(text.match(/hello/g)?.length, 2);
  }));

test("an upload that fails in the middle is answered with its refusal", () =>
  eventually(() =>
    withServer({}, async ({ listener, uploads, tree, reported }) => {
      uploads.failsAt = { bytes: 100_000, refusal: { kind: "no-space", detail: "ENOSPC" } };
      const client = new RawClient(listener.port);
      client.send(put("x", "x".repeat(2_000_000)));
      const answer = parseAnswer(await client.until((text) => text.includes("exceeded")));
      assert.equal(answer.status, 507);
      client.leave();
      const [report] = await reported(1);
      assert.deepEqual(
        [report!.outcome, report!.refusal, report!.reason],
        ["failed", "no-space", "ENOSPC"],
      );
      assert.equal(tree.size, 0);
    })
  ));

test("an interrupted upload leaves nothing", () =>
  withServer({}, async ({ listener, uploads, tree, reported }) => {
    const client = new RawClient(listener.port);
    client.send("PUT /x HTTP/1.1\r\nHost: b\r\nContent-Length: 1000\r\n\r\nabc");
    while (uploads.open.size === 0) await new Promise(setImmediate);
    client.leave();
    const [report] = await reported(1);
    assert.deepEqual([report!.operation, report!.outcome], ["write", "aborted"]);
    assert.match(report!.reason, /^Client closed the connection/);
    assert.deepEqual([uploads.aborted, tree.size], [["x"], 0]);
  }));

test("an upload that stands still is cut and leaves nothing", () =>
  // One that a stall keeps from beginning is cut before there is anything to report.
  eventually(() =>
    withServer({ timeouts: { idleMs: 300 } }, async ({ listener, uploads, tree, reported }) => {
      const client = new RawClient(listener.port);
      client.send("PUT /x HTTP/1.1\r\nHost: b\r\nContent-Length: 1000\r\n\r\nabc");
      await client.closed();
      assert.equal(uploads.requests.length, 1);
      const [report] = await reported(1);
      assert.equal(report!.outcome, "aborted");
      assert.deepEqual([uploads.aborted, tree.size], [["x"], 0]);
    })
  ));

test("a full queue holds the client back, and every octet arrives once", () =>
  withServer({}, async ({ listener, uploads, tree }) => {
    uploads.queueBytes = 100_000;
    const body = Array.from({ length: 300_000 }, (_, at) => `${at};`).join("");
    const text = await exchange(listener.port, put("x", body, CLOSE));
    assert.equal(parseAnswer(text).status, 201);
    assert.ok(Buffer.from(tree.get("x")!).toString("latin1") === body);
    assert.ok(uploads.overruns <= 1, `${uploads.overruns} writes into a full queue`);
  }));

const CONDITIONS: readonly (readonly [name: string, field: string, status: number])[] = [
  ["old", "If-None-Match: *", 412],
  ["new", "If-None-Match: *", 201],
  ["old", "If-Match: *", 204],
  ["new", "If-Match: *", 412],
  ["old", 'If-Match: "other"', 412],
];

for (const [name, field, status] of CONDITIONS) {
  test(`RFC 9110 §13: PUT of the ${name} file with ${field} is answered ${status}`, () =>
    withServer({ files: { "old": "hello" } }, async ({ listener, tree }) => {
      const answer = parseAnswer(await exchange(listener.port, put(name, "bye", field, CLOSE)));
      assert.equal(answer.status, status);
      if (status === 412) assert.equal(tree.get("old")?.length, 5);
    }));
}

test("a running upload is shown as live with its progress", () =>
  withServer({}, async ({ listener, uploads, activity, reported }) => {
    const client = new RawClient(listener.port);
    client.send("PUT /x HTTP/1.1\r\nHost: b\r\nContent-Length: 1000\r\n\r\nabc");
    while (uploads.open.size === 0 || activity.live()[0]?.bytes !== 3) {
      await new Promise(setImmediate);
    }
    const [live] = activity.live();
    assert.deepEqual([live!.name, live!.operation, live!.size], ["x", "write", 1000]);
    client.leave();
    await reported(1);
    assert.equal(activity.live().length, 0);
  }));
