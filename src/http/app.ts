// The HTTP app: which method and path goes to which handler. It knows Requests and Responses and
// the exchange beside them, no sockets.
import { Hono } from "hono";
import type { HttpAppOptions } from "./deps.ts";
import type { Exchange, HttpApp } from "./exchange.ts";
import { type Answered, askedOf, reportWhenEnded, textReply } from "./reply.ts";
import { serveFile } from "./static.ts";
import { addStatusRoutes } from "./status.ts";
import { targetPath } from "./target.ts";
import { receiveFile } from "./upload.ts";

/** Makes the app over the shared resolve and storage. The listener calls its `fetch`. */
export function createHttpApp(options: HttpAppOptions): HttpApp {
  const app = new Hono<{ Bindings: Exchange }>({ getPath: (_, given) => routePath(given) });
  const { uploads } = options;
  const allow = uploads === null ? "GET, HEAD, OPTIONS" : "GET, HEAD, PUT, OPTIONS";
  if (options.config.status) addStatusRoutes(app, options);
  app.get("*", (c) => serveFile(c, options));
  if (uploads !== null) app.put("*", (c) => receiveFile(c, { options, uploads }));
  app.options("*", () => new Response(null, { status: 204, headers: { "Allow": allow } }));
  app.all("*", (c) => {
    const refused = { outcome: "refused", ...refusalOf(c.req.method), options: "status=405" };
    reportWhenEnded(c, askedOf(c, options), refused as Answered);
    return textReply(405, "Method not allowed\n", { "Allow": allow });
  });
  app.onError((error, c) => {
    const reason = `Internal error: ${error.stack ?? error.message}`;
    if (c.env.ended === null) {
      const failed = { outcome: "failed", refusal: "failed", reason, options: "status=500" };
      reportWhenEnded(c, askedOf(c, options), failed as Answered);
    }
    c.env.ended?.({ outcome: "failed", reason });
    c.env.ended = null;
    return textReply(500, "Internal error\n");
  });
  return { fetch: (request, exchange) => app.fetch(request, exchange) };
}

/** Why the log says that a method is refused: PUT comes here only where uploads are off. */
function refusalOf(method: string): Pick<Answered, "refusal" | "reason"> {
  return method === "PUT"
    ? { refusal: "read-only", reason: "Uploads are switched off (upload.enabled)" }
    : { refusal: "bad-request", reason: `Method ${method} is not supported` };
}

/**
 * The path that routes are chosen by: unescaped and unresolved, since a URL would quietly take
 * ".." out of it. Every file is the same to the router.
 */
function routePath(given: { env?: unknown } | undefined): string {
  const path = targetPath((given?.env as Exchange).target);
  return path.startsWith("/.bootsrv") ? path : "/";
}
