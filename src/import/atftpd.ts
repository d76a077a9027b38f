// atftpd 0.7 and 0.8: its command line, its --pcre and --mtftp files, Debian's /etc/default/atftpd.
import { importMtftpFile, isMtftpFile } from "./atftpd_mtftp.ts";
import { importPcreFile } from "./atftpd_rules.ts";
import { Draft, type Place } from "./draft.ts";
import { importHostsFiles, isHostsFile } from "./hosts_access.ts";
import type { Imported, ImportInput, SourceFile } from "./imported.ts";
import { type Idle, idleOf, inetdTimeout } from "./inetd.ts";
import { multicastBlock } from "./multicast_range.ts";
import {
  add,
  type Apply,
  applyOptions,
  type Daemon,
  type DaemonOption,
  fixed,
  none,
  number,
  pidFile,
  rulesTest,
  user,
} from "./options.ts";
import { type Start, type Starter, startsIn } from "./start_files.ts";

/** Makes the TOML that does what these files and this command line do with atftpd. */
export function importAtftpd(input: ImportInput): Imported {
  const draft = new Draft();
  const found: Found = { pcre: [], mtftp: [], mtftpPort: 75 };
  const commands: Start[] = input.args === null
    ? []
    : [{ source: "command line", text: input.args, inetd: false }];
  for (const file of input.files.filter((each) => !isHostsFile(each))) {
    const starts = startsIn(draft, file, STARTER);
    if (starts !== null) commands.push(...starts);
    else (isMtftpFile(file.text) ? found.mtftp : found.pcre).push(file);
  }
  for (const command of commands) importCommand(draft, command, { found, input });
  const root = String(draft.value("root") ?? "");
  const wholeName = /^0\.[0-7](?:\.|$)/.test(input.release);
  for (const file of found.pcre) importPcreFile(draft, { ...file, wholeName });
  for (const file of found.mtftp) {
    importMtftpFile(draft, { ...file, root, serverPort: found.mtftpPort });
  }
  importHostsFiles(draft, input.files.filter(isHostsFile), { address: false });
  return { toml: draft.print("Made by bootsrv import atftpd"), notes: draft.notes };
}

/** What a command line names besides keys. */
interface Found {
  readonly pcre: SourceFile[];
  readonly mtftp: SourceFile[];
  mtftpPort: number;
}

interface Context {
  readonly found: Found;
  readonly input: ImportInput;
}

const PROGRAMS = ["atftpd", "in.tftpd"];

/** Debian, SUSE, Gentoo. */
const STARTER: Starter = {
  programs: PROGRAMS,
  script: [
    ...["$OPTIONS", "$ATFTPD_OPTIONS", "--bind-address $ATFTPD_BIND_ADDRESSES"],
    ...["$ATFTPD_DIRECTORY", "$TFTPD_OPTS", "$TFTPD_ROOT"],
  ],
};

function importCommand(draft: Draft, command: Start, context: Context): void {
  draft.set("root", "/srv/tftp");
  const idle = idleOf(command, 300);
  const operands = applyOptions(draft, command, daemonOf(context, idle));
  inetdTimeout(draft, idle);
  const root = (operands.at(-1) ?? "/srv/tftp").replace(/(.)\/+$/, "$1");
  draft.set("root", root);
  draft.set("symlinks", "any", 'atftpd follows links out of the root; "inside" is safer');
  if (!draft.has("user")) draft.set("user", "nobody", "atftpd's default");
  if (draft.value("user") === "") draft.set("group", "");
  else if (!draft.has("group")) draft.set("group", "nogroup", "atftpd's default");
  draft.set("upload.enabled", true, "atftpd takes uploads always");
  draft.set("upload.create", true);
  draft.set("upload.size-max", 0, "no limit");
  draft.set("http.port", "off", "atftpd has no HTTP; without this line the tree is served by it");
}

function daemonOf({ found, input }: Context, idle: Idle): Daemon {
  const follow = (files: SourceFile[]): Apply => (draft, path, place) => {
    const text = input.readFile(path);
    if (input.files.some(({ source }) => source === path)) return;
    if (text === null) {
      draft.note(place, `Cannot read "${path}"`, `Give it too: bootsrv import atftpd ${path}`);
    } else files.push({ source: path, text });
  };
  return {
    programs: PROGRAMS,
    options: [
      ...OPTIONS,
      { names: ["--daemon"], argument: "none", apply: () => idle.daemon = true },
      {
        names: ["--tftpd-timeout", "-t"],
        argument: "required",
        apply: (_, value, place) => idle.timeout = { value, place },
      },
      { names: ["--pcre"], argument: "required", apply: follow(found.pcre) },
      { names: ["--mtftp"], argument: "required", apply: follow(found.mtftp) },
      {
        names: ["--mtftp-port"],
        argument: "required",
        apply: (_, value) => found.mtftpPort = Number(value) || 75,
      },
    ],
  };
}

function off(name: string): Apply {
  return (draft) => add(draft, "tftp.options-disabled", name);
}

function verbose(draft: Draft, value: string, place: { readonly text: string }): void {
  const level = value === "" ? 6 : Number(value);
  const word = level >= 7 ? "debug" : level >= 5 ? "info" : level === 4 ? "warning" : "error";
  if (draft.value("log.level") !== "debug") draft.set("log.level", word, place.text);
}

function userAndGroup(draft: Draft, value: string, place: Place): void {
  const [name = "", group] = value.split(".", 2);
  user(draft, name, place);
  if (group !== undefined) draft.set("group", group, place.text);
}

const addresses: Apply = (draft, value, place) => {
  const found = multicastBlock(value);
  if (found === null) return draft.note(place, `"${value}" is no list of multicast addresses`);
  draft.set("tftp.multicast.addresses", found.block, place.text);
  if (found.whole) return;
  draft.note(place, `Group addresses are one CIDR block; "${found.block}" is the largest in there`);
};

const ports: Apply = (draft, value, place) => {
  const [range = "", ...more] = value.split(",");
  const [first = NaN, last = first] = range.split("-").map(Number);
  if (!(first >= 1 && first <= last && last <= 65535)) {
    return draft.note(place, `"${value}" is no list of ports`);
  }
  draft.set("tftp.multicast.ports", `${first}-${last}`, place.text);
  if (more.length > 0) draft.note(place, `Group ports are one range; the first one was taken`);
};

const LOGFILE = "The log goes to standard error, which systemd keeps in its journal";
const LOGFILE_HINT = "For a file of its own: StandardError=append:/var/log/bootsrv.log in the unit";
const PORTS = "Packets of a transfer are taken from the port that it began with only (RFC 1350)";
const PORTS_HINT = "With NAT in between, tftp.single-port = true is what helps";
const SWITCH = "Who acknowledges for a group is chosen by what the members have missed";

const OPTIONS: readonly DaemonOption[] = [
  {
    names: ["--retry-timeout", "-r"],
    argument: "required",
    apply: number("tftp.timeout", 1, 255),
  },
  {
    names: ["--maxthread", "-m"],
    argument: "required",
    apply: number("limits.transfers-max", 1, 1_000_000),
  },
  { names: ["--verbose", "-v"], argument: "optional", apply: verbose },
  { names: ["--trace"], argument: "none", apply: fixed("tftp.trace", true) },
  { names: ["--no-timeout"], argument: "none", apply: off("timeout") },
  { names: ["--no-tsize"], argument: "none", apply: off("tsize") },
  { names: ["--no-blksize"], argument: "none", apply: off("blksize") },
  { names: ["--no-windowsize"], argument: "none", apply: off("windowsize") },
  { names: ["--no-multicast"], argument: "none", apply: off("multicast") },
  { names: ["--logfile"], argument: "required", apply: none(LOGFILE, LOGFILE_HINT) },
  { names: ["--pidfile"], argument: "required", apply: pidFile },
  { names: ["--no-fork"], argument: "none" },
  { names: ["--user"], argument: "required", apply: userAndGroup },
  {
    names: ["--group"],
    argument: "required",
    apply: (draft, value, place) => draft.set("group", value, place.text),
  },
  { names: ["--port"], argument: "required", apply: number("tftp.port", 1, 65535) },
  {
    names: ["--bind-address"],
    argument: "required",
    apply: (draft, value, place) => draft.set("address", [value], place.text),
  },
  // Requests to a broadcast address are answered always.
  { names: ["--listen-local"], argument: "none" },
  // A repeated ACK is never answered twice.
  { names: ["--prevent-sas"], argument: "none" },
  { names: ["--no-source-port-checking"], argument: "none", apply: none(PORTS, PORTS_HINT) },
  { names: ["--mcast-addr", "--mcast_addr"], argument: "required", apply: addresses },
  { names: ["--mcast-port", "--mcast_port"], argument: "required", apply: ports },
  {
    names: ["--mcast-ttl", "--mcast_ttl"],
    argument: "required",
    apply: number("tftp.multicast.ttl", 0, 255),
  },
  { names: ["--mcast-switch-client"], argument: "none", apply: none(SWITCH) },
  { names: ["--pcre-test"], argument: "required", apply: rulesTest },
  { names: ["--version", "-V"], argument: "none" },
  { names: ["--help", "-h"], argument: "none" },
];
