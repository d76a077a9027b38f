// GET and HEAD of files: on the shared resolve, with ranges and conditions. Sends nothing itself:
// the open file goes to the listener with the exchange.
import type { Resolution } from "../resolve/resolution.ts";
import { contentTypeOf } from "./content_type.ts";
import type { HttpAppOptions, HttpContext } from "./deps.ts";
import { listDirectory } from "./listing.ts";
import { type Plan, planAnswer } from "./plan.ts";
import { type Asked, askedOf, refuse, reportWhenEnded, textReply } from "./reply.ts";

/** Answers GET and HEAD: a file, a directory listing or a refusal. */
export function serveFile(c: HttpContext, options: HttpAppOptions): Response | Promise<Response> {
  const asked = askedOf(c, options);
  const { target, name } = asked;
  if (target.kind === "bad") {
    return refuse(c, { asked, refusal: { kind: "bad-name", detail: target.detail }, trail: [] });
  }
  const { client, port } = c.env;
  const local = { host: c.env.local };
  const resolution = options.resolver.resolve(
    { operation: "read", via: "http", name, client, port, local, size: null },
  );
  if (resolution.kind === "read") return answerFile(c, { asked, resolution });
  if (resolution.kind === "write") throw new Error("A read was resolved to a write");
  const { refusal, trail } = resolution;
  return listDirectory(c, { asked, refusal }) ?? refuse(c, { asked, refusal, trail });
}

type Read = Extract<Resolution, { kind: "read" }>;

function answerFile(
  c: HttpContext,
  { asked, resolution }: { asked: Asked; resolution: Read },
): Response {
  const { file, name, trail } = resolution;
  // From here on the listener closes the file, even if something below throws.
  c.env.slot = { file, start: 0, length: 0, sent: 0 };
  const isHead = c.req.method === "HEAD";
  const plan = planAnswer((header) => c.req.header(header), { method: c.req.method, file });
  if (plan.part !== null) c.env.slot = { file, ...plan.part, sent: 0 };
  reportWhenEnded(c, asked, {
    outcome: plan.status >= 400 ? "refused" : isHead ? "probe" : "done",
    file: name,
    reason: plan.reason,
    options: plan.label,
    trail,
    ...(plan.part === null ? {} : { size: plan.part.length, path: file.path }),
    bytes: () => c.env.slot?.sent ?? 0,
  });
  return replyOf(plan, contentTypeOf(name));
}

function replyOf(plan: Plan, contentType: string): Response {
  if (plan.status === 412) return textReply(412, "Precondition failed\n");
  const hasType = plan.status === 200 || plan.status === 206;
  const headers = hasType ? { "Content-Type": contentType, ...plan.headers } : plan.headers;
  return new Response(null, { status: plan.status, headers });
}
