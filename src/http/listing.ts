// Directory listings, as a table that lynx can read or as JSON. Served under the name that was
// asked for, with or without a final "/": firmware does not follow redirects.
import { html } from "hono/html";
import { checkName, type FileName } from "../resolve/name.ts";
import type { Refusal } from "../resolve/refusal.ts";
import type { Entry } from "../storage/store.ts";
import type { HttpContext } from "./deps.ts";
import { type Cell, document, foreign, table } from "./document.ts";
import { sizeText, timeText } from "./figures.ts";
import { type Asked, reportWhenEnded, textReply } from "./reply.ts";
import { namePath } from "./target.ts";

/** Refusals of the root's empty name that only say that it names no file. */
const NO_FILE: ReadonlySet<string> = new Set(["bad-name", "not-a-file", "not-found"]);

/** The listing of the directory that was refused as a file; null where it is none. */
export function listDirectory(
  c: HttpContext,
  { asked, refusal }: { asked: Asked; refusal: Refusal },
): Promise<Response> | null {
  const { resolver, config } = asked.options;
  if (!config.listing) return null;
  const directory = directoryName(asked.name, refusal);
  if (directory === null) return null;
  const entries = resolver.list(directory, {
    via: "http",
    client: c.env.client,
    local: { host: c.env.local },
  });
  if ("kind" in entries) return null;
  return answerListing(c, { asked, directory, entries });
}

interface Listing {
  readonly asked: Asked;
  readonly directory: FileName | "";
  readonly entries: readonly Entry[];
}

async function answerListing(c: HttpContext, listing: Listing): Promise<Response> {
  const { asked, directory, entries } = listing;
  const name = directory === "" ? "/" : `/${directory}/`;
  let length = 0;
  const answered = { outcome: "done", options: "status=200 listing", bytes: () => length } as const;
  reportWhenEnded(c, { ...asked, name }, answered);
  const accept = c.req.header("Accept") ?? "";
  const wantsJson = accept.includes("application/json") && !accept.includes("text/html");
  const reply = await (wantsJson ? listingJson : listingPage)(directory, entries);
  if (c.req.method !== "HEAD") length = Number(reply.headers.get("Content-Length"));
  return reply;
}

function directoryName(name: string, refusal: Refusal): FileName | "" | null {
  const trimmed = name.replace(/^\/+|\/+$/g, "");
  if (trimmed === "") return NO_FILE.has(refusal.kind) ? "" : null;
  if (refusal.kind !== "not-a-file") return null;
  const check = checkName(trimmed);
  return check.kind === "name" ? check.name : null;
}

/** The name of an entry; the tree it comes from has only names that pass the check. */
function entryName(directory: string, entry: string): FileName {
  return (directory === "" ? entry : `${directory}/${entry}`) as FileName;
}

function listingJson(directory: string, entries: readonly Entry[]): Response {
  const list = entries.map(({ name, kind, size, mtimeMs }) => ({
    name,
    kind,
    path: pathOf(directory, { name, kind }),
    ...(kind === "file" ? { size } : {}),
    modified: new Date(mtimeMs).toISOString(),
  }));
  const text = JSON.stringify({ path: namePath(directory), entries: list }, null, 1) + "\n";
  return textReply(200, text, { "Content-Type": "application/json", "Cache-Control": "no-cache" });
}

/** Links are absolute, so that they hold with and without a final "/" in the address. */
async function listingPage(directory: string, entries: readonly Entry[]): Promise<Response> {
  const title = `/${directory}`;
  const rows: Cell[][] = entries.map((entry) => {
    const isFile = entry.kind === "file";
    const link = html`<a href="${pathOf(directory, entry)}">${foreign(entry.name)}</a>`;
    const name = isFile ? link : html`${link}/`;
    return [name, isFile ? sizeText(entry.size) : "-", timeText(entry.mtimeMs)];
  });
  if (directory !== "") {
    const parent = directory.slice(0, Math.max(0, directory.lastIndexOf("/")));
    const path = pathOf("", { name: parent, kind: "directory" });
    rows.unshift([html`<a href="${path}">../</a>`, "", ""]);
  }
  const body = html`
    <h1>${foreign(title)}</h1>
    ${table(["~Name", ">Size", "Modified (UTC)"], rows)}
  `;
  return textReply(200, await document({ title, body }), {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  });
}

function pathOf(directory: string, entry: Pick<Entry, "name" | "kind">): string {
  const path = namePath(entryName(directory, entry.name));
  return entry.kind === "directory" && path !== "/" ? `${path}/` : path;
}
