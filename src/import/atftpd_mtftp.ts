// atftpd's --mtftp file: a file, a group address and a client port a line.
import { parseAddress } from "../match/network.ts";
import type { Draft } from "./draft.ts";
import type { SourceFile } from "./imported.ts";

/** Whether the text is such a file, and not one for --pcre, whose lines have two fields. */
export function isMtftpFile(text: string): boolean {
  return text.split("\n").some((line) =>
    !line.startsWith("#") && /^\S+\s+[\d.]{7,15}\s+\d+\s*$/.test(line)
  );
}

/** What to read, and what the command line says with it. */
export interface MtftpFile extends SourceFile {
  readonly serverPort: number;
  /** Folder that names may begin with; "" for none. */
  readonly root: string;
}

/** Adds a row for each file. */
export function importMtftpFile(draft: Draft, file: MtftpFile): void {
  const taken = new Set<string>();
  for (const [index, line] of file.text.split("\n").entries()) {
    const place = { source: file.source, line: index + 1, text: line };
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [name = "", address = "", port = "", ...more] = line.trim().split(/\s+/);
    const fault = faultOf({ name: relative(name, file.root), address, port, more });
    if (fault !== "") draft.note(place, fault);
    else if (taken.has(`${address}:${port}`) || taken.has(name)) {
      draft.note(
        place,
        "The file, or the address and port, are on a line above",
        "atftpd leaves it out, too",
      );
    } else {
      draft.row("mtftp", {
        file: relative(name, file.root),
        address,
        "client-port": Number(port),
        "server-port": file.serverPort,
      }, place);
      taken.add(`${address}:${port}`).add(name);
    }
  }
  keepApart(draft, file.text);
}

function relative(name: string, root: string): string {
  const below = root !== "" && name.startsWith(`${root}/`) ? name.slice(root.length) : name;
  return below.replace(/^\/+/, "");
}

interface Fields {
  readonly name: string;
  readonly address: string;
  readonly port: string;
  readonly more: readonly string[];
}

function faultOf({ name, address, port, more }: Fields): string {
  const first = parseAddress(address)?.octets[0] ?? 0;
  if (more.length > 0) return "A line is a file, an address and a port";
  if (name === "" || name.split("/").some((part) => part === "" || part === "." || part === "..")) {
    return "The file is no name below the root";
  }
  if (!address.includes(".") || first < 224 || first > 239) {
    return `"${address}" is not an IPv4 multicast address`;
  }
  const valid = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535;
  return valid ? "" : `"${port}" is not a port`;
}

// RFC 2090 groups take their addresses from a pool that must not hold one of these.
function keepApart(draft: Draft, text: string): void {
  if (draft.has("tftp.multicast.addresses")) return;
  const used = (third: number) => text.includes(`239.255.${third}.`);
  if (!used(69)) return;
  const free = Array.from({ length: 256 }, (_, third) => third).find((third) => !used(third));
  if (free === undefined) {
    draft.set("tftp.multicast.enabled", false, "no addresses are left for it");
  } else draft.set("tftp.multicast.addresses", `239.255.${free}.0/24`, "apart from those of MTFTP");
}
