// A process around the client that tests can look into.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientEnvironment, OwnNetwork } from "../../src/client/environment.ts";
import type { UdpDriver } from "../../src/net/driver.ts";
import { createPortableDriver } from "../../src/net/portable.ts";
import type { GetOptions, PutOptions } from "../../src/client/options.ts";
import { slowed } from "./slow_clock.ts";

export interface FakeEnvironment extends ClientEnvironment {
  /** What went to standard error so far. */
  readonly said: () => string;
  /** What went to standard output so far. */
  readonly out: () => Uint8Array;
  /** The user's Ctrl-C. */
  readonly interrupt: () => void;
}

export interface FakeSettings {
  /** The portable one when left out, with a slow clock. */
  readonly driver?: UdpDriver;
  readonly stdin?: readonly Uint8Array[];
  /** Addresses of every host that is not numeric. */
  readonly addresses?: readonly { family: 4 | 6; host: string }[];
  /** Our own addresses; loopback when left out. */
  readonly ownNetworks?: readonly OwnNetwork[];
  readonly onStderr?: (text: string) => void;
}

/** An environment without terminal, signals or names. */
export function fakeEnvironment(settings: FakeSettings = {}): FakeEnvironment {
  const controller = new AbortController();
  const out: Uint8Array[] = [];
  let said = "";
  return {
    stdout: (bytes) => void out.push(bytes.slice()),
    stdin: pieces(settings.stdin ?? []),
    stderr: (text) => {
      said += text;
      settings.onStderr?.(text);
    },
    terminal: null,
    signal: controller.signal,
    createDriver: (onFault) =>
      Promise.resolve(settings.driver ?? slowed(createPortableDriver({ onFault }))),
    lookup: (host) => Promise.resolve(addressesOf(host, settings)),
    ownNetworks: () => settings.ownNetworks ?? [{ host: "127.0.0.1", cidr: "127.0.0.1/8" }],
    close: () => {},
    said: () => said,
    out: () => Buffer.concat(out),
    interrupt: () => controller.abort(),
  };
}

function addressesOf(host: string, settings: FakeSettings) {
  if (host.includes(":")) return [{ family: 6 as const, host }];
  if (/^[\d.]+$/.test(host)) return [{ family: 4 as const, host }];
  return settings.addresses ?? [];
}

async function* pieces(all: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  for (const piece of all) yield await Promise.resolve(piece);
}

const TRANSFER_DEFAULTS = {
  blksize: "auto",
  windowsize: 16,
  tsize: true,
  timeoutSeconds: null,
  retries: 5,
  mode: null,
  trace: false,
  quiet: false,
} as const;

/** Options of `get` as the command line gives them when nothing is said. */
export function getOptions(url: string, options: Partial<GetOptions> = {}): GetOptions {
  return {
    ...TRANSFER_DEFAULTS,
    url,
    output: null,
    multicast: false,
    mtftp: null,
    interfaceHost: null,
    ...options,
  };
}

/** Options of `put` as the command line gives them when nothing is said. */
export function putOptions(
  url: string,
  options: Partial<PutOptions> & { readonly file: string },
): PutOptions {
  return { ...TRANSFER_DEFAULTS, url, ...options };
}

/** Runs `use` with a directory of its own and says afterwards what lay in it. */
export async function withDirectory(
  use: (directory: string) => Promise<void>,
): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), "bootsrv-client-"));
  try {
    await use(directory);
    return readdirSync(directory).sort();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
