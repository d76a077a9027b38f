// The listener on node:http, the same on Deno and Bun: it sends header names as they are given,
// which GRUB and old U-Boot insist on. Connections and their limits here; one request in bridge.ts.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { authority } from "../match/authority.ts";
import { SparseNotice } from "../resolve/sparse_notice.ts";
import { answerRequest, plainAddress } from "./bridge.ts";
import type { HttpApp, HttpClock } from "./exchange.ts";

/** Where to listen and what to answer with. */
export interface ListenOptions {
  readonly app: HttpApp;
  /** Numeric address; IPv6 sockets take IPv6 only. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** A listening socket that somebody else has opened at `host` and `port`; Deno only. */
  readonly fd?: number;
  /** Further connections are closed at once; 0 means no limit. */
  readonly connectionsMax: number;
  readonly clock: HttpClock;
  readonly timeouts?: Partial<HttpTimeouts>;
  /** Something an operator should know; called at most once a minute. */
  notice(text: string): void;
}

/** How long a client may take. */
export interface HttpTimeouts {
  /** For the whole header of a request. */
  readonly headerMs: number;
  /** Without an octet moving in either direction during a request. */
  readonly idleMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveMs: number;
  /** For running answers when the listener closes. */
  readonly closeMs: number;
}

const TIMEOUTS: HttpTimeouts = {
  headerMs: 10_000,
  idleMs: 60_000,
  keepAliveMs: 30_000,
  closeMs: 5_000,
};

/** A running listener. */
export interface HttpListener {
  readonly host: string;
  readonly port: number;
  /** Takes no new connections, lets running answers end for a while, then cuts them. */
  close(): Promise<void>;
}

/** An address and port that could not be had; `reason` is one of ours, `cause` the system's. */
export class HttpBindError extends Error {
  override readonly name = "HttpBindError";
  readonly reason: "denied" | "in-use" | "unavailable" | "no-family" | "other";
  readonly host: string;
  readonly port: number;
  constructor(where: { host: string; port: number }, cause: unknown) {
    const code = (cause as { code?: string } | null)?.code ?? "";
    const [reason, text] = REASONS[code] ?? ["other", "refused by the system"];
    super(`Cannot bind HTTP socket to "${authority(where.host, where.port)}": ${text}`, { cause });
    this.reason = reason;
    this.host = where.host;
    this.port = where.port;
  }
}

const REASONS: Readonly<Record<string, readonly [HttpBindError["reason"], string]>> = {
  EACCES: ["denied", "permission denied"],
  EPERM: ["denied", "permission denied"],
  EADDRINUSE: ["in-use", "address in use"],
  EADDRNOTAVAIL: ["unavailable", "address not available"],
  // What Deno makes of it.
  EINVAL: ["unavailable", "address not available"],
  EAFNOSUPPORT: ["no-family", "address family not supported"],
};

/**
 * The longest header of a request, in octets of names and values: what is between them does not
 * count in each runtime. What is longer is answered 431 or cut.
 */
const HEADER_BYTES_MAX = 16 * 1024;

/** Starts to listen. Rejects with `HttpBindError`. */
export async function listenHttp(options: ListenOptions): Promise<HttpListener> {
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const server = createServer({
    maxHeaderSize: HEADER_BYTES_MAX,
    headersTimeout: timeouts.headerMs,
    // A long upload is no slow client; `timeout` below ends one that stands still.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(1000, timeouts.headerMs),
    keepAliveTimeout: timeouts.keepAliveMs,
  });
  server.timeout = timeouts.idleMs;
  if (options.connectionsMax > 0) server.maxConnections = options.connectionsMax;
  const closing = new AbortController();
  const answer = (request: IncomingMessage, response: ServerResponse, waits: boolean) =>
    void answerRequest({ request, response }, { ...options, closing: closing.signal, waits });
  server.on("request", (request, response) => answer(request, response, false));
  server.on("checkContinue", (request, response) => answer(request, response, true));
  server.on("connect", (_request, socket) => endWith(socket as Socket, "405 Method Not Allowed"));
  const notice = new SparseNotice(options.notice);
  server.on("clientError", (error, socket) => {
    const { remoteAddress, remotePort } = socket as Socket;
    const why = refuseGarbage(error, socket as Socket);
    if (why === "") return;
    const peer = `${plainAddress(remoteAddress)} port ${remotePort}`;
    notice.add(`Refused an HTTP request of ${peer}: ${why}`, options.clock.now());
  });
  await bound(server, options);
  // Errors of a listening socket (out of descriptors) must not end the process.
  server.on("error", () => {});
  const { address, port } = options.fd === undefined ? server.address() as AddressInfo : {
    address: options.host,
    port: options.port,
  };
  return { host: address, port, close: () => close(server, { closing, options, timeouts }) };
}

function bound(server: Server, { host, port, fd }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(new HttpBindError({ host, port }, cause));
    server.once("error", fail);
    const listening = () => {
      server.off("error", fail);
      resolve();
    };
    try {
      if (fd !== undefined) server.listen({ fd }, listening);
      else server.listen({ host, port, ipv6Only: host.includes(":"), backlog: 511 }, listening);
    } catch (cause) {
      fail(cause);
    }
  });
}

/** What is no HTTP gets one short answer and is cut. Gives why, "" where nobody need know. */
function refuseGarbage(error: Error & { code?: string }, socket: Socket): string {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
  } else if (error.code === "HPE_HEADER_OVERFLOW") {
    endWith(socket, "431 Request Header Fields Too Large");
    return `its header is longer than ${HEADER_BYTES_MAX} octets`;
  } else if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") {
    endWith(socket, "408 Request Timeout");
  } else {
    endWith(socket, "400 Bad Request");
    return "it is not HTTP/1.1";
  }
  return "";
}

function endWith(socket: Socket, status: string): void {
  socket.on("error", () => {});
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () => {
    socket.destroy();
  });
}

interface Closing {
  readonly closing: AbortController;
  readonly options: ListenOptions;
  readonly timeouts: HttpTimeouts;
}

function close(server: Server, { closing, options, timeouts }: Closing): Promise<void> {
  return new Promise((resolve) => {
    const cancel = options.clock.after(timeouts.closeMs, () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
    closing.abort();
    server.closeIdleConnections();
  });
}
