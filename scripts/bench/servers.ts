// The servers of the benchmark: how each is started on this machine, or why it cannot be.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { unpackedProgram } from "../lib/apt.ts";
import { which } from "../lib/command.ts";
import { BINARY, isRoot, ROOT } from "../lib/project.ts";

/** A server that takes part. */
export interface ServerKind {
  readonly name: string;
  readonly isOurs: boolean;
  /** It makes a process for each transfer. */
  readonly forks: boolean;
  /** Where it listens. */
  readonly host: string;
  /** The one port it can listen on, or null for any. */
  readonly port: number | null;
  /** The program, to ask its version. */
  readonly program: string;
  readonly versionArgs: readonly string[];
  /** The command line for a port and a folder of its own for logs and the like. */
  command(where: { readonly port: number; readonly folder: string }): readonly string[];
}

/** One that cannot take part, and why. */
export interface AbsentServer {
  readonly name: string;
  readonly why: string;
}

/** The names that our servers have in tables. */
export const OURS = {
  bun: "bootsrv, Bun binary",
  deno: "bootsrv, Deno",
  portable: "bootsrv, Deno, portable driver",
} as const;

/** All servers that can run here, peers first, and those that cannot. */
export function findServers(root: string): { present: ServerKind[]; absent: AbsentServer[] } {
  const all = [atftpd(root), tftpdHpa(root), dnsmasq(root), ...ours(root)];
  return {
    present: all.filter((one): one is ServerKind => !("why" in one)),
    absent: all.filter((one): one is AbsentServer => "why" in one),
  };
}

const HOST = "127.0.0.1";
/** dnsmasq knows only port 69, so it gets an address where nobody else has that. */
const DNSMASQ_HOST = "127.69.0.1";
const TRANSFERS_MAX = "2000";
const NOT_INSTALLED = "not installed; see deno task setup";

function atftpd(root: string): ServerKind | AbsentServer {
  const name = "atftpd";
  const program = unpackedProgram(name, name);
  if (program === null) return { name, why: NOT_INSTALLED };
  return {
    ...peer(name, program),
    command: ({ port }) => [
      ...[program, "--daemon", "--no-fork", "--bind-address", HOST, "--port", String(port)],
      // Its default is an unprivileged user, to which only root can change.
      ...(isRoot() ? ["--user", "root", "--group", "root"] : []),
      ...["--maxthread", TRANSFERS_MAX, "--logfile", "/dev/null", root],
    ],
  };
}

function tftpdHpa(root: string): ServerKind | AbsentServer {
  const name = "tftpd-hpa";
  const program = unpackedProgram(name, "in.tftpd");
  if (program === null) return { name, why: NOT_INSTALLED };
  if (!isRoot()) return { name, why: "needs root" };
  return {
    ...peer(name, program),
    forks: true,
    command: ({ port, folder }) => [
      ...[program, "--foreground", "--address", `${HOST}:${port}`, "--user", "root"],
      ...["--pidfile", join(folder, "pid"), "--secure", root],
    ],
  };
}

function dnsmasq(root: string): ServerKind | AbsentServer {
  const name = "dnsmasq";
  const program = which(name);
  if (program === null) return { name, why: NOT_INSTALLED };
  if (!isRoot()) return { name, why: "needs root for port 69" };
  return {
    ...peer(name, program),
    host: DNSMASQ_HOST,
    port: 69,
    command: ({ folder }) => [
      ...[program, "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root"],
      ...["--enable-tftp", `--tftp-root=${root}`, `--tftp-max=${TRANSFERS_MAX}`],
      ...[`--listen-address=${DNSMASQ_HOST}`, "--bind-interfaces", "--pid-file="],
      `--log-facility=${join(folder, "log")}`,
    ],
  };
}

function ours(root: string): (ServerKind | AbsentServer)[] {
  const deno = [process.execPath, "run", "-A", "--no-check", join(ROOT, "main.ts")];
  return [
    existsSync(BINARY)
      ? bootsrv(OURS.bun, { root, driver: "linux", program: [BINARY] })
      : { name: OURS.bun, why: "not built; see deno task build, or --build" },
    bootsrv(OURS.deno, { root, driver: "linux", program: deno }),
    bootsrv(OURS.portable, { root, driver: "portable", program: deno }),
  ];
}

function bootsrv(
  name: string,
  how: { readonly root: string; readonly driver: string; readonly program: readonly string[] },
): ServerKind {
  return {
    name,
    isOurs: true,
    forks: false,
    host: HOST,
    port: null,
    program: how.program[0]!,
    versionArgs: [...how.program.slice(1), "--version"],
    command: ({ port, folder }) => {
      const config = join(folder, "bootsrv.toml");
      writeFileSync(config, configText({ ...how, port }));
      return [...how.program, "--config", config];
    },
  };
}

/** Rules that every request goes through and none fits, a policy, and a log of all requests. */
function configText(of: { readonly root: string; readonly driver: string; readonly port: number }) {
  return `root = ${JSON.stringify(of.root)}
address = ["${HOST}"]

[tftp]
port = ${of.port}
driver = "${of.driver}"

[http]
port = "off"

[[rewrite]]
match = '^[A-Za-z]:[\\\\/](.*)$'
replace = '$1'

[[rewrite]]
match = '^/?grub/(\\w+)/grub\\.cfg$'
replace = 'grub/$1/{ip-hex}.cfg'

[[rewrite]]
match = '^(.*)/vmlinuz-latest$'
replace = '$1/vmlinuz'
clients = ["127.0.0.0/8", "10.0.0.0/8"]

[[access]]
clients = ["10.0.0.0/8"]
paths = ["backups/**"]
allow = ["read", "write"]

[[access]]
clients = ["127.0.0.0/8"]
paths = ["**"]
allow = ["read"]

[log]
format = "json"
level = "info"

[limits]
transfers-max-per-client = 0
requests-per-second-per-client = 0
`;
}

function peer(name: string, program: string): Omit<ServerKind, "command"> {
  return {
    name,
    isOurs: false,
    forks: false,
    host: HOST,
    port: null,
    program,
    versionArgs: ["--version"],
  };
}
