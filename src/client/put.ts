// `bootsrv put`: sends one file. Exit codes: 0 the server has it, 1 it may not, 2 the request
// makes no sense, 130 the user stopped it.
import { type ClientEnvironment, processEnvironment } from "./environment.ts";
import { httpPut } from "./http.ts";
import type { PutOptions } from "./options.ts";
import { tftpDetails } from "./report.ts";
import { inSession, type Session } from "./session.ts";
import { shown } from "./text.ts";
import { runTftp, untilAborted } from "./tftp.ts";
import { openUpload, type Upload } from "./upload.ts";
import type { HttpUrl, TftpUrl } from "./url.ts";

/** Runs `put` and gives the exit code. Closes the environment. */
export function runPut(
  options: PutOptions,
  environment: ClientEnvironment = processEnvironment(),
): Promise<number> {
  return inSession({ options, environment }, async (session, url) => {
    const mode = url.kind === "tftp" ? options.mode ?? url.mode ?? "octet" : "octet";
    const { file } = options;
    const { stdin, signal } = environment;
    const upload = await openUpload({ file, mode, stdin: whileWanted(stdin, signal) });
    if (typeof upload === "string") return session.failed(upload);
    try {
      await session.begin(url.name);
      return url.kind === "tftp"
        ? await sendByTftp(session, url, { upload, mode, file })
        : await sendByHttp(session, url, { upload, file });
    } finally {
      upload.close();
    }
  });
}

interface Load {
  readonly upload: Upload;
  /** As typed, for messages. */
  readonly file: string;
}

async function sendByTftp(
  session: Session,
  url: TftpUrl,
  { upload, file, mode }: Load & { readonly mode: "octet" | "netascii" },
): Promise<number> {
  const end = await runTftp({
    ...session.tftpJob(url, mode),
    operation: "wrq",
    multicast: false,
    interfaceHost: null,
    cargo: { kind: "send", source: upload.source },
  });
  return session.endOfTftp(end, { operation: "wrq", name: url.name, file }, (outcome) => ({
    name: url.name,
    bytes: upload.fileBytes,
    elapsedMs: outcome.elapsedMs,
    details: tftpDetails(outcome),
    digest: upload.digest(),
  }));
}

async function sendByHttp(session: Session, url: HttpUrl, load: Load): Promise<number> {
  const { upload, file } = load;
  const end = await httpPut(session.httpJob(url), upload.source);
  if (end.kind === "file") return session.failed(`Cannot read ${shown(file)}: ${end.fault}`);
  return session.endOfHttp(end, url.name, () => ({
    bytes: upload.fileBytes,
    digest: upload.digest(),
  }));
}

/** The stream up to its end or the user's interrupt: then what was read is not sent. */
async function* whileWanted(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]();
  for (;;) {
    const next = await untilAborted(iterator.next(), signal);
    if (next === null || next.done === true) return;
    yield next.value;
  }
}
