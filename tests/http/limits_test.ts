// The limits for HTTP: who is turned away, with which answer, and that room is given back.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../../src/http/exchange.ts";
import { limitedApp, type LimitOptions } from "../../src/http/limits.ts";
import { listenHttp } from "../../src/http/listener.ts";
import { Admission } from "../../src/resolve/admission.ts";
import { ask, CLOCK, RawClient } from "./harness.ts";

const NONE = { transfersMax: 0, transfersPerClientMax: 0, requestsPerSecondPerClientMax: 0 };

/** An app within limits, whose time stands still, and who ends its exchanges. */
function limited(options: Partial<LimitOptions>) {
  const notices: string[] = [];
  const clock = { now: 0 };
  const app = limitedApp({
    app: { fetch: () => new Response("whole") },
    admission: new Admission(),
    limits: NONE,
    status: true,
    notice: (text) => notices.push(text),
    now: () => clock.now,
    ...options,
  });
  const request = async (client: string, target = "/a") => {
    const gone = new AbortController();
    const exchange = { client, target, gone: gone.signal } as unknown as Exchange;
    const response = await app.fetch(new Request("http://localhost/"), exchange);
    return { status: response.status, headers: response.headers, end: () => gone.abort() };
  };
  return { request, notices, clock };
}

test("Requests beyond the rate of one client are answered 429, those of others are not", async () => {
  const { request, clock, notices } = limited({
    limits: { ...NONE, requestsPerSecondPerClientMax: 2 },
  });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await request("10.0.0.1")).status);
  assert.deepEqual(statuses, [200, 200, 429]);
  assert.equal((await request("10.0.0.2")).status, 200);
  clock.now += 500;
  assert.equal((await request("10.0.0.1")).status, 200, "half a second earns one more");
  assert.deepEqual(notices, [
    'Limit "requests-per-second-per-client" reached: turning away requests of 10.0.0.1',
  ]);
});

test("A client with too many transfers under way is told to come back", async () => {
  const { request } = limited({ limits: { ...NONE, transfersPerClientMax: 1 } });
  const first = await request("10.0.0.1");
  const second = await request("10.0.0.1");
  assert.deepEqual([first.status, second.status], [200, 503]);
  assert.equal(second.headers.get("Retry-After"), "2");
  assert.equal((await request("10.0.0.2")).status, 200);
  second.end();
  first.end();
  assert.equal((await request("10.0.0.1")).status, 200);
});

test("The limit of all transfers counts all clients together", async () => {
  const { request, notices } = limited({ limits: { ...NONE, transfersMax: 1 } });
  await request("10.0.0.1");
  assert.equal((await request("10.0.0.2")).status, 503);
  assert.equal((await request("10.0.0.3")).status, 503);
  assert.equal(notices.length, 1, "one notice a minute");
});

test("Status pages are let through, files of a like name are not", async () => {
  const { request } = limited({ limits: { ...NONE, transfersMax: 1 } });
  await request("10.0.0.1");
  assert.equal((await request("10.0.0.1", "/.bootsrv/healthz")).status, 200);
  assert.equal((await request("10.0.0.1", "http://boot/.bootsrv")).status, 200);
  assert.equal((await request("10.0.0.1", "/.bootsrvfile")).status, 503);
});

test("Room is given back at the end of each answer, on one connection too", async () => {
  const app = limitedApp({
    app: { fetch: () => new Response("whole", { headers: { "Content-Length": "5" } }) },
    admission: new Admission(),
    limits: { ...NONE, transfersMax: 1 },
    status: false,
    notice: () => {},
    now: CLOCK.now,
  });
  const listener = await listenHttp({
    app,
    host: "127.0.0.1",
    port: 0,
    connectionsMax: 0,
    clock: CLOCK,
    notice: () => {},
  });
  try {
    const client = new RawClient(listener.port);
    for (let count = 1; count <= 3; count++) {
      client.send("GET /a HTTP/1.1\r\nHost: boot\r\n\r\n");
      await client.until((received) => received.split("whole").length === count + 1);
    }
    client.leave();
    assert.equal((await ask(listener.port, "GET /a")).status, 200);
    assert.equal(client.received.split("HTTP/1.1 200").length, 4);
  } finally {
    await listener.close();
  }
});
