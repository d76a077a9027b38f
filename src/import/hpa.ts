// tftpd-hpa 5.2 and 6.0: the command line of in.tftpd, its map file, Debian's
// /etc/default/tftpd-hpa.
import { Draft, type Place } from "./draft.ts";
import { importHostsFiles, isHostsFile } from "./hosts_access.ts";
import { importMapFile } from "./hpa_rules.ts";
import type { Imported, ImportInput, SourceFile } from "./imported.ts";
import { type Idle, idleOf, inetdTimeout } from "./inetd.ts";
import {
  add,
  type Apply,
  applyOptions,
  type Daemon,
  type DaemonOption,
  none,
  number,
  pidFile,
  rulesTest,
  user,
} from "./options.ts";
import { type Start, type Starter, startsIn } from "./start_files.ts";

/** Makes the TOML that does what these files and this command line do with in.tftpd. */
export function importHpa(input: ImportInput): Imported {
  const draft = new Draft();
  const maps: SourceFile[] = [];
  const commands: Start[] = input.args === null
    ? []
    : [{ source: "command line", text: input.args, inetd: false }];
  for (const file of input.files.filter((each) => !isHostsFile(each))) {
    const starts = startsIn(draft, file, STARTER);
    if (starts === null) maps.push(file);
    else commands.push(...starts);
  }
  const secure = commands.map((command) => importCommand(draft, command, { maps, input }));
  const whole = secure.includes(false);
  // Rules that end the map file still have the check of whole paths before them.
  const end = whole && maps.length > 0 ? "whole-paths" : undefined;
  for (const map of maps) importMapFile(draft, { ...map, end });
  if (whole) refuseRelative(draft, end);
  importHostsFiles(draft, input.files.filter(isHostsFile), { address: true });
  return { toml: draft.print("Made by bootsrv import tftpd-hpa"), notes: draft.notes };
}

const PROGRAMS = ["in.tftpd", "tftpd", "tftpd-hpa"];

/** Debian, Gentoo and Alpine, Arch Linux, old Debian. */
const STARTER: Starter = {
  programs: PROGRAMS,
  script: [
    "--listen",
    ...["--user $TFTP_USERNAME", "--address $TFTP_ADDRESS", "$TFTP_OPTIONS", "$TFTP_DIRECTORY"],
    ...["$INTFTPD_OPTS", "$TFTPD_ARGS", "$OPTIONS"],
  ],
};

interface Context {
  readonly maps: SourceFile[];
  readonly input: ImportInput;
}

interface Switches extends Idle {
  secure: boolean;
  permissive: boolean;
  create: boolean;
  /** How often --verbose was said. */
  verbosity: number;
}

/** Gives whether it says --secure. */
function importCommand(draft: Draft, command: Start, context: Context): boolean {
  const switches: Switches = {
    ...{ secure: false, permissive: false, create: false, verbosity: 0 },
    ...idleOf(command, 900),
  };
  const daemon = daemonOf(switches, context);
  const folders = applyOptions(draft, command, daemon)
    .map((folder) => folder.replace(/(.)\/+$/, "$1"));
  inetdTimeout(draft, switches);
  const place = { source: command.source, line: 0, text: command.text };
  if (folders.length === 0) {
    draft.note(place, "No folder is named", "in.tftpd then serves every file of the system");
  }
  draft.set("root", folders[0] ?? "/");
  if (!draft.has("user")) draft.set("user", "nobody", "in.tftpd's default");
  if (!switches.secure) listed(draft, folders);
  else if (draft.value("user") !== "") draft.set("chroot", true, "--secure");
  else draft.note(place, "There is no chroot for root, who can leave it", CHROOT_HINT);
  if (!switches.permissive) {
    draft.set("require-world-readable", true, "in.tftpd's rule, unless --permissive");
    if (!draft.has("umask")) draft.set("umask", "000", "in.tftpd's default");
  }
  draft.set("upload.enabled", true, "in.tftpd takes uploads to files that exist");
  draft.set("upload.create", switches.create, switches.create ? "--create" : "");
  draft.set("upload.size-max", 0, "no limit");
  draft.set("http.port", "off", "in.tftpd has no HTTP; without this line the tree is served by it");
  return switches.secure;
}

// Without --secure all names are absolute, and must lie in one of the folders.
function listed(draft: Draft, folders: readonly string[]): void {
  if (folders.length > 1) draft.set("search", folders.slice(1));
  draft.set("absolute-names", "listed", "names are whole paths, as without --secure");
  draft.set("symlinks", "any", 'in.tftpd follows links out of the folders; "inside" is safer');
}

// Asked after the map file: its rules may make whole paths of other names.
function refuseRelative(draft: Draft, end: string | undefined): void {
  draft.row("rewrite", {
    label: end,
    match: "^/",
    invert: true,
    raw: true,
    operation: "any",
    via: "tftp",
    refuse: "Only absolute filenames allowed",
  }, { source: "command line", line: 0, text: "no --secure" });
}

function daemonOf(switches: Switches, { maps, input }: Context): Daemon {
  const listens = () => switches.daemon = true;
  return {
    programs: PROGRAMS,
    options: [
      ...OPTIONS,
      { names: ["--listen", "-l"], argument: "none", apply: listens },
      { names: ["--foreground", "-L"], argument: "none", apply: listens },
      { names: ["--create", "-c"], argument: "none", apply: () => switches.create = true },
      {
        names: ["--secure", "-s", "--chroot"],
        argument: "none",
        apply: () => switches.secure = true,
      },
      {
        names: ["--verbose", "-v"],
        argument: "none",
        apply: (draft, _, place) => verbosity(draft, String(++switches.verbosity), place),
      },
      { names: ["--permissive", "-p"], argument: "none", apply: () => switches.permissive = true },
      {
        names: ["--timeout", "-t"],
        argument: "required",
        apply: (_, value, place) => switches.timeout = { value, place },
      },
      {
        names: ["--map-file", "-m"],
        argument: "required",
        apply: (draft, path, place) => follow(draft, { path, place, maps, input }),
      },
    ],
  };
}

const CHROOT_HINT = "Links out of the root are refused anyway; user and chroot = true do more";
const STEPS = "The limit of steps is fixed: 4096 besides one pass over all rules";
const WINDOW = "Windows are limited in blocks, not in octets";
const WINDOW_HINT = "tftp.windowsize-max";

/** Options that in.tftpd 5.2 and 6.0 grant. */
const OPTION_NAMES: readonly string[] = [
  ...["blksize", "blksize2", "tsize", "timeout", "utimeout", "rollover", "windowsize"],
];

function family(draft: Draft, wildcard: string): void {
  if (!draft.has("address")) draft.set("address", [wildcard]);
}

const address: Apply = (draft, value, place) => {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\w+))?$/.exec(value) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) return draft.note(place, `"${value}" is no address`);
  if (host !== "") {
    if (!/^[\d.]+$|:/.test(host)) {
      draft.note(place, `"${host}" is no numeric address`, "Write the address that it stands for");
    } else {
      const wildcards = ["0.0.0.0", "::"];
      const known = draft.value("address");
      if (Array.isArray(known) && wildcards.includes(known[0])) draft.set("address", [host]);
      else add(draft, "address", host);
    }
  }
  if (port !== undefined) service(draft, port, place);
};

const service: Apply = (draft, value, place) => {
  if (value === "tftp") draft.set("tftp.port", 69, place.text);
  else number("tftp.port", 1, 65535)(draft, value, place);
};

const umask: Apply = (draft, value, place) => {
  if (/^0*[0-7]{1,3}$/.test(value)) {
    draft.set("umask", value.replace(/^0+/, "").padStart(3, "0"), place.text);
  } else draft.note(place, `"${value}" is no octal number`);
};

const retransmit: Apply = (draft, value, place) => {
  const seconds = /^\d{1,10}$/.test(value) ? Number(value) / 1_000_000 : NaN;
  if (seconds >= 0.01 && seconds <= 255) draft.set("tftp.timeout", seconds, place.text);
  else draft.note(place, `"${value}" is not a number of microseconds from 10000 to 255000000`);
};

const verbosity: Apply = (draft, value, place) => {
  if (Number(value) >= 3) draft.set("log.level", "debug", place.text);
};

const refuse: Apply = (draft, value, place) => {
  const name = value.toLowerCase();
  if (OPTION_NAMES.includes(name)) add(draft, "tftp.options-disabled", name);
  else draft.note(place, `"${value}" is no option that in.tftpd grants`);
};

const portRange: Apply = (draft, value, place) => {
  const [, first, last] = /^(\d{1,5})[:-](\d{1,5})$/.exec(value) ?? [];
  const valid = Number(first) >= 1 && Number(first) <= Number(last) && Number(last) <= 65535;
  if (valid) draft.set("tftp.port-range", `${Number(first)}-${Number(last)}`, place.text);
  else draft.note(place, `"${value}" is no range of ports`);
};

function follow(
  draft: Draft,
  { path, place, maps, input }: Context & { readonly path: string; readonly place: Place },
): void {
  if (maps.some(({ source }) => source === path)) return;
  const text = input.readFile(path);
  if (text === null) {
    draft.note(place, `Cannot read "${path}"`, `Give it too: bootsrv import tftpd-hpa ${path}`);
  } else maps.push({ source: path, text });
}

const OPTIONS: readonly DaemonOption[] = [
  { names: ["--ipv4", "-4"], argument: "none", apply: (draft) => family(draft, "0.0.0.0") },
  { names: ["--ipv6", "-6"], argument: "none", apply: (draft) => family(draft, "::") },
  { names: ["--address", "-a"], argument: "required", apply: address },
  { names: ["--service", "-S", "--port"], argument: "required", apply: service },
  {
    names: ["--user", "-u"],
    argument: "required",
    apply: user,
  },
  { names: ["--umask", "-U"], argument: "required", apply: umask },
  { names: ["--pidfile", "-P"], argument: "required", apply: pidFile },
  { names: ["--retransmit", "-T"], argument: "required", apply: retransmit },
  { names: ["--map-steps"], argument: "required", apply: none(STEPS) },
  { names: ["--map-test"], argument: "required", apply: rulesTest },
  { names: ["--verbosity"], argument: "required", apply: verbosity },
  { names: ["--refuse", "-r"], argument: "required", apply: refuse },
  {
    names: ["--reject-all"],
    argument: "none",
    apply: (draft) => OPTION_NAMES.forEach((name) => add(draft, "tftp.options-disabled", name)),
  },
  {
    names: ["--blocksize", "-B"],
    argument: "required",
    apply: number("tftp.blksize-max", 512, 65464),
  },
  {
    names: ["--windowsize", "-W"],
    argument: "required",
    apply: number("tftp.windowsize-max", 1, 65535),
  },
  { names: ["--window-bytes"], argument: "required", apply: none(WINDOW, WINDOW_HINT) },
  { names: ["--port-range", "-R", "--ports"], argument: "required", apply: portRange },
  { names: ["--stderr"], argument: "none" },
  { names: ["--systemd"], argument: "none" },
  { names: ["--version", "-V"], argument: "none" },
];
