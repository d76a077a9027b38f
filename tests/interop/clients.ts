// The command lines of the TFTP clients that people have, so that one test can drive them all.
import { type ClientOptions, needs, runClient } from "./harness.ts";

/** Where a client reads from or writes to. */
export interface Place {
  readonly host: string;
  readonly port: number;
  /** Name on the server. */
  readonly name: string;
  /** Path on the client's disk. */
  readonly file: string;
}

export interface Client {
  readonly label: string;
  /** The `skip` option of its tests. */
  readonly skip: string | false;
  get(place: Place): string[];
  /** Null where it cannot. */
  readonly put: ((place: Place) => string[]) | null;
}

/**
 * Runs a client; starts it again, like a person would, where it says that it has given up in one of
 * these ways. That is up to the client: a server at fault makes it do so every time.
 */
export async function runTransfer(
  command: readonly string[],
  options: ClientOptions & { readonly givesUp?: RegExp } = {},
): Promise<void> {
  const { givesUp = OACK_TAKEN_AMISS, ...rest } = options;
  for (let starts = 1;; starts++) {
    try {
      await runClient(command, rest);
      return;
    } catch (error) {
      if (starts === STARTS_MAX || !givesUp.test(String(error))) throw error;
    }
  }
}

/**
 * atftp 0.8 ends where its ACK of the OACK is lost or late, so that the OACK is repeated as RFC 2347
 * has it.
 */
const OACK_TAKEN_AMISS = /unexpected OACK/;
const STARTS_MAX = 5;

const curl = ["curl", "--silent", "--show-error", "--max-time", "170"];
const curlUrl = (at: Place) => `tftp://${at.host}:${at.port}/${at.name}`;
const atftpPlace = (at: Place) => [
  ...["--remote-file", at.name, "--local-file", at.file],
  ...[at.host, `${at.port}`],
];
const atftp = (...options: string[]) => ["atftp", ...options.flatMap((o) => ["--option", o])];
const hpa = (at: Place, mode: string, command: string[]) => [
  ...["tftp", "-m", mode, at.host, `${at.port}`, "-c", ...command],
];
const busybox = (at: Place, ...flags: string[]) => [
  ...["busybox", "tftp", ...flags, "-r", at.name, "-l", at.file, at.host, `${at.port}`],
];

/** Clients that move octets. */
export const OCTET_CLIENTS: readonly Client[] = [
  {
    label: "curl",
    skip: needs("curl"),
    get: (at) => [...curl, "-o", at.file, curlUrl(at)],
    put: (at) => [...curl, "-T", at.file, curlUrl(at)],
  },
  {
    label: "curl --tftp-no-options",
    skip: needs("curl"),
    get: (at) => [...curl, "--tftp-no-options", "-o", at.file, curlUrl(at)],
    put: (at) => [...curl, "--tftp-no-options", "-T", at.file, curlUrl(at)],
  },
  {
    label: "curl --tftp-blksize 1468",
    skip: needs("curl"),
    get: (at) => [...curl, "--tftp-blksize", "1468", "-o", at.file, curlUrl(at)],
    put: (at) => [...curl, "--tftp-blksize", "1468", "-T", at.file, curlUrl(at)],
  },
  {
    label: "atftp",
    skip: needs("atftp"),
    get: (at) => [...atftp(), "--get", ...atftpPlace(at)],
    put: (at) => [...atftp(), "--put", ...atftpPlace(at)],
  },
  {
    label: "atftp with blksize 1468, tsize, timeout",
    skip: needs("atftp"),
    get: (at) => [...atftp("blksize 1468", "tsize", "timeout 2"), "--get", ...atftpPlace(at)],
    put: (at) => [...atftp("blksize 1468", "tsize", "timeout 2"), "--put", ...atftpPlace(at)],
  },
  {
    label: "atftp with windowsize 16",
    skip: needs("atftp"),
    get: (at) => [...atftp("windowsize 16"), "--get", ...atftpPlace(at)],
    put: (at) => [...atftp("windowsize 16"), "--put", ...atftpPlace(at)],
  },
  {
    label: "tftp-hpa",
    skip: needs("tftp"),
    get: (at) => hpa(at, "binary", ["get", at.name, at.file]),
    put: (at) => hpa(at, "binary", ["put", at.file, at.name]),
  },
  {
    label: "busybox",
    skip: needs("busybox"),
    get: (at) => busybox(at, "-g"),
    put: (at) => busybox(at, "-p"),
  },
  {
    label: "busybox -b 1468",
    skip: needs("busybox"),
    get: (at) => busybox(at, "-g", "-b", "1468"),
    put: (at) => busybox(at, "-p", "-b", "1468"),
  },
];

/** Clients that move text as netascii (RFC 764): they turn line ends back into their own. */
export const NETASCII_CLIENTS: readonly Client[] = [
  {
    label: "tftp-hpa -m ascii",
    skip: needs("tftp"),
    get: (at) => hpa(at, "ascii", ["get", at.name, at.file]),
    put: (at) => hpa(at, "ascii", ["put", at.file, at.name]),
  },
  {
    label: "atftp with mode netascii",
    skip: needs("atftp"),
    get: (at) => [...atftp("mode netascii"), "--get", ...atftpPlace(at)],
    put: (at) => [...atftp("mode netascii"), "--put", ...atftpPlace(at)],
  },
];
