// The pages under /.bootsrv/: what they show, whom they serve, and that nothing in them runs that
// is not ours.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { SCRIPT, SCRIPT_DIGEST } from "../../src/http/page_script.ts";
import { ask, RawClient, withServer } from "./harness.ts";

const FILES = { "a.efi": "hello world" };

test("the status page shows server, requests and clients, and is valid without a script", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    await ask(listener.port, "GET /a.efi");
    await ask(listener.port, "GET /missing");
    const { status, body, headers } = await ask(listener.port, "GET /.bootsrv/");
    assert.equal(status, 200);
    for (const text of ["bootsrv 1.2.3", "/srv/boot", "http 127.0.0.1:80", "Uploads"]) {
      assert.ok(body.includes(text), text);
    }
    assert.match(body, /<bdi>a\.efi<\/bdi>.*done/);
    assert.match(body, /<bdi>missing<\/bdi>.*refused/);
    assert.match(body, /<noscript><meta http-equiv="refresh"/);
    assert.equal(headers["Cache-Control"], "no-store");
    assert.equal((await ask(listener.port, "GET /.bootsrv")).status, 200);
  }));

test("the page fetches nothing from elsewhere and runs only its own script", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const { body, headers } = await ask(listener.port, "GET /.bootsrv/");
    assert.doesNotMatch(body, /(?:src|href)="(?:https?:)?\/\//);
    const policy = headers["Content-Security-Policy"]!;
    assert.ok(policy.includes("default-src 'none'"));
    assert.ok(policy.includes(`script-src '${SCRIPT_DIGEST}'`));
    assert.ok(body.includes(`<script>${SCRIPT}</script>`));
    const digest = createHash("sha256").update(SCRIPT).digest("base64");
    assert.equal(SCRIPT_DIGEST, `sha256-${digest}`);
  }));

test("names from the network are escaped on every page", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    await ask(listener.port, "GET /%3Cimg%20src=x%20onerror=alert(1)%3E");
    for (const page of ["/.bootsrv/", "/.bootsrv/client/127.0.0.1", "/.bootsrv/client/%3Cimg%3E"]) {
      const { body } = await ask(listener.port, `GET ${page}`);
      assert.ok(!body.includes("<img"), page);
    }
  }));

test("what a name hides is shown, and how a missing file was looked for", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    await ask(listener.port, "GET /%E2%80%AEevil");
    await ask(listener.port, "GET /A.efi");
    for (const page of ["/.bootsrv/", "/.bootsrv/client/127.0.0.1"]) {
      const { body } = await ask(listener.port, `GET ${page}`);
      assert.ok(body.includes("<bdi>\\u202eevil</bdi>"), page);
      assert.ok(!body.includes("\u202e"), page);
      assert.match(body, /nearest: &quot;a\.efi&quot; \(case differs\)/);
    }
  }));

test("a page that has lost its server says so", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const { body } = await ask(listener.port, "GET /.bootsrv/");
    assert.match(SCRIPT, /dataset\.state = "offline"/);
    assert.match(
      SCRIPT,
      /readyState === EventSource\.CLOSED\) setTimeout\(\(\) => location\.reload/,
    );
    assert.match(body, /\[data-state=offline\]::before\{content:"The server does not answer/);
  }));

test("each client has a page of what it asked last", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    await ask(listener.port, "GET /a.efi");
    const known = await ask(listener.port, "GET /.bootsrv/client/127.0.0.1");
    assert.equal(known.status, 200);
    assert.ok(known.body.includes("a.efi"));
    assert.equal((await ask(listener.port, "GET /.bootsrv/client/10.9.9.9")).status, 404);
  }));

test("health is always good, readiness says what is missing", async () => {
  await withServer({ files: FILES }, async ({ listener }) => {
    assert.equal((await ask(listener.port, "GET /.bootsrv/healthz")).body, "ok\n");
    assert.equal((await ask(listener.port, "GET /.bootsrv/readyz")).body, "ready\n");
  });
  const list = () => ({ kind: "fault", fault: "unavailable", detail: "" }) as const;
  const resolve = () => assert.fail("Readiness opens no file");
  await withServer({ app: { resolver: { resolve, list } } }, async ({ listener }) => {
    const { status, body } = await ask(listener.port, "GET /.bootsrv/readyz");
    assert.deepEqual([status, body], [503, "root cannot be read\n"]);
  });
});

test("metrics and the state as JSON can be had", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    await ask(listener.port, "GET /a.efi");
    assert.equal((await ask(listener.port, "GET /.bootsrv/metrics")).body, "metric 1\n");
    const { body } = await ask(listener.port, "GET /.bootsrv/api/status");
    const { server, counts, recent, clients, live } = JSON.parse(body);
    assert.equal(server.version, "1.2.3");
    assert.deepEqual([counts.length, counts[0].requests, counts[0].bytes], [1, 1, 11]);
    assert.deepEqual([recent.length, clients[0].client, live.length], [1, "127.0.0.1", 0]);
  }));

test("looking at the status is no request of the tree", () =>
  withServer({ files: FILES }, async ({ listener, reports }) => {
    await ask(listener.port, "GET /.bootsrv/");
    await ask(listener.port, "GET /.bootsrv/nothing");
    assert.equal(reports.length, 0);
  }));

test("without the status its names are names like any other", () =>
  withServer(
    { files: FILES, app: { config: { listing: true, status: false } } },
    async ({ listener, reported }) => {
      assert.equal((await ask(listener.port, "GET /.bootsrv/healthz")).status, 404);
      assert.equal((await reported(1))[0]!.name, ".bootsrv/healthz");
    },
  ));

test("the events bring the page anew when something happens, and end with the listener", () =>
  withServer({ files: FILES }, async ({ listener, reported }) => {
    const client = new RawClient(listener.port);
    client.send("GET /.bootsrv/api/events HTTP/1.1\r\nHost: b\r\n\r\n");
    const first = await client.until((text) => text.includes("data: "));
    assert.match(first, /\r\nContent-Type: text\/event-stream\r\n/);
    assert.ok(!first.includes("a.efi"));
    await ask(listener.port, "GET /a.efi");
    const second = await client.until((text) => text.includes("a.efi"));
    assert.match(second, /data: .*<bdi>a\.efi<\/bdi>/);
    await listener.close();
    await client.closed();
    assert.equal((await reported(1)).length, 1);
  }));

test("too many watchers are turned away", () =>
  withServer({ files: FILES }, async ({ listener }) => {
    const watch = () => {
      const client = new RawClient(listener.port);
      client.send("GET /.bootsrv/api/events HTTP/1.1\r\nHost: b\r\n\r\n");
      return client;
    };
    const watchers = Array.from({ length: 16 }, watch);
    for (const watcher of watchers) await watcher.until((text) => text.includes("data: "));
    const late = await ask(listener.port, "GET /.bootsrv/api/events");
    assert.equal(late.status, 503);
    for (const watcher of watchers) watcher.leave();
  }));

test("a reload may be asked for from this machine, but not by a page in its browser", () => {
  let reloads = 0;
  const reload = () => {
    reloads += 1;
    return Promise.resolve({ ok: reloads === 1, text: `reload ${reloads}` });
  };
  const request = "POST /.bootsrv/api/reload";
  return withServer({ app: { reload } }, async ({ listener }) => {
    const done = await ask(listener.port, request, "Content-Length: 0");
    assert.deepEqual([done.status, done.body], [200, "reload 1\n"]);
    const failed = await ask(listener.port, request, "Content-Length: 0");
    assert.deepEqual([failed.status, failed.body], [422, "reload 2\n"]);
    const page = await ask(listener.port, request, "Content-Length: 0", "Origin: http://evil");
    assert.deepEqual([page.status, reloads], [403, 2]);
    assert.equal((await ask(listener.port, "GET /.bootsrv/api/reload")).status, 404);
  });
});
