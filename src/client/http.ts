// get and put over HTTP/1.1: the same files, sinks and figures as over TFTP.
import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from "node:http";
import type { Source } from "../net/driver.ts";
import type { Sink } from "./download.ts";
import type { Watcher } from "./conversation.ts";
import { counted, faultText, printable, secondsText, shown } from "./text.ts";
import type { Trace } from "./trace.ts";

export interface HttpJob {
  readonly url: URL;
  /** How long a silent server is waited for. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly trace: Trace | null;
  readonly watch: Watcher;
}

/** What came of it; `text` is a whole message. */
export type HttpEnd =
  | { readonly kind: "done"; readonly status: string; readonly elapsedMs: number }
  | { readonly kind: "failed"; readonly text: string }
  | { readonly kind: "file"; readonly fault: string }
  | { readonly kind: "aborted" };

const REDIRECTS_MAX = 5;
/** How a server says that it cannot be asked for leave to send (RFC 9110 §15.5.18). */
const EXPECTATION_FAILED = 417;
/** How long leave to send is waited for. */
const LEAVE_MS_MAX = 1_000;
/** Of our file, read and sent at a time. */
const PIECE_BYTES = 256 * 1024;
/** Of an error page, to quote its first line. */
const EXCERPT_BYTES_MAX = 1024;
const EXCERPT_CHARS_MAX = 200;

/** Fetches `job.url` into the sink, following redirects to other http:// URLs. */
export function httpGet(job: HttpJob, sink: Sink): Promise<HttpEnd> {
  return guard(job, async (startedAt) => {
    let url = job.url;
    for (let redirects = 0;; redirects++) {
      const response = await ask(job, { url, body: null });
      const status = response.statusCode ?? 0;
      const location = response.headers.location;
      if (status < 300 || status >= 400 || location === undefined) {
        if (status !== 200) return await refused(response, url);
        const fault = await pour(job, response, sink);
        return fault ?? done(response, startedAt);
      }
      response.destroy();
      const next = redirectTarget(location, url);
      if (typeof next === "string") return { kind: "failed", text: next };
      if (redirects === REDIRECTS_MAX) {
        return { kind: "failed", text: `Gave up after ${REDIRECTS_MAX} redirects at "${url}"` };
      }
      url = next;
    }
  });
}

/** Sends a file to `job.url` with PUT. */
export function httpPut(job: HttpJob, body: Source): Promise<HttpEnd> {
  return guard(job, async (startedAt) => {
    const question = { url: job.url, body };
    let response = await ask(job, question);
    if (response.statusCode === EXPECTATION_FAILED) {
      response.destroy();
      response = await ask(job, { ...question, isBlunt: true });
    }
    const status = response.statusCode ?? 0;
    if (status < 200 || status >= 300) return await refused(response, job.url);
    response.resume();
    return done(response, startedAt);
  });
}

/** Our own file went wrong, not the network. */
class FileError extends Error {}

async function guard(job: HttpJob, act: (startedAt: number) => Promise<HttpEnd>): Promise<HttpEnd> {
  try {
    return await act(performance.now());
  } catch (error) {
    if (job.signal.aborted) return { kind: "aborted" };
    if (error instanceof FileError) return { kind: "file", fault: faultText(error.cause) };
    return { kind: "failed", text: networkText(job, error) };
  }
}

interface Question {
  readonly url: URL;
  /** What to PUT; null to GET. */
  readonly body: Source | null;
  /** The body is sent without asking for leave. */
  readonly isBlunt?: boolean;
}

/** Sends one request; resolves when the head of the answer is there. */
async function ask(job: HttpJob, { url, body, isBlunt }: Question): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const method = body === null ? "GET" : "PUT";
  const headers: Record<string, string> = { "Accept-Encoding": "identity", "Connection": "close" };
  if (body !== null) headers["Content-Length"] = String(body.size);
  const asksLeave = body !== null && body.size > 0 && isBlunt !== true;
  if (asksLeave) headers["Expect"] = "100-continue";
  const options: RequestOptions = { method, headers, timeout: job.timeoutMs, signal: job.signal };
  const line = `${method} ${url.pathname}${url.search} HTTP/1.1 to ${url.host}`;
  job.trace?.line(">", line, performance.now());
  const refused = new AbortController();
  const outgoing = request(url.href, options, (response) => {
    if ((response.statusCode ?? 0) >= 300) refused.abort();
    resolve(response);
  });
  outgoing.on("error", reject);
  outgoing.on("timeout", () => outgoing.destroy(new Error(SILENCE)));
  if (body === null) outgoing.end();
  else {
    const leave = asksLeave ? untilLeave(outgoing) : Promise.resolve();
    leave.then(() => pump(body, outgoing, { ...job, signal: refused.signal })).catch((error) => {
      reject(error);
      outgoing.destroy();
    });
  }
  const response = await promise;
  const head = `${response.statusCode} ${printable(response.statusMessage ?? "")}`;
  const length = response.headers["content-length"];
  const size = length === undefined ? "" : `, ${printable(length)} octets`;
  job.trace?.line("<", `HTTP/${response.httpVersion} ${head}${size}`, performance.now());
  return response;
}

/**
 * Resolves when the body may be sent, or was refused unsent (RFC 9110 §10.1.1). Servers that do not
 * know the question are silent: after a second, which is what curl gives them, it is sent anyway.
 */
async function untilLeave(outgoing: ClientRequest): Promise<void> {
  const answer = oneOf(outgoing, ["continue", "response", "close", "error"]);
  outgoing.flushHeaders();
  const { promise: silence, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LEAVE_MS_MAX);
  await Promise.race([answer, silence]);
  clearTimeout(timer);
}

/** Sends the body, until `signal` says that nobody will read the rest of it. */
async function pump(
  body: Source,
  outgoing: ClientRequest,
  { watch, signal }: Pick<HttpJob, "watch" | "signal">,
): Promise<void> {
  let sentBytes = 0;
  try {
    for (const piece of octets(body)) {
      if (outgoing.destroyed || signal.aborted) return;
      sentBytes += piece.length;
      watch(sentBytes, body.size);
      if (!outgoing.write(piece)) await drained(outgoing);
    }
    if (sentBytes !== body.size) throw new Error("it has shrunk");
  } catch (error) {
    throw new FileError("Cannot read", { cause: error });
  }
  outgoing.end();
}

function* octets(source: Source): Iterable<Uint8Array> {
  for (let offset = 0; offset < source.size;) {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, source.size - offset));
    const got = source.read(offset, piece);
    if (got <= 0) return;
    yield piece.subarray(0, got);
    offset += got;
  }
}

/** Resolves when more may be written, or nothing ever will. */
function drained(outgoing: ClientRequest): Promise<void> {
  return oneOf(outgoing, ["drain", "response", "close", "error"]);
}

/** Resolves at the first of these events. */
function oneOf(outgoing: ClientRequest, events: readonly string[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const over = () => {
    for (const event of events) outgoing.off(event, over);
    resolve();
  };
  for (const event of events) outgoing.on(event, over);
  return promise;
}

/** Moves the answer's body into the sink; null when all of it is there. */
async function pour(job: HttpJob, response: IncomingMessage, sink: Sink): Promise<HttpEnd | null> {
  const length = response.headers["content-length"];
  const totalBytes = length === undefined ? null : Number(length);
  let doneBytes = 0;
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    write(() => sink.write(piece));
    doneBytes += piece.length;
    job.watch(doneBytes, totalBytes);
  }
  if (totalBytes !== null && doneBytes < totalBytes) {
    const got = `${doneBytes} of ${counted(totalBytes, "octet")}`;
    return { kind: "failed", text: `Server closed the connection after ${got}` };
  }
  write(() => sink.complete());
  return null;
}

function write(act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new FileError("Cannot write", { cause: error });
  }
}

function done(response: IncomingMessage, startedAt: number): HttpEnd {
  const status = `HTTP/${response.httpVersion} ${response.statusCode}`;
  return { kind: "done", status, elapsedMs: performance.now() - startedAt };
}

/** The next URL, or why it will not be followed. */
function redirectTarget(location: string, from: URL): URL | string {
  let next: URL;
  try {
    next = new URL(location, from);
  } catch {
    return `Cannot follow the redirect to ${shown(location)}: it is no URL`;
  }
  if (next.protocol === "http:") return next;
  return `Cannot follow the redirect to ${shown(next.href)}: only http is supported`;
}

/** The server's words: status, reason and the first line of a plain body. */
async function refused(response: IncomingMessage, url: URL): Promise<HttpEnd> {
  const { statusCode, statusMessage, headers } = response;
  const status = `${statusCode} ${printable(statusMessage ?? "")}`.trim();
  const plain = /^text\/plain\b/i.test(headers["content-type"] ?? "");
  const line = plain ? await firstLine(response) : "";
  response.destroy();
  const words = line === "" ? "" : `: ${line}`;
  return { kind: "failed", text: `Server refused ${shown(url.pathname)}: ${status}${words}` };
}

async function firstLine(response: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of response as AsyncIterable<Uint8Array>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= EXCERPT_BYTES_MAX) break;
    }
  } catch {
    // A server that does not want the rest of our file may reset the connection.
  }
  const text = new TextDecoder().decode(Buffer.concat(pieces).subarray(0, EXCERPT_BYTES_MAX));
  return printable(text.split(/\r?\n/, 1)[0]!.trim()).slice(0, EXCERPT_CHARS_MAX);
}

const SILENCE = "silence";

function networkText(job: HttpJob, error: unknown): string {
  const { hostname, port, host } = job.url;
  const { code, message } = error as { code?: string; message?: string };
  const where = `HTTP server ${hostname} port ${port || 80}`;
  if (message === SILENCE) {
    return `No word from ${where} in ${secondsText(job.timeoutMs)}`;
  }
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `Cannot find host ${shown(hostname)}: it has no address`;
    case "ECONNREFUSED":
    case "ConnectionRefused":
      return `Cannot reach ${where}: connection refused`;
    case "ECONNRESET":
    case "EPIPE":
      return `Server ${host} closed the connection before the transfer was complete`;
    default:
      return `Transfer with ${where} broke off: ${printable(message ?? String(error))}`;
  }
}
