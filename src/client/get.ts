// `bootsrv get`: fetches one file. Exit codes: 0 it is there whole, 1 it is not, 2 the request
// makes no sense, 130 the user stopped it.
import { type Download, netasciiSink, openDownload } from "./download.ts";
import { type ClientEnvironment, processEnvironment } from "./environment.ts";
import type { Cargo } from "./filing.ts";
import { type GatheringDownload, openGathering } from "./gathering.ts";
import { httpGet } from "./http.ts";
import { runMtftp } from "./mtftp.ts";
import type { GetOptions } from "./options.ts";
import { tftpDetails } from "./report.ts";
import { inSession, type Session } from "./session.ts";
import { shown } from "./text.ts";
import { runTftp, type TftpJob } from "./tftp.ts";
import { type HttpUrl, localName, type TftpUrl } from "./url.ts";

/**
 * Runs `get` and gives the exit code. Nothing but the file goes to standard output; a partial
 * file never stays behind. Closes the environment.
 */
export function runGet(
  options: GetOptions,
  environment: ClientEnvironment = processEnvironment(),
): Promise<number> {
  return inSession({ options, environment }, async (session, url) => {
    const misuse = multicastMisuse(options, { url, environment });
    if (misuse !== null) return session.misused(misuse);
    const output = options.output ?? localName(url.name);
    if (output === null) {
      return session.misused(`No file name in ${shown(options.url)}: name one with --output`);
    }
    const { stdout } = environment;
    const anyOrder = options.multicast || options.mtftp !== null;
    const download = anyOrder
      ? openGathering({ output, stdout })
      : openDownload({ output, stdout });
    if (typeof download === "string") return session.failed(download);
    try {
      await session.begin(url.name);
      return url.kind === "tftp"
        ? await fetchByTftp(session, url, { download, output, options })
        : await fetchByHttp(session, url, { download, output, options });
    } finally {
      download.discard();
    }
  });
}

/** Why a group cannot be had with these options, or null. */
function multicastMisuse(
  options: GetOptions,
  context: { readonly url: TftpUrl | HttpUrl; readonly environment: ClientEnvironment },
): string | null {
  const { multicast, mtftp, interfaceHost } = options;
  const { url, environment } = context;
  if (!multicast && mtftp === null) {
    return interfaceHost === null ? null : "An interface is chosen for multicast only";
  }
  if (url.kind === "http") return "Multicast is known to TFTP only, not to HTTP";
  if ((options.mode ?? url.mode) === "netascii") return "Multicast carries mode octet only";
  const isOurs = environment.ownNetworks().some(({ host }) => host === interfaceHost);
  if (interfaceHost === null || isOurs) return null;
  return `No interface of this machine has address ${shown(interfaceHost)}`;
}

interface Place {
  readonly download: Download | GatheringDownload;
  /** As typed, for messages. */
  readonly output: string;
  readonly options: GetOptions;
}

async function fetchByTftp(session: Session, url: TftpUrl, place: Place): Promise<number> {
  const { download, output, options: { multicast, mtftp, interfaceHost } } = place;
  const mode = session.options.mode ?? url.mode ?? "octet";
  const job: TftpJob = {
    ...session.tftpJob(url, mode),
    operation: "rrq",
    multicast,
    interfaceHost,
    cargo: cargoOf(download, mode),
  };
  const end = mtftp === null ? await runTftp(job) : await runMtftp(job, mtftp);
  return session.endOfTftp(end, { operation: "rrq", name: url.name, file: output }, (outcome) => ({
    name: url.name,
    bytes: download.bytes,
    elapsedMs: outcome.elapsedMs,
    details: tftpDetails(outcome),
    digest: download.digest(),
  }));
}

function cargoOf(download: Place["download"], mode: "octet" | "netascii"): Cargo {
  if ("writeAt" in download) return { kind: "gather", sink: download };
  return { kind: "fetch", sink: mode === "netascii" ? netasciiSink(download) : download };
}

async function fetchByHttp(session: Session, url: HttpUrl, place: Place): Promise<number> {
  const { download, output } = place;
  const end = await httpGet(session.httpJob(url), download);
  if (end.kind === "file") return session.failed(`Cannot write ${shown(output)}: ${end.fault}`);
  return session.endOfHttp(end, url.name, () => ({
    bytes: download.bytes,
    digest: download.digest(),
  }));
}
