// Which folders a name is looked for in, and in which order: the client's own, mounts, the root,
// the search path. Gives places to look; opening, and what a refusal means, is the caller's.
import { holdsAt, type LocalEnd, type LocalRule } from "../match/local.ts";
import {
  type Address,
  addressHex,
  addressText,
  inNetworks,
  type Network,
} from "../match/network.ts";
import { quoted } from "../match/quoted.ts";
import type { FileName } from "../resolve/name.ts";
import { joined } from "./any_case.ts";
import { fault } from "./disk_faults.ts";
import { mergeLists } from "./layers.ts";
import type { Entry, Store, StoreRefusal } from "./store.ts";

/** A folder that files come from. */
export interface Root {
  /** Absolute path; "" for a tree in memory. */
  readonly path: string;
  readonly store: Store;
  /** Uploads may go here. */
  readonly writable: boolean;
}

/** A folder, and the name to ask it for. */
export interface Place {
  readonly root: Root;
  readonly name: FileName;
}

/** Who asks. */
export interface TreeClient {
  /** Null where the address is not numeric: it then belongs to no network. */
  readonly address: Address | null;
  /** The MAC address as "01-02-03-04-05-06", or null. Asked only where a folder depends on it. */
  mac(): string | null;
}

/** The folders as one tree. */
export interface Trees {
  /** Where to look for `name`, in order; none where the client has no folder at all. */
  places(name: FileName, ask: PlaceAsk): readonly Place[];
  /**
   * What is left of a name that begins with the path of the client's own folder, the root or the
   * search path, as "srv/boot/x" does, and where to look for that; null for any other name.
   */
  listed(name: FileName, ask: PlaceAsk): Listed | null;
  /** The entries of a folder, mounts among them; "" is the root as this client sees it. */
  list(name: FileName | "", ask: PlaceAsk): readonly Entry[] | StoreRefusal;
}

export interface PlaceAsk {
  readonly operation: "read" | "write";
  readonly client: TreeClient;
  /** Where it asks. */
  readonly local: LocalEnd;
}

export interface Listed {
  readonly name: FileName;
  readonly places: readonly Place[];
}

/** A rule that gives clients folders of their own. */
export interface ClientRootRule {
  readonly networks: readonly Network[];
  readonly local: LocalRule;
  /** Absolute path with {ip}, {ip-hex} and {mac}. */
  readonly path: string;
  readonly fallback: "file" | "folder" | "none";
}

export interface TreesOptions {
  /** The root, then the search path. */
  readonly common: readonly [Root, ...Root[]];
  /** A mount hides what the root has under its name. */
  readonly mounts: readonly { readonly at: string; readonly root: Root }[];
  readonly clientRoots: readonly ClientRootRule[];
  /** Opens the folder of a client; null if there is none. */
  openRoot(path: string): Root | null;
  readonly caseInsensitive: boolean;
}

/** A tree of one folder. */
export function singleTree(store: Store, path = ""): Trees {
  const root = { path, store, writable: true };
  const openRoot = () => null;
  return createTrees({
    ...{ common: [root], mounts: [], clientRoots: [], openRoot, caseInsensitive: false },
  });
}

/** Makes one tree of many folders. */
export function createTrees(options: TreesOptions): Trees {
  // The longest name first: a mount may lie inside another.
  const mounts = [...options.mounts].sort((a, b) => b.at.length - a.at.length);
  const parts: Parts = { ...options, mounts };
  return {
    places: (name, ask) => placesIn(parts, name, rootsOf(parts, ask)),
    listed: (name, ask) => listed(parts, name, ask),
    list: (name, ask) => list(parts, name, rootsOf(parts, ask)),
  };
}

interface Parts extends TreesOptions {
  readonly mounts: TreesOptions["mounts"];
}

/**
 * The folders of a client: its own before the common ones. Uploads go to its own if it has one,
 * lest one client changes what all of them read.
 */
function rootsOf(parts: Parts, { operation, client, local }: PlaceAsk): readonly Root[] {
  const own: Root[] = [];
  for (const rule of parts.clientRoots) {
    if (!inNetworks(client.address, rule.networks) || !holdsAt(rule.local, local)) continue;
    const path = render(rule.path, client);
    const root = path === null ? null : parts.openRoot(path);
    if (root !== null) own.push(root);
    const ends = rule.fallback === "none" || (rule.fallback === "folder" && root !== null);
    if (ends) return operation === "write" ? own.slice(0, 1) : own;
  }
  if (operation === "read") return [...own, ...parts.common];
  return own.length > 0 ? own.slice(0, 1) : parts.common.filter(({ writable }) => writable);
}

// Null for a fact that is not known. None of the facts has a "/" or a "..".
function render(path: string, { address, mac }: TreeClient): string | null {
  let known = true;
  const rendered = path.replace(/\{(ip|ip-hex|mac)\}/g, (_, fact: string) => {
    if (fact === "mac") {
      const text = mac();
      known &&= text !== null;
      return text ?? "";
    }
    known &&= address !== null;
    if (address === null) return "";
    return fact === "ip" ? addressText(address) : addressHex(address);
  });
  return known ? rendered : null;
}

function placesIn(parts: Parts, name: FileName, roots: readonly Root[]): readonly Place[] {
  // A client that has no folder at all has no mounts either.
  if (roots.length === 0) return [];
  const fold = folding(parts);
  const folded = fold(name);
  for (const { at, root } of parts.mounts) {
    const prefix = `${fold(at)}/`;
    if (folded.startsWith(prefix)) {
      return [{ root, name: name.slice(prefix.length) as FileName }];
    }
    if (`${folded}/` === prefix) return [{ root: FOLDER, name }];
  }
  const places = roots.map((root) => ({ root, name }));
  const leadsToMount = parts.mounts.some(({ at }) => fold(at).startsWith(`${folded}/`));
  return leadsToMount ? [...places, { root: FOLDER, name }] : places;
}

// Case folding must not change lengths, or the cut above would be in the wrong place.
function folding({ caseInsensitive }: Parts): (text: string) => string {
  if (!caseInsensitive) return (text) => text;
  return (text) => {
    const lower = text.toLowerCase();
    return lower.length === text.length ? lower : text;
  };
}

function listed(parts: Parts, name: FileName, ask: PlaceAsk): Listed | null {
  const roots = rootsOf(parts, ask);
  let best: { readonly root: Root; readonly rest: string } | null = null;
  for (const root of new Set([...parts.common, ...roots])) {
    const prefix = root.path === "/" ? "" : `${root.path.slice(1)}/`;
    if (root.path === "" || !name.startsWith(prefix) || name.length === prefix.length) continue;
    if (best === null || root.path.length > best.root.path.length) {
      best = { root, rest: name.slice(prefix.length) };
    }
  }
  if (best === null) return null;
  const rest = best.rest as FileName;
  // The root's own path stands for the tree as this client sees it.
  if (best.root === parts.common[0]) {
    return { name: rest, places: placesIn(parts, rest, roots) };
  }
  const { root } = best;
  return { name: rest, places: roots.includes(root) ? [{ root, name: rest }] : [] };
}

function list(
  parts: Parts,
  name: FileName | "",
  roots: readonly Root[],
): readonly Entry[] | StoreRefusal {
  const fold = folding(parts);
  const mount = parts.mounts.find(({ at }) => fold(at) === fold(name));
  const places = mount !== undefined
    ? [{ root: mount.root, name: "" } as const]
    : name === ""
    ? roots.map((root) => ({ root, name }))
    : placesIn(parts, name, roots).filter(({ root }) => root !== FOLDER);
  const found = mergeLists(places.map(({ root, name }) => root.store.list(name)));
  return roots.length === 0 ? found : withMounts(parts, name, found);
}

function withMounts(
  { mounts }: Parts,
  name: FileName | "",
  list: readonly Entry[] | StoreRefusal,
): readonly Entry[] | StoreRefusal {
  const inside = mounts.filter(({ at }) => name === "" || at.startsWith(`${name}/`));
  if (inside.length === 0 || ("kind" in list && list.fault !== "not-found")) return list;
  const entries = new Map("kind" in list ? [] : list.map((entry) => [entry.name, entry]));
  for (const { at } of inside) {
    const rest = name === "" ? at : at.slice(name.length + 1);
    const [entry = ""] = rest.split("/", 1);
    if (entry.startsWith(".")) continue;
    const hides = joined(name, entry) === at || !entries.has(entry);
    if (hides) entries.set(entry, { name: entry, kind: "directory", size: 0, mtimeMs: 0 });
  }
  return [...entries.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Stands where a name is a folder only because something is mounted at it or below. */
const FOLDER: Root = {
  path: "",
  writable: false,
  store: {
    open: (name) => fault("not-a-file", `${quoted(name)} is a folder that holds a mount`),
    exists: () => false,
    list: () => [],
    nearest: () => null,
  },
};
