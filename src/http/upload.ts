// PUT: an upload under the same policy as a TFTP write. Everything that can be known before the
// body comes is checked before the body is taken; an interrupted one leaves nothing.
import { httpStatus, type Refusal } from "../resolve/refusal.ts";
import { pathOf, type Resolution } from "../resolve/resolution.ts";
import type { Upload, Uploads } from "../storage/upload.ts";
import { checkPreconditions, validatorsOf } from "./conditional.ts";
import type { HttpAppOptions, HttpContext } from "./deps.ts";
import type { RequestBody } from "./exchange.ts";
import {
  type Answered,
  type Asked,
  askedOf,
  refusalReply,
  refuse,
  reportWhenEnded,
  textReply,
} from "./reply.ts";

/** Answers PUT: 201 for a new file, 204 for a replaced one, or a refusal. */
export async function receiveFile(
  c: HttpContext,
  { options, uploads }: { options: HttpAppOptions; uploads: Uploads },
): Promise<Response> {
  const asked = askedOf(c, options);
  const { target, name } = asked;
  if (target.kind === "bad") {
    return refuse(c, { asked, refusal: { kind: "bad-name", detail: target.detail }, trail: [] });
  }
  const body = c.env.body;
  const { client, port } = c.env;
  const local = { host: c.env.local };
  const resolution = options.resolver.resolve(
    { operation: "write", via: "http", name, client, port, local, size: body?.length ?? null },
  );
  if (resolution.kind === "read") throw new Error("A write was resolved to a read");
  if (resolution.kind === "refused") return refuse(c, { asked, ...resolution });
  const fault = requestFault(c, body);
  if (fault !== null || body === null) return turnDown(c, asked, fault ?? LENGTH_REQUIRED);
  const { existing } = resolution;
  const current = existing === null ? null : validatorsOf(existing);
  const verdict = checkPreconditions((header) => c.req.header(header), { current, safe: false });
  if (verdict !== "proceed") return turnDown(c, asked, PRECONDITION_FAILED);
  return await storeBody(c, { asked, uploads, body, resolution, replaces: current !== null });
}

type Write = Extract<Resolution, { kind: "write" }>;

interface Fault {
  readonly status: number;
  readonly text: string;
}

const LENGTH_REQUIRED: Fault = { status: 411, text: "Length required" };
const PRECONDITION_FAILED: Fault = { status: 412, text: "Precondition failed" };
// RFC 9110 §14.5: a part must not be mistaken for the whole.
const NO_PARTS: Fault = { status: 400, text: "Uploads in parts are not supported" };

function requestFault(c: HttpContext, body: RequestBody | null): Fault | null {
  if (c.req.header("Content-Range") !== undefined) return NO_PARTS;
  return body === null ? LENGTH_REQUIRED : null;
}

function turnDown(c: HttpContext, asked: Asked, { status, text }: Fault): Response {
  reportWhenEnded(c, asked, {
    outcome: "refused",
    refusal: "bad-request",
    reason: text,
    options: `status=${status}`,
  });
  return textReply(status, `${text}\n`);
}

interface Storing {
  readonly asked: Asked;
  readonly uploads: Uploads;
  readonly body: RequestBody;
  readonly resolution: Write;
  readonly replaces: boolean;
}

async function storeBody(c: HttpContext, storing: Storing): Promise<Response> {
  const { asked, resolution, body } = storing;
  const progress = { bytes: 0 };
  // Made before the body comes, so that the upload is shown as live; completed when it is over.
  const answered: Answered = {
    outcome: "done",
    file: resolution.name,
    path: pathOf(resolution.place),
    trail: resolution.trail,
    size: body.length,
    bytes: () => progress.bytes,
  };
  reportWhenEnded(c, asked, answered);
  const end = await takeBody(c, storing, progress);
  if (end.kind === "stored") {
    const status = storing.replaces ? 204 : 201;
    Object.assign(answered, { settled: true, options: `status=${status}` });
    return new Response(null, { status, headers: status === 201 ? { "Content-Length": "0" } : {} });
  }
  if (end.kind === "aborted") {
    Object.assign(answered, { outcome: "aborted", settled: true, reason: end.reason });
    return textReply(400, "Upload was not completed\n");
  }
  const { refusal, started } = end;
  Object.assign(answered, {
    outcome: started ? "failed" : "refused",
    settled: true,
    refusal: refusal.kind,
    reason: refusal.detail,
    options: `status=${httpStatus(refusal).status}`,
  });
  return refusalReply(refusal);
}

type BodyEnd =
  | { readonly kind: "stored" }
  | { readonly kind: "aborted"; readonly reason: string }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly started: boolean };

/** Moves the body into the upload. Never rejects. */
function takeBody(
  c: HttpContext,
  { asked, uploads, body, resolution }: Storing,
  progress: { bytes: number },
): Promise<BodyEnd> {
  return new Promise((resolve) => {
    let [started, over] = [false, false];
    const finish = (end: BodyEnd) => {
      over = true;
      resolve(end);
    };
    const giveUp = (reason: string) => {
      if (over) return;
      upload.abort();
      finish({ kind: "aborted", reason });
    };
    const upload: Upload = uploads.begin(
      { ...resolution.place, size: body.length, client: c.env.client },
      {
        opened() {
          if (c.env.gone.aborted) return giveUp("Client left before the upload began");
          started = true;
          body.start({
            // What comes after a failure is discarded.
            data(bytes) {
              if (over) return true;
              progress.bytes += bytes.byteLength;
              return upload.write(bytes);
            },
            end: () => over || upload.commit(),
            aborted: giveUp,
          });
        },
        drained: () => body.resume(),
        committed: () => finish({ kind: "stored" }),
        failed(refusal) {
          if (!over) finish({ kind: "refused", refusal, started });
          body.resume();
        },
      },
    );
    // A client that leaves while the upload waits for its turn.
    c.env.gone.addEventListener("abort", () => started || giveUp(`${asked.name}: client left`));
  });
}
