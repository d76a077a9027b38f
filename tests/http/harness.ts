// A whole HTTP server over a tree in memory, and a client that is nothing but a TCP socket: what
// firmware compares byte by byte is compared byte by byte here.
import { connect, type Socket } from "node:net";
import { createHttpApp } from "../../src/http/app.ts";
import type { HttpAppOptions } from "../../src/http/deps.ts";
import type { HttpClock } from "../../src/http/exchange.ts";
import { type HttpListener, type HttpTimeouts, listenHttp } from "../../src/http/listener.ts";
import type { Report } from "../../src/resolve/report.ts";
import { createResolver } from "../../src/resolve/resolve.ts";
import { type Activity, createActivity } from "../../src/server/activity.ts";
import { createMemoryStore } from "../../src/storage/memory.ts";
import { singleTree } from "../../src/storage/trees.ts";
import { loadGood } from "../config/loading.ts";
import type { FakeUploads } from "./fake_uploads.ts";
import { createFakeUploads } from "./fake_uploads.ts";

/** The clock of the machine: the listener waits for real sockets. */
export const CLOCK: HttpClock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const CONFIG = await loadGood({
  file: `
    root = "/srv/boot"
    [upload]
    enabled = true
    create = true
    size-max = 50_000_000
    [[access]]
    paths = ["secret.txt"]
    allow = []
    [[access]]
    allow = ["read", "write"]
  `,
});

/** What a test may change; the rest has sensible values. */
export interface ServerOptions {
  readonly files?: Record<string, string | Uint8Array>;
  readonly app?: Partial<HttpAppOptions>;
  readonly connectionsMax?: number;
  readonly timeouts?: Partial<HttpTimeouts>;
}

/** A running server and what it has noted. */
export interface TestServer {
  readonly listener: HttpListener;
  readonly reports: Report[];
  /** What the listener has told the operator. */
  readonly notices: readonly string[];
  readonly activity: Activity;
  readonly uploads: FakeUploads;
  readonly tree: Map<string, Uint8Array>;
  /** Resolves when `count` reports have come. */
  reported(count: number): Promise<readonly Report[]>;
}

/** Runs `body` against a server on a free port of 127.0.0.1, and closes it whatever happens. */
export async function withServer(
  options: ServerOptions,
  body: (server: TestServer) => Promise<void>,
): Promise<void> {
  const server = await startServer(options);
  try {
    await body(server);
  } finally {
    await server.listener.close();
  }
}

async function startServer(options: ServerOptions): Promise<TestServer> {
  const tree = new Map<string, Uint8Array>();
  for (const [name, content] of Object.entries(options.files ?? {})) {
    tree.set(name, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }
  const activity = createActivity();
  const uploads = createFakeUploads(tree);
  const reports: Report[] = [];
  const notices: string[] = [];
  const waiting = new Set<() => void>();
  const app = createHttpApp({
    ...appParts(tree),
    uploads,
    activity,
    report(report) {
      reports.push(report);
      activity.add([{ atMs: 0, report }]);
      for (const check of waiting) check();
    },
    ...options.app,
  });
  const listener = await listenHttp({
    app,
    host: "127.0.0.1",
    port: 0,
    connectionsMax: options.connectionsMax ?? 0,
    clock: CLOCK,
    timeouts: { closeMs: 200, ...options.timeouts },
    notice: (text) => notices.push(text),
  });
  const reported = (count: number) =>
    new Promise<readonly Report[]>((resolve) => {
      const check = () => {
        if (reports.length < count) return;
        waiting.delete(check);
        resolve(reports);
      };
      waiting.add(check);
      check();
    });
  return { listener, reports, notices, activity, uploads, tree, reported };
}

/** The parts of the app that no test looks into. */
function appParts(
  tree: ReadonlyMap<string, Uint8Array>,
): Omit<HttpAppOptions, "uploads" | "activity" | "report"> {
  const store = createMemoryStore(tree);
  return {
    resolver: createResolver({ ...CONFIG, trees: singleTree(store), now: CLOCK.now }),
    config: { listing: true, status: true },
    info: () => ({
      version: "1.2.3",
      startedAtMs: 0,
      root: "/srv/boot",
      driver: "portable",
      listeners: [{ via: "http", address: "127.0.0.1", port: 80 }],
      ready: true,
      facts: [{ name: "Uploads", value: "on" }],
    }),
    metrics: () => Promise.resolve({ type: "text/plain", text: "metric 1\n" }),
    now: CLOCK.now,
  };
}

/** An answer as it came, and taken apart. */
export interface Answer {
  /** Header and body, one character per octet. */
  readonly text: string;
  readonly status: number;
  /** The header lines after the status line, exactly as sent. */
  readonly lines: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends `text` (one character per octet) and gives what comes until the server closes. */
export function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => received += chunk);
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
    socket.write(text, "latin1");
  });
}

/** Sends one request that ends its connection, and takes the answer apart. */
export async function ask(port: number, request: string, ...fields: string[]): Promise<Answer> {
  const head = [`${request} HTTP/1.1`, "Host: boot", "Connection: close", ...fields];
  return parseAnswer(await exchange(port, `${head.join("\r\n")}\r\n\r\n`));
}

/** Takes one answer apart. */
export function parseAnswer(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(": ");
    return [line.slice(0, colon), line.slice(colon + 2)];
  }));
  return { text, status: Number(first.split(" ")[1]), lines, headers, body: text.slice(end + 4) };
}

/** A socket that sends by hand and waits for what it is told to wait for. */
export class RawClient {
  readonly socket: Socket;
  received = "";
  isClosed = false;
  #checks = new Set<() => void>();

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.setEncoding("latin1");
    this.socket.on("data", (chunk) => {
      this.received += chunk;
      for (const check of this.#checks) check();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.isClosed = true;
      for (const check of this.#checks) check();
    });
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Resolves when `done` holds of what has come, or the server has closed. */
  until(done: (received: string) => boolean): Promise<string> {
    return new Promise((resolve) => {
      const check = () => {
        if (!this.isClosed && !done(this.received)) return;
        this.#checks.delete(check);
        resolve(this.received);
      };
      this.#checks.add(check);
      check();
    });
  }

  /** Resolves when the server has closed. */
  closed(): Promise<string> {
    return this.until(() => false);
  }

  leave(): void {
    this.socket.destroy();
  }
}
