// Everything under /.bootsrv/: the status page and its events, health, metrics, JSON. Reads what
// it is given and changes nothing, but for a reload that the same machine may ask for.
import type { Hono } from "hono";
import type { HttpAppOptions, HttpContext } from "./deps.ts";
import type { Exchange } from "./exchange.ts";
import { clientPage, statusFragment, statusPage } from "./page.ts";
import { textReply } from "./reply.ts";
import { SCRIPT_DIGEST } from "./page_script.ts";

/** Where all of it lives; files under such a name in the tree are hidden by it. */
const BASE = "/.bootsrv";
/** Browsers that watch at the same time; each costs a connection. */
const WATCHERS_MAX = 16;

/** Adds the routes of the status pages. */
export function addStatusRoutes(app: Hono<{ Bindings: Exchange }>, options: HttpAppOptions): void {
  const events = createEvents(options);
  const page = async () => htmlReply(await statusPage(options));
  app.get(BASE, page);
  app.get(`${BASE}/`, page);
  app.get(`${BASE}/client/:address`, async (c) => {
    const client = c.req.param("address");
    const known = options.activity.ofClient(client).length > 0;
    return htmlReply(await clientPage(options, client), known ? 200 : 404);
  });
  app.get(`${BASE}/healthz`, () => textReply(200, "ok\n"));
  app.get(`${BASE}/readyz`, () => readiness(options));
  app.get(`${BASE}/metrics`, async () => {
    const { type, text } = await options.metrics();
    return textReply(200, text, { "Content-Type": type });
  });
  app.get(`${BASE}/api/status`, () => statusJson(options));
  app.get(`${BASE}/api/events`, (c) => events(c));
  app.post(`${BASE}/api/reload`, (c) => reload(c, options));
  app.get(`${BASE}/*`, () => textReply(404, "File not found\n"));
}

function htmlReply(text: string, status = 200): Response {
  return textReply(status, text, {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": `default-src 'none'; style-src 'unsafe-inline'; img-src data:; ` +
      `connect-src 'self'; script-src '${SCRIPT_DIGEST}'; frame-ancestors 'none'`,
  });
}

function readiness({ resolver, info }: HttpAppOptions): Response {
  const listing = resolver.list("", { via: "http", client: "", local: null });
  // It is not found where rules give folders to known clients only: then that is as it should be.
  const unreadable = "kind" in listing && listing.fault !== "not-found";
  if (unreadable) return textReply(503, "root cannot be read\n");
  return info().ready ? textReply(200, "ready\n") : textReply(503, "listeners are not bound\n");
}

function statusJson({ info, activity }: HttpAppOptions): Response {
  const text = JSON.stringify({
    server: info(),
    live: activity.live(),
    counts: activity.counts(),
    refusals: activity.refusals(),
    clients: activity.clients(),
    recent: activity.recent(),
  });
  const headers = { "Content-Type": "application/json", "Cache-Control": "no-store" };
  return textReply(200, `${text}\n`, headers);
}

/** The body of the page, sent again whenever something has changed. */
function createEvents(options: HttpAppOptions): (c: HttpContext) => Response {
  let watchers = 0;
  return (c) => {
    const headers = { "Content-Type": "text/event-stream", "Cache-Control": "no-store" };
    if (c.req.method === "HEAD") return new Response(null, { headers });
    if (watchers >= WATCHERS_MAX) {
      return textReply(503, "Too many watchers\n", { "Retry-After": "10" });
    }
    watchers += 1;
    const stop = () => watchers -= 1;
    return new Response(eventStream(options, { gone: c.env.gone, stop }), { headers });
  };
}

function eventStream(
  options: HttpAppOptions,
  { gone, stop }: { gone: AbortSignal; stop: () => void },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let unsubscribe = () => {};
  const end = () => {
    unsubscribe();
    stop();
    stop = unsubscribe = () => {};
  };
  return new ReadableStream({
    start(controller) {
      const send = async () => {
        // A browser that does not read gets the next state it has room for, not all of them.
        if (gone.aborted || (controller.desiredSize ?? 0) <= 0) return;
        const lines = (await statusFragment(options)).split("\n");
        const event = lines.map((line) => `data: ${line}\n`).join("");
        if (!gone.aborted) controller.enqueue(encoder.encode(`${event}\n`));
      };
      // A stream that was closed in the meantime refuses what comes too late.
      unsubscribe = options.activity.subscribe(() => void send().catch(() => {}));
      gone.addEventListener("abort", () => {
        end();
        controller.close();
      });
      return send();
    },
    cancel: end,
  });
}

/**
 * Only for the machine itself, and not for a page that a browser there happens to show: those
 * name their origin.
 */
async function reload(c: HttpContext, options: HttpAppOptions): Promise<Response> {
  const isLocal = c.env.client === "::1" || c.env.client.startsWith("127.");
  if (!isLocal || c.req.header("Origin") !== undefined) {
    return textReply(403, "Only from this machine\n");
  }
  if (options.reload === undefined) return textReply(404, "File not found\n");
  const { ok, text } = await options.reload();
  return textReply(ok ? 200 : 422, `${text}\n`);
}
