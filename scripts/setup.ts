// Fetches what the tests need and is not there: `deno task setup`. Quick when all is there; says
// what is missing and why. `--bench` adds the peers of the benchmarks. In continuous integration
// a missing thing is an error.
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import {
  aptInstall,
  aptInstallLibraries,
  aptUnpack,
  findsItsLibraries,
  unpackedProgram,
} from "./lib/apt.ts";
import { BUN_VERSION, findBun, installBun } from "./lib/bun.ts";
import { which } from "./lib/command.ts";
import { commandLine } from "./lib/command_line.ts";
import { CACHE, inCi, NETBOOT_TREE, UNPACKED } from "./lib/project.ts";

/** Something the tests need and cannot have. */
export interface Missing {
  readonly name: string;
  readonly why: string;
  readonly effect: string;
}

/** Fetches what is missing and gives what still is. `bench` adds the peers of the benchmarks. */
export async function setup(options: { readonly bench?: boolean } = {}): Promise<Missing[]> {
  // One after the other: apt-get holds a lock.
  const missing = [
    ...await setupPrograms(TEST_PROGRAMS),
    ...await setupBun(),
    ...await setupNetboot(),
    ...await setupPeers(TEST_PEERS, "its tests are skipped"),
  ];
  if (options.bench === true) {
    missing.push(
      ...await setupPrograms(BENCH_PROGRAMS),
      ...await setupPeers(BENCH_PEERS, "the benchmark runs without it"),
    );
  }
  return missing;
}

/** One line for a person. */
export function describeMissing(missing: Missing): string {
  return `missing: ${missing.name}: ${missing.why}; ${missing.effect}`;
}

/** Program to Debian package. */
const TEST_PROGRAMS = {
  curl: "curl",
  atftp: "atftp",
  tftp: "tftp-hpa",
  busybox: "busybox",
  nft: "nftables",
  ip: "iproute2",
  groff: "groff-base",
  python3: "python3-minimal",
};
const BENCH_PROGRAMS = { dnsmasq: "dnsmasq-base", gcc: "gcc" };
/** Servers that conflict with each other in dpkg, or that start themselves when installed. */
const TEST_PEERS = { "atftpd": "atftpd", "in.tftpd": "tftpd-hpa" };
const BENCH_PEERS = { "nginx": "nginx" };
const NETBOOT_PACKAGE = "debian-installer-12-netboot-amd64";
const NETBOOT_INSIDE = "usr/lib/debian-installer/images/12/amd64";

async function setupPrograms(programs: Readonly<Record<string, string>>): Promise<Missing[]> {
  const absent = () => Object.entries(programs).filter(([name]) => which(name) === null);
  const wanted = absent();
  if (wanted.length === 0) return [];
  const why = await aptInstall(wanted.map(([, name]) => name)) ?? "not found after installing";
  const effect = "its tests are skipped";
  return absent().map(([name, from]) => ({ name: `${name} (package ${from})`, why, effect }));
}

async function setupBun(): Promise<Missing[]> {
  if (await findBun() !== null) return [];
  const result = await installBun();
  if ("path" in result) return [];
  const effect = "no tests under Bun, no binary";
  return [{ name: `bun ${BUN_VERSION}`, why: result.why, effect }];
}

async function setupNetboot(): Promise<Missing[]> {
  if (existsSync(NETBOOT_TREE)) return [];
  const temporary = join(CACHE, `netboot-${process.pid}`);
  try {
    const why = await aptUnpack(NETBOOT_PACKAGE, temporary);
    if (why === null) {
      renameSync(join(temporary, NETBOOT_INSIDE), NETBOOT_TREE);
      return [];
    }
    return [{ name: NETBOOT_PACKAGE, why, effect: "its tests are skipped" }];
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function setupPeers(
  peers: Readonly<Record<string, string>>,
  effect: string,
): Promise<Missing[]> {
  const missing: Missing[] = [];
  mkdirSync(UNPACKED, { recursive: true });
  for (const [program, name] of Object.entries(peers)) {
    // Not looked up on PATH: atftpd installs itself under the name of tftpd-hpa's server too.
    const why = await setupPeer(program, name);
    if (why !== null) missing.push({ name, why, effect });
  }
  return missing;
}

async function setupPeer(program: string, name: string): Promise<string | null> {
  const path = () => unpackedProgram(name, program);
  const why = path() === null ? await aptUnpack(name, join(UNPACKED, name)) : null;
  if (why !== null) return why;
  const runs = async () => path() !== null && await findsItsLibraries(path()!);
  if (await runs()) return null;
  const reason = await aptInstallLibraries(name);
  return await runs() ? null : reason ?? "it does not start: a library is missing";
}

const USAGE = `Usage: deno task setup [--bench]

  --bench   what the benchmarks need, too`;

if (import.meta.main) {
  const options = commandLine(USAGE, {
    options: { bench: { type: "boolean", default: false } },
    read: (values) => values,
  });
  const missing = await setup(options);
  for (const one of missing) console.log(describeMissing(one));
  if (missing.length === 0) console.log("setup: everything is there");
  if (missing.length > 0 && inCi()) process.exitCode = 1;
}
