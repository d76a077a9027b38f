// One request: from node:http to the app and back. Header names leave in Title-Case. Bodies of
// files are sent from their descriptor, bodies of requests are taken chunk by chunk.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Exchange, HttpApp, HttpClock, ResponseEnd } from "./exchange.ts";
import { sendFile } from "./file_body.ts";
import { IncomingBody, incomingBody } from "./request_body.ts";
import { pumpStream } from "./stream_body.ts";

/** The two halves of a request as node:http gives them. */
export interface Pair {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What answers, and how the listener stands. */
export interface Bridging {
  readonly app: HttpApp;
  readonly clock: HttpClock;
  /** Aborted when the listener closes. */
  readonly closing: AbortSignal;
  /** The client waits for "100 Continue" before it sends its body. */
  readonly waits: boolean;
}

/** Answers one request. Never rejects: whatever goes wrong costs this connection only. */
export async function answerRequest(pair: Pair, bridging: Bridging): Promise<void> {
  const { request, response } = pair;
  const gone = new AbortController();
  const body = incomingBody(pair, bridging);
  const exchange: Exchange = {
    client: plainAddress(request.socket.remoteAddress),
    port: request.socket.remotePort ?? 0,
    local: plainAddress(request.socket.localAddress),
    target: request.url ?? "",
    body,
    gone: gone.signal,
    slot: null,
    ended: null,
  };
  const finish = endOnce(exchange);
  response.on("error", () => {});
  response.on("finish", () => finish({ outcome: "done", reason: "" }));
  response.on("close", () => {
    gone.abort();
    body?.abort();
    finish({ outcome: "aborted", reason: "Client closed the connection" });
    if (bridging.closing.aborted) request.socket.end();
  });
  // Web Requests cannot hold these methods, and nobody here wants them.
  if (request.method === "TRACE" || request.method === "TRACK") {
    response.writeHead(405, { "Content-Length": "0", "Connection": "close" });
    return void response.end();
  }
  try {
    const answer = await bridging.app.fetch(toRequest(request), exchange);
    await send(pair, { ...bridging, answer, exchange, body, gone });
  } catch (error) {
    finish({ outcome: "failed", reason: `${error}` });
    cut(pair);
  } finally {
    exchange.slot?.file.close();
  }
}

/** Calls the exchange's `ended` for the first end that comes. */
function endOnce(exchange: Exchange): (end: ResponseEnd) => void {
  return (end) => {
    const ended = exchange.ended;
    exchange.ended = null;
    ended?.(end);
  };
}

/** IPv4-mapped addresses of a dual-stack socket as IPv4. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** The request for the app, without its target and body: those are in the exchange. */
function toRequest(request: IncomingMessage): Request {
  const { rawHeaders } = request;
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  return new Request("http://localhost/", { method: request.method ?? "GET", headers });
}

interface Sending extends Bridging {
  readonly answer: Response;
  readonly exchange: Exchange;
  readonly body: IncomingBody | null;
  readonly gone: AbortController;
}

async function send(pair: Pair, sending: Sending): Promise<void> {
  const { request, response } = pair;
  const { answer, exchange, body, gone } = sending;
  if (gone.signal.aborted) return;
  const headers = titleCased(answer.headers);
  const leaves = sending.closing.aborted || (body !== null && !body.isSmall && !body.isComplete);
  if (leaves) headers["Connection"] = "close";
  if (exchange.slot !== null && exchange.slot.length > 0) {
    response.writeHead(answer.status, headers);
    return await sendSlot(pair, sending);
  }
  if (answer.body !== null && headers["Content-Type"] === "text/event-stream") {
    response.writeHead(answer.status, headers);
    return await pumpStream(response, { stream: answer.body, gone, closing: sending.closing });
  }
  const bytes = answer.body === null ? null : new Uint8Array(await answer.arrayBuffer());
  const hasNoBody = request.method === "HEAD" || answer.status === 204 || answer.status === 304;
  if (!hasNoBody) headers["Content-Length"] ??= String(bytes?.byteLength ?? 0);
  response.writeHead(answer.status, headers);
  if (bytes !== null && !hasNoBody) response.write(bytes);
  // Closing on a client that still sends would reset the connection and lose it the answer.
  await body?.discard();
  response.end();
}

async function sendSlot(pair: Pair, { exchange, gone }: Sending): Promise<void> {
  const fault = await sendFile(pair.response, { slot: exchange.slot!, gone: gone.signal });
  if (fault === null) return;
  endOnce(exchange)({ outcome: "failed", reason: fault });
  // The length is promised: only a cut connection tells the client that it has not all.
  cut(pair);
}

function cut({ request, response }: Pair): void {
  response.destroy();
  request.socket.destroy();
}

const TITLES = new Map([["etag", "ETag"]]);

/** "content-length" becomes "Content-Length"; a header without a value is left out. */
function titleCased(headers: Headers): Record<string, string> {
  const titled: Record<string, string> = {};
  headers.forEach((value, name) => {
    let title = TITLES.get(name);
    if (title === undefined) {
      title = name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
      TITLES.set(name, title);
    }
    if (value !== "") titled[title] = value;
  });
  return titled;
}
