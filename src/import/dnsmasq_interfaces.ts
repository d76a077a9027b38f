// What dnsmasq ties to interfaces: where it serves, and the roots of some of them. It binds to
// addresses and looks at the interface of each request; rules do the same here.
import { quoteGlob } from "../match/glob.ts";
import type { Draft, Place } from "./draft.ts";
import { add } from "./options.ts";

/** Where dnsmasq serves TFTP; interfaces as globs. */
export interface Interfaces {
  /** enable-tftp=…: if there are some, the others do not count. */
  readonly enabled: string[];
  readonly wanted: string[];
  readonly except: string[];
  readonly addresses: string[];
}

/** A name as a glob: of special characters dnsmasq knows a final "*" only. */
export function interfaceGlob(name: string): string {
  return name.endsWith("*") ? `${quoteGlob(name.slice(0, -1))}*` : quoteGlob(name);
}

/** Writes which interfaces are served: all, unless some are named. */
export function servedInterfaces(draft: Draft, served: Interfaces, place: Place): void {
  const { enabled, except, addresses } = served;
  const by = (text: string) => ({ ...place, text });
  if (enabled.length > 0) {
    draft.row("access", { interfaces: enabled, allow: ["read"] }, by("enable-tftp"));
    return draft.row("access", { allow: [] }, by("enable-tftp: no other interface"));
  }
  if (except.length > 0) {
    draft.row("access", { interfaces: except, allow: [] }, by("except-interface"));
  }
  if (served.wanted.length === 0) {
    return addresses.forEach((address) => add(draft, "address", address));
  }
  // dnsmasq adds the loopback interface by itself.
  const wanted = [...new Set([...served.wanted, "lo"])];
  draft.row("access", { interfaces: wanted, allow: ["read"] }, by("interface"));
  if (addresses.length > 0) {
    draft.row("access", { addresses, allow: ["read"] }, by("listen-address"));
  }
  draft.row("access", { allow: [] }, by("interface: no other one"));
}

/** Writes the root of one interface, and the clients' folders in it. */
export function interfaceRoot(
  draft: Draft,
  root: { readonly folder: string; readonly device: string; readonly place: Place },
  unique: string,
): void {
  const interfaces = [quoteGlob(root.device)];
  if (unique !== "") {
    const path = `${root.folder === "/" ? "" : root.folder}/{${unique}}`;
    draft.row("client-root", { path, fallback: "folder", interfaces }, root.place);
  }
  draft.row("client-root", { path: root.folder, fallback: "none", interfaces }, root.place);
}
