// The TFTP part of dnsmasq 2.9x: tftp-… lines of its configuration files, or the same options on
// its command line. What is about DNS and DHCP only is passed over.
import { Draft, type Place } from "./draft.ts";
import type { Imported, ImportInput } from "./imported.ts";
import {
  interfaceGlob,
  interfaceRoot,
  type Interfaces,
  servedInterfaces,
} from "./dnsmasq_interfaces.ts";
import { add, number, user } from "./options.ts";
import { splitWords } from "./words.ts";

/** Makes the TOML that serves what dnsmasq serves by TFTP. */
export function importDnsmasq(input: ImportInput): Imported {
  const draft = new Draft();
  const found: Found = {
    ...{ enabled: false, others: 0, root: "", unique: "", roots: [], ports: null },
    interfaces: { enabled: [], wanted: [], except: [], addresses: [] },
  };
  for (const { source, text } of input.files) {
    for (const [index, line] of text.split("\n").entries()) {
      importLine(draft, { source, line: index + 1, text: line }, found);
    }
  }
  for (const text of longOptions(input.args ?? "")) {
    importLine(draft, { source: "command line", line: 0, text }, found);
  }
  finish(draft, found, input);
  return { toml: draft.print("Made by bootsrv import dnsmasq"), notes: draft.notes };
}

interface Found {
  enabled: boolean;
  others: number;
  root: string;
  /** What tftp-unique-root says: "", "ip" or "mac". */
  unique: string;
  /** Folders for what comes in by one interface. */
  readonly roots: { readonly folder: string; readonly device: string; readonly place: Place }[];
  readonly interfaces: Interfaces;
  /** The last tftp-port-range. */
  ports: Line | null;
}

/** Short options for keys that are read here, then those of others that take a value. */
const SHORT: Readonly<Record<string, string>> = {
  ...{ i: "interface", I: "except-interface", 2: "no-dhcp-interface", a: "listen-address" },
  ...{ u: "user", g: "group", C: "conf-file", 7: "conf-dir", 6: "dhcp-script" },
};
const SHORT_WITH_VALUE = "ABFGHJMOPQSTUVWXYcjlmprstx480";

// "--tftp-root=/srv" and "--tftp-root /srv" alike, "-i eth0", "-ieth0" and "-ki eth0", too.
function longOptions(args: string): readonly string[] {
  const lines: string[] = [];
  let open = false;
  for (const word of splitWords(args)) {
    const isOption = /^-./.test(word);
    if (open && !isOption) lines.push(`${lines.pop()}=${word}`);
    else if (word.startsWith("--")) lines.push(word.slice(2));
    else if (isOption) lines.push(...shortOptions(word.slice(1)));
    open = isOption && !lines.at(-1)!.includes("=");
  }
  return lines;
}

function shortOptions(letters: string): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!;
    const key = SHORT[letter];
    const name = key ?? letter;
    if (key === undefined && !SHORT_WITH_VALUE.includes(letter)) lines.push(name);
    else return [...lines, at + 1 < letters.length ? `${name}=${letters.slice(at + 1)}` : name];
  }
  return lines;
}

function importLine(draft: Draft, place: Place, found: Found): void {
  const text = place.text.replace(/(^|\s)#.*$/, "").trim();
  const [, key = "", , quoted = ""] = /^([\w-]+)\s*(=\s*(.*))?$/.exec(text) ?? [];
  const value = quoted.replace(/^"(.*)"$/, "$1");
  const apply = KEYS[key];
  if (apply !== undefined) apply({ draft, place, found, value });
  else if (key.startsWith("tftp")) draft.note(place, "dnsmasq 2.90 has no such option");
  else if (text !== "") found.others++;
}

interface Line {
  readonly draft: Draft;
  readonly place: Place;
  readonly found: Found;
  readonly value: string;
}

const KEYS: Readonly<Record<string, (line: Line) => void>> = {
  "enable-tftp": enable,
  "tftp-root": root,
  // A folder that is not there is no reason not to start.
  "tftp-no-fail": () => {},
  "tftp-unique-root": ({ found, value }) => found.unique = value === "mac" ? "mac" : "ip",
  "tftp-secure": secure,
  "tftp-lowercase": ({ draft, place }) =>
    draft.row("rewrite", { match: "^.*$", replace: "\\L$0", continue: true }, place),
  "tftp-max": ({ draft, place, value }) =>
    number("limits.transfers-max", 1, 1_000_000)(draft, value, place),
  "tftp-mtu": mtu,
  "tftp-no-blocksize": ({ draft }) => add(draft, "tftp.options-disabled", "blksize"),
  "tftp-port-range": (line) => line.found.ports = line,
  "quiet-tftp": ({ draft, place }) => draft.set("log.level", "warning", place.text.trim()),
  "tftp-single-port": ({ draft, place }) => draft.set("tftp.single-port", true, place.text),
  "listen-address": (line) => line.found.interfaces.addresses.push(...parts(line.value)),
  "interface": (line) => named(line, line.found.interfaces.wanted),
  "except-interface": (line) => named(line, line.found.interfaces.except),
  "no-dhcp-interface": (line) => named(line, line.found.interfaces.except),
  "user": ({ draft, place, value }) => user(draft, value, place),
  "group": ({ draft, place, value }) => draft.set("group", value, place.text),
  "dhcp-script": script,
  "dhcp-luascript": ({ draft, place }) =>
    draft.note(place, "Hooks are programs; there is no Lua", "hooks.transfer-end runs one"),
  "dhcp-scriptuser": ({ draft, place }) =>
    draft.note(place, "Hooks run with the rights of the server", "user"),
  "dumpfile": ({ draft, place }) => draft.note(place, DUMP, DUMP_HINT),
  "conf-file": ({ draft, place }) => draft.note(place, MORE, MORE_HINT),
  "conf-dir": ({ draft, place }) => draft.note(place, MORE, MORE_HINT),
};

const DUMP = "Packets are logged as text, not captured";
const DUMP_HINT = "tftp.trace = true, or tcpdump -w FILE";
const LABEL = "It is the label of an address, not an interface";
const LABEL_HINT = 'addresses = ["…"] in its place, with that address';
const MORE = "Further files are not read";
const MORE_HINT = "Give them too, in the same order";

function enable(line: Line): void {
  line.found.enabled = true;
  named(line, line.found.interfaces.enabled);
}

function parts(value: string): readonly string[] {
  return value.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

function named({ draft, place, value }: Line, names: string[]): void {
  for (const name of parts(value)) {
    if (name.includes(":")) draft.note(place, LABEL, LABEL_HINT);
    else names.push(interfaceGlob(name));
  }
}

function root({ draft, place, found, value }: Line): void {
  const [path = "", device] = value.split(",", 2).map((part) => part.trim());
  const folder = path.replace(/(.)\/+$/, "$1");
  if (device !== undefined) found.roots.push({ folder, device, place });
  else {
    found.root = folder;
    draft.set("root", found.root, place.text.trim());
  }
}

function secure({ draft, place }: Line): void {
  draft.set("require-world-readable", true, place.text.trim());
  const hint = "chown and chmod o-r keep files from being served, too";
  draft.note(
    place,
    "Not running as root, dnsmasq looks at who owns a file; this looks at who may read it",
    hint,
  );
}

function script({ draft, place, value }: Line): void {
  draft.set("hooks.transfer-end", value, place.text.trim());
  draft.set("hooks.processes-max", 1, "dnsmasq runs one at a time");
  const hint = "dnsmasq goes on calling it for leases; here its first argument is tftp";
  draft.note(place, "It is run for transfers only, this server has no leases", hint);
}

function mtu({ draft, place, value }: Line): void {
  const octets = /^\d{1,5}$/.test(value) ? Number(value) - 32 : NaN;
  // 20 octets of IP, 8 of UDP, 4 of TFTP.
  if (octets >= 8 && octets <= 65464) draft.set("tftp.blksize-max", octets, place.text.trim());
  else draft.note(place, `"${value}" is no MTU`);
}

function portRange({ draft, place, value }: Line): void {
  if (draft.value("tftp.single-port") === true) {
    return draft.note(place, "With tftp-single-port, dnsmasq has no use for it either");
  }
  const [first = NaN, last = first] = value.split(",").map(Number);
  if (first >= 1 && first <= last && last <= 65535) {
    draft.set("tftp.port-range", `${first}-${last}`, place.text.trim());
  } else draft.note(place, `"${value}" is no range of ports`);
}

function finish(draft: Draft, found: Found, input: ImportInput): void {
  const place = { source: input.files[0]?.source ?? "command line", line: 0, text: "" };
  if (found.ports !== null) portRange(found.ports);
  if (!found.enabled) {
    draft.note({ ...place, text: "enable-tftp" }, "It is not there, so dnsmasq serves no TFTP");
  }
  if (found.root === "") {
    const hint = 'Without it dnsmasq serves every file of the system; set "root" to a folder';
    draft.note({ ...place, text: "tftp-root" }, "It is not there", hint);
  }
  if (!draft.has("user")) draft.set("user", "nobody", "dnsmasq's default");
  if (draft.value("user") === "") draft.set("group", "");
  draft.set("symlinks", "any", 'dnsmasq follows links out of the root; "inside" is safer');
  draft.set("http.port", "off", "dnsmasq has no HTTP; without this line the tree is served by it");
  servedInterfaces(draft, found.interfaces, place);
  for (const each of found.roots) interfaceRoot(draft, each, found.unique);
  if (found.unique !== "") {
    const fields = { path: `{${found.unique}}`, fallback: "folder" };
    draft.row("client-root", fields, { ...place, text: `tftp-unique-root=${found.unique}` });
  }
  if (found.others > 0) {
    const text = `${found.others} more lines`;
    draft.note({ ...place, text }, "They are about DNS, DHCP and the rest of dnsmasq");
  }
}
