// The shape of the TOML file, in the order in which it is printed. One definition gives the
// checks, the types, the flags and variables (settings.ts), the help and the JSON Schema.
import * as v from "valibot";
import * as f from "./fields.ts";
import { RewriteRow } from "./rewrite_row.ts";

const { key, required } = f;

const clients = f.clients();
const local = {
  interfaces: key(f.listOf(f.glob()), {
    fallback: [],
    text: 'Interfaces that requests come in by, such as "eth1" or "br-*"; empty means all.',
  }),
  addresses: key(f.listOf(f.network()), {
    fallback: [],
    text: "Addresses of this machine that are asked, or CIDR blocks of them; empty means all.",
  }),
};
const optionNames = f.listOf(f.choice([
  ...["blksize", "tsize", "timeout", "windowsize", "multicast"] as const,
  ...["blksize2", "utimeout", "rollover", "msftwindow"] as const,
]));

const multicast = v.strictObject({
  enabled: key(f.flag(), { fallback: true, text: "Grant the RFC 2090 option." }),
  addresses: key(f.multicastNetwork4(), {
    fallback: "239.255.69.0/24",
    text: "CIDR block the addresses of groups are taken from.",
  }),
  "addresses-ipv6": key(f.multicastNetwork6(), {
    fallback: "ff15::4554:0/112",
    text: "The same for clients that ask by IPv6.",
  }),
  ports: key(f.portRange({ optional: false }), {
    fallback: "1758-1857",
    text: "Ports the groups are sent to.",
  }),
  ttl: key(f.integer(0, 255), { fallback: 1, text: "Hops a group's packets may travel." }),
});

const tftp = v.strictObject({
  port: key(f.port(), { fallback: 69, text: 'UDP port; 0 picks a free one, "off" disables.' }),
  "single-port": key(f.flag(), {
    fallback: false,
    text: "Answer from the listening port itself, for firewalls and NAT.",
  }),
  "port-range": key(f.portRange({ optional: true }), {
    fallback: "",
    text: 'Ports to answer from, such as "20000-20099"; empty leaves it to the system.',
  }),
  "blksize-max": key(f.integer(8, 65464), {
    fallback: 65464,
    text: "Largest block size granted, in octets (RFC 2348); the path MTU limits it too.",
  }),
  "allow-fragments": key(f.flag(), {
    fallback: false,
    text: "Grant block sizes beyond the path MTU.",
  }),
  "windowsize-max": key(f.integer(1, 65535), {
    fallback: 64,
    text: "Largest window granted, in blocks (RFC 7440).",
  }),
  timeout: key(f.seconds(0.01, 255), {
    fallback: 1,
    text: "Seconds before the first retransmission; adapts to the round trip measured.",
  }),
  retries: key(f.integer(0, 1000), {
    fallback: 6,
    text:
      "A silent peer is given up after so many timeouts and one, each twice the last up to 8 s.",
  }),
  rollover: key(f.choice([0, 1]), {
    fallback: 0,
    text: "Block number that follows 65535: 0 or 1.",
  }),
  "options-disabled": key(
    optionNames,
    { fallback: [], text: "Options never granted." },
  ),
  "suppress-naks": key(f.flag(), {
    fallback: false,
    text: "Stay silent about missing relative names, as tftpd -n does.",
  }),
  trace: key(f.flag(), {
    fallback: false,
    text: "Log each packet, in and out; much text, and slow.",
  }),
  driver: key(f.choice(["auto", "portable", "linux"]), {
    fallback: "auto",
    text: "How datagrams are moved: batched system calls (linux) or the runtime (portable).",
  }),
  workers: key(f.integer(1, 64), {
    fallback: 1,
    text: "Threads that serve TFTP at one port (Linux driver); limits for a client hold in each.",
  }),
  multicast: v.optional(multicast, {}),
});

const mtftp = v.strictObject({
  file: required(f.treeName(), "Name of the file, relative to the root."),
  address: required(f.multicastAddress(), "Group address the file is sent to."),
  "client-port": required(f.integer(1, 65535), "Port the clients listen on."),
  "server-port": required(f.integer(1, 65535), "Port the clients send to."),
  "open-timeout": key(f.seconds(0, 255), {
    fallback: 3,
    text: "Seconds a client listens before it asks.",
  }),
  "reopen-timeout": key(f.seconds(0, 255), {
    fallback: 6,
    text: "Seconds a client waits for packets before it asks again.",
  }),
  delay: key(f.seconds(0, 255), {
    fallback: 0,
    text: "Seconds between a session's request and its first packet.",
  }),
});

const http = v.strictObject({
  port: key(f.port(), { fallback: 80, text: 'TCP port; 0 picks a free one, "off" disables.' }),
  listing: key(f.flag(), {
    fallback: true,
    text: "List directories, as the client sees them and may read them.",
  }),
  status: key(f.flag(), {
    fallback: true,
    text: "Serve the status page, health and metrics below /.bootsrv/.",
  }),
});

const upload = v.strictObject({
  enabled: key(f.flag(), { fallback: false, text: "Accept uploads, by TFTP and HTTP." }),
  create: key(f.flag(), {
    fallback: false,
    text: "Accept files that do not exist yet; else only those that do.",
  }),
  overwrite: key(f.flagOr("version"), {
    fallback: true,
    text: 'Replace files that exist; "version" keeps the old one as NAME.YYYYMMDD.NN.',
  }),
  "size-max": key(f.size(), { fallback: "64 MiB", text: "Largest upload; 0 means no limit." }),
  quota: key(f.size(), {
    fallback: 0,
    text: "Most octets that all files which uploads may write have together; 0 means no limit.",
  }),
});

const access = v.strictObject({
  clients,
  ...local,
  paths: key(f.listOf(f.glob()), {
    fallback: [],
    text: "Globs over the name relative to the root; empty means every file.",
  }),
  via: key(f.choice(["tftp", "http", "any"]), {
    fallback: "any",
    text: "Protocols this holds for.",
  }),
  allow: required(
    f.listOf(f.choice(["read", "write"])),
    "What these clients may do with these files; empty denies both.",
  ),
});

const mount = v.strictObject({
  at: required(f.treeName(), "Name in the tree under which the folder appears."),
  path: required(f.folder(), "The folder; it hides what the root has under that name."),
});

const clientRoot = v.strictObject({
  path: required(
    f.clientFolder(),
    'Folder of the client, such as "clients/{ip}"; {ip}, {ip-hex} and {mac} are the client\'s.',
  ),
  fallback: key(f.choice(["file", "folder", "none"]), {
    fallback: "file",
    text: "When the root serves instead: for each missing file, if there is no folder, or never.",
  }),
  clients,
  ...local,
});

const quirk = v.strictObject({
  clients,
  "options-disabled": key(optionNames, {
    fallback: [],
    text: "Options never granted to these clients, besides those of [tftp].",
  }),
  "tsize-only": key(f.flag(), {
    fallback: false,
    text: "Grant these clients no option but tsize.",
  }),
  "blksize-max": key(f.integer(8, 65464), {
    fallback: 65464,
    text: "Largest block size granted to these clients, in octets.",
  }),
  "windowsize-max": key(f.integer(1, 65535), {
    fallback: 65535,
    text: "Largest window granted to these clients, in blocks.",
  }),
  rollover: f.unset(f.choice([0, 1]), "Block number that follows 65535 for these clients."),
});

const hooks = v.strictObject({
  "transfer-end": key(f.text(), {
    fallback: "",
    text: "Program to run when a transfer has ended; empty for none.",
  }),
  outcomes: key(f.listOf(f.choice(["done", "unacknowledged", "failed", "aborted"])), {
    fallback: ["done", "unacknowledged"],
    text: "Ends of a transfer that it is run for.",
  }),
  "processes-max": key(f.integer(1, 1000), {
    fallback: 4,
    text: "How many run at a time; others wait for their turn.",
  }),
  timeout: key(f.seconds(0.1, 86400), {
    fallback: 60,
    text: "Seconds it may take; it is killed then.",
  }),
});

const log = v.strictObject({
  format: key(f.choice(["pretty", "json", "logfmt"]), {
    fallback: "pretty",
    text: "Form of the lines on standard error.",
  }),
  level: key(f.choice(["debug", "info", "warning", "error"]), {
    fallback: "info",
    text: "Least severe lines shown.",
  }),
  syslog: key(f.syslogTarget(), {
    fallback: "",
    text: 'Syslog to write to as well: "unix:/dev/log" or "udp://host:514".',
  }),
});

const limits = v.strictObject({
  "transfers-max": key(f.integer(0, 1_000_000), {
    fallback: 10000,
    text: "Transfers at a time, by TFTP and HTTP each; 0 means no limit.",
  }),
  "transfers-max-per-client": key(f.integer(0, 1_000_000), {
    fallback: 64,
    text: "Transfers of one client at a time, by TFTP and HTTP each; 0 means no limit.",
  }),
  "requests-per-second-per-client": key(f.integer(0, 1_000_000), {
    fallback: 200,
    text: "Requests of one client each second, by TFTP and HTTP each; 0 means no limit.",
  }),
  "http-connections-max": key(f.integer(0, 1_000_000), {
    fallback: 1000,
    text: "HTTP connections at a time; 0 means no limit.",
  }),
});

/** The whole file. Every key may be left out; the defaults are those of the users' manual. */
export const FileSchema = v.strictObject({
  root: key(f.text(), { fallback: "", text: "Folder to serve." }),
  search: key(f.listOf(f.text()), {
    fallback: [],
    text: "Further folders, tried in order for relative names.",
  }),
  address: key(f.listOf(f.address()), {
    fallback: [],
    text: "Numeric addresses to listen on; empty means all.",
  }),
  user: key(f.text(), { fallback: "", text: "User to become once the ports are bound." }),
  group: key(f.text(), { fallback: "", text: "Group to become once the ports are bound." }),
  chroot: key(f.flag(), { fallback: false, text: "Lock the process into the root." }),
  umask: key(f.umask(), {
    fallback: "",
    text: "Octal bits that new files are not to have, such as 022; empty leaves them as they are.",
  }),
  symlinks: key(f.choice(["inside", "any", "none"]), {
    fallback: "inside",
    text: "Symbolic links to follow: those that stay inside the root, any, or none.",
  }),
  "case-insensitive": key(f.flag(), {
    fallback: false,
    text: "Find files whatever the letter case of the name.",
  }),
  "require-world-readable": key(f.flag(), {
    fallback: false,
    text: "Serve only files that everyone may read, replace only those that everyone may " +
      "write, as tftpd(8) does.",
  }),
  "hidden-files": key(f.flag(), {
    fallback: true,
    text: 'Serve files and folders whose name starts with ".".',
  }),
  "absolute-names": key(f.choice(["root", "listed"]), {
    fallback: "root",
    text: 'Names that begin with "/": all lie below the root ("root"), or only those that name ' +
      'the root or a folder of search are served ("listed", as tftpd(8) does).',
  }),
  "strip-prefixes": key(f.listOf(f.prefix()), {
    fallback: [],
    text: 'Folders taken off the beginning of names, such as "/tftpboot/"; what is left is a ' +
      "relative name.",
  }),
  tftp: v.optional(tftp, {}),
  mtftp: v.optional(f.listOf(mtftp), []),
  http: v.optional(http, {}),
  upload: v.optional(upload, {}),
  rewrite: v.optional(f.listOf(RewriteRow), []),
  access: v.optional(f.listOf(access), []),
  mount: v.optional(f.listOf(mount), []),
  "client-root": v.optional(f.listOf(clientRoot), []),
  quirk: v.optional(f.listOf(quirk), []),
  hooks: v.optional(hooks, {}),
  log: v.optional(log, {}),
  limits: v.optional(limits, {}),
});

/** The file as it is after the checks, defaults filled in. */
export type FileConfig = v.InferOutput<typeof FileSchema>;
