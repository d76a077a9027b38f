// get and put over HTTP on 127.0.0.1.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as TcpServer,
  type Socket,
} from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { runGet } from "../../src/client/get.ts";
import { runPut } from "../../src/client/put.ts";
import { eventually } from "../patience.ts";
import { fakeEnvironment, getOptions, putOptions, withDirectory } from "./fake_environment.ts";
import { testBytes } from "./fake_server.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

function withServer(handler: Handler, use: (url: string) => Promise<void>) {
  return using(createServer(handler), use);
}

async function using(server: TcpServer, use: (url: string) => Promise<void>) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("get fetches over HTTP and prints the same figures", async () => {
  const bytes = testBytes(300_000);
  await withServer((_request, response) => {
    response.writeHead(200, { "Content-Length": bytes.length });
    response.end(bytes);
  }, async (url) => {
    const left = await withDirectory(async (directory) => {
      const output = join(directory, "x");
      const environment = fakeEnvironment();
      assert.equal(await runGet(getOptions(`${url}/boot/x`, { output }), environment), 0);
      assert.ok(readFileSync(output).equals(bytes));
      const digest = createHash("sha256").update(bytes).digest("hex");
      assert.match(environment.said(), /^boot\/x: 300000 bytes in .*, HTTP\/1\.1 200, sha256:/);
      assert.ok(environment.said().includes(digest));
    });
    assert.deepEqual(left, ["x"]);
  });
});

test("get follows redirects over http, and no more than five", async () => {
  await withServer((request, response) => {
    const hops = Number(request.url!.slice(1));
    if (hops > 0) response.writeHead(302, { Location: `/${hops - 1}` }).end();
    else response.end("ok");
  }, async (url) => {
    const environment = fakeEnvironment();
    assert.equal(await runGet(getOptions(`${url}/5`, { output: "-" }), environment), 0);
    assert.equal(Buffer.from(environment.out()).toString(), "ok");
    const tired = fakeEnvironment();
    assert.equal(await runGet(getOptions(`${url}/6`, { output: "-" }), tired), 1);
    assert.match(tired.said(), /^Gave up after 5 redirects at /);
  });
});

test("get follows no redirect to another scheme", async () => {
  await withServer((_request, response) => {
    response.writeHead(301, { Location: "https://h.example/x" }).end();
  }, async (url) => {
    const environment = fakeEnvironment();
    assert.equal(await runGet(getOptions(`${url}/x`, { output: "-" }), environment), 1);
    const expected =
      'Cannot follow the redirect to "https://h.example/x": only http is supported\n';
    assert.equal(environment.said(), expected);
  });
});

test("get tells the HTTP server's own words, harmless for a terminal", async () => {
  await withServer((_request, response) => {
    response.writeHead(404, "Not Found", { "Content-Type": "text/plain; charset=utf-8" });
    response.end("No such \x1b[31mfile\nmore");
  }, async (url) => {
    const left = await withDirectory(async (directory) => {
      const environment = fakeEnvironment();
      const settings = getOptions(`${url}/x`, { output: join(directory, "x") });
      assert.equal(await runGet(settings, environment), 1);
      const expected = 'Server refused "/x": 404 Not Found: No such \\x1b[31mfile\n';
      assert.equal(environment.said(), expected);
    });
    assert.deepEqual(left, []);
  });
});

test("get takes a body that is cut short for a failure", async () => {
  await withServer((_request, response) => {
    response.writeHead(200, { "Content-Length": 1000 });
    response.write("x".repeat(10), () => response.destroy());
  }, async (url) => {
    const left = await withDirectory(async (directory) => {
      const environment = fakeEnvironment();
      const settings = getOptions(`${url}/x`, { output: join(directory, "x") });
      assert.equal(await runGet(settings, environment), 1);
      assert.match(environment.said(), /closed the connection|broke off/);
    });
    assert.deepEqual(left, []);
  });
});

test("get says that nobody listens", async () => {
  // Another process may take the port as soon as it is free.
  await eventually(async () => {
    let port = 0;
    await withServer(() => {}, (url) => {
      port = Number(new URL(url).port);
      return Promise.resolve();
    });
    const environment = fakeEnvironment();
    const settings = getOptions(`http://127.0.0.1:${port}/x`, { output: "-" });
    assert.equal(await runGet(settings, environment), 1);
    const expected = `Cannot reach HTTP server 127.0.0.1 port ${port}: connection refused\n`;
    assert.equal(environment.said(), expected);
  });
});

test("Ctrl-C ends an HTTP download with 130 and leaves nothing", async () => {
  const environment = fakeEnvironment();
  await withServer((_request, response) => {
    response.writeHead(200, { "Content-Length": 1000 });
    response.write("x", () => environment.interrupt());
  }, async (url) => {
    const left = await withDirectory(async (directory) => {
      const settings = getOptions(`${url}/x`, { output: join(directory, "x") });
      assert.equal(await runGet(settings, environment), 130);
    });
    assert.deepEqual(left, []);
  });
});

test("put sends a file over HTTP with its length", async () => {
  const bytes = testBytes(600_000);
  const received: Uint8Array[] = [];
  let length: string | undefined;
  await withServer((request, response) => {
    length = request.headers["content-length"];
    request.on("data", (piece: Uint8Array) => received.push(piece));
    request.on("end", () => response.writeHead(201).end());
  }, async (url) => {
    await withDirectory(async (directory) => {
      const file = join(directory, "x");
      writeFileSync(file, bytes);
      const environment = fakeEnvironment();
      assert.equal(await runPut(putOptions(`${url}/up/x`, { file }), environment), 0);
      assert.equal(length, "600000");
      assert.ok(Buffer.concat(received).equals(bytes));
      const digest = createHash("sha256").update(bytes).digest("hex");
      assert.match(environment.said(), /^up\/x: 600000 bytes in .*, HTTP\/1\.1 201, sha256:/);
      assert.ok(environment.said().includes(digest));
    });
  });
});

test("put tells why the HTTP server refuses", async () => {
  await withServer((request, response) => {
    request.resume();
    response.writeHead(403, { "Content-Type": "text/plain" }).end("Uploads are off");
  }, async (url) => {
    const environment = fakeEnvironment({ stdin: [testBytes(10)] });
    assert.equal(await runPut(putOptions(`${url}/x`, { file: "-" }), environment), 1);
    assert.equal(environment.said(), 'Server refused "/x": 403 Forbidden: Uploads are off\n');
  });
});

test("RFC 9110 §10.1.1: put sends nothing of a file that is refused at once", async () => {
  let received = 0;
  const server = createServer();
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    request.on("data", (piece: Uint8Array) => received += piece.length);
    response.writeHead(413, { "Content-Type": "text/plain", "Connection": "close" });
    response.end("Too large");
  });
  await using(server, async (url) => {
    // A client that hears nothing for a second sends all the same.
    await eventually(async () => {
      received = 0;
      const environment = fakeEnvironment({ stdin: [testBytes(8_000_000)] });
      assert.equal(await runPut(putOptions(`${url}/x`, { file: "-" }), environment), 1);
      assert.equal(environment.said(), 'Server refused "/x": 413 Payload Too Large: Too large\n');
      assert.equal(received, 0);
    });
  });
});

test("put sends to a server that does not answer the question for leave", async () => {
  const bytes = 600_000;
  const server = createTcpServer((socket) => {
    let received = 0;
    socket.on("data", (piece: Uint8Array) => {
      received += piece.length;
      if (received > bytes) socket.end("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
    });
  });
  await using(server, async (url) => {
    const environment = fakeEnvironment({ stdin: [testBytes(bytes)] });
    assert.equal(await runPut(putOptions(`${url}/x`, { file: "-" }), environment), 0);
  });
});

test("RFC 9110 §15.5.18: put sends without the question to a server that refuses it", async () => {
  const asked: (string | undefined)[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.headers.expect);
    request.resume();
    response.writeHead(request.headers.expect === undefined ? 201 : 417).end();
  };
  await using(createServer(answer).on("checkContinue", answer), async (url) => {
    const environment = fakeEnvironment({ stdin: [testBytes(10)] });
    assert.equal(await runPut(putOptions(`${url}/x`, { file: "-" }), environment), 0);
    assert.deepEqual(asked, ["100-continue", undefined]);
  });
});

test("put tells the words of a server that refuses in the middle and stops to read", async () => {
  const server = createTcpServer((socket) => {
    let received = 0;
    socket.on("error", () => {});
    socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    socket.on("data", (piece: Uint8Array) => {
      received += piece.length;
      if (received < 1_000_000) return;
      socket.pause();
      const head = "HTTP/1.1 507 Full\r\nContent-Type: text/plain\r\nContent-Length: 8";
      socket.end(`${head}\r\nConnection: close\r\n\r\nNo space`);
    });
  });
  await using(server, async (url) => {
    const environment = fakeEnvironment({ stdin: [testBytes(8_000_000)] });
    assert.equal(await runPut(putOptions(`${url}/x`, { file: "-" }), environment), 1);
    assert.equal(environment.said(), 'Server refused "/x": 507 Full: No space\n');
  });
});

test("--trace prints request and answer of HTTP", async () => {
  await withServer((_request, response) => {
    response.writeHead(200, { "Content-Length": 2 }).end("ok");
  }, async (url) => {
    const environment = fakeEnvironment();
    const settings = getOptions(`${url}/x?y`, { output: "-", trace: true, quiet: true });
    assert.equal(await runGet(settings, environment), 0);
    assert.deepEqual(environment.said().replace(/^ +\d+\.\d{4} /gm, "").split("\n"), [
      `> GET /x?y HTTP/1.1 to ${new URL(url).host}`,
      "< HTTP/1.1 200 OK, 2 octets",
      "",
    ]);
  });
});
