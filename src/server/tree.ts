// The tree that a configuration describes, behind its resolver. Both threads make their own.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { compileWritable } from "../resolve/access.ts";
import { compileLocal, isLocalRule } from "../match/local.ts";
import { createResolver } from "../resolve/resolve.ts";
import type { Resolver } from "../resolve/resolution.ts";
import { compileNetworks, type RuleFault } from "../resolve/rewrite_rule.ts";
import { createDiskStore } from "../storage/disk.ts";
import { createDiskUploads } from "../storage/disk_uploads.ts";
import type { QuotaOptions } from "../storage/quota.ts";
import { type ClientRootRule, createTrees, type Root, type Trees } from "../storage/trees.ts";
import type { Uploads } from "../storage/upload.ts";
import { openInterfaces } from "../sys/interfaces.ts";
import type { Look } from "../sys/look.ts";
import { type Neighbours, openNeighbours } from "../sys/neighbours.ts";

/** Folders of clients that are kept open; each costs a little memory. */
const CLIENT_ROOTS_MAX = 1024;

/** What a thread has once, whatever is reloaded. */
export interface TreeTools {
  /** Milliseconds of any clock. */
  readonly now: () => number;
  /** The fast way to ask the disk, where there is one. */
  readonly look: Look | null;
  /** Opened before a chroot hides it. */
  readonly neighbours: Neighbours;
}

/** For a thread that asks the disk in the ordinary way. */
export async function openTools(now: () => number): Promise<TreeTools> {
  return { now, look: null, neighbours: await openNeighbours(now) };
}

/** Opens nothing yet: a root that is missing now may be there when it is asked for. */
export function openTree(config: Config, tools: TreeTools): Resolver {
  const { now } = tools;
  return createResolver({
    rewrite: config.rewrite,
    access: config.access,
    upload: config.upload,
    caseInsensitive: config.caseInsensitive,
    names: config,
    trees: treesOf(config, tools),
    macOf: tools.neighbours,
    now,
    ...([...config.access, ...config.clientRoots].some(isLocalRule)
      ? { interfacesOf: openInterfaces(now) }
      : {}),
  });
}

/** Uploads into the folders of the tree; on the main thread only. */
export function openUploads(config: Config): Uploads {
  const { create, overwrite, sizeBytesMax, quotaBytes } = config.upload;
  const mounts = config.mounts.map(({ path }) => path);
  return createDiskUploads({
    root: config.root,
    symlinks: config.symlinks,
    create,
    overwrite,
    sizeBytesMax,
    requireWorldReadable: config.requireWorldReadable,
    caseInsensitive: config.caseInsensitive,
    further: config.upload.enabled ? mounts : [],
    now: () => Date.now(),
    ...(quotaBytes > 0 ? { quota: quotaOf(config) } : {}),
  });
}

function treesOf(config: Config, tools: TreeTools): Trees {
  const rootAt = (path: string, writable: boolean): Root => ({
    path,
    store: createDiskStore({
      root: path,
      symlinks: config.symlinks,
      requireWorldReadable: config.requireWorldReadable,
      caseInsensitive: config.caseInsensitive,
      ...tools,
    }),
    writable,
  });
  // tftpd(8) writes to any file of its search path that everybody may write. Without that rule the
  // further folders are somebody else's: they are read only.
  const search = config.search.map((path) => rootAt(path, config.requireWorldReadable));
  return createTrees({
    common: [rootAt(config.root, true), ...search],
    mounts: config.mounts.map(({ at, path }) => ({ at, root: rootAt(path, true) })),
    clientRoots: clientRootsOf(config),
    openRoot: cached((path) => rootAt(path, true)),
    caseInsensitive: config.caseInsensitive,
  });
}

// A folder may come and go, so whether it is there is asked each time.
function cached(open: (path: string) => Root): (path: string) => Root | null {
  const roots = new Map<string, Root>();
  return (path) => {
    if (!isFolder(path)) return null;
    let root = roots.get(path);
    if (root === undefined) {
      for (const oldest of roots.keys()) {
        if (roots.size < CLIENT_ROOTS_MAX) break;
        roots.delete(oldest);
      }
      roots.set(path, root = open(path));
    }
    return root;
  };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}

function clientRootsOf(config: Config): readonly ClientRootRule[] {
  const faults: RuleFault[] = [];
  const rules = config.clientRoots.map((rule, index) => ({
    path: resolve(config.root, rule.path),
    fallback: rule.fallback,
    networks: compileNetworks(rule.clients, index, faults),
    local: compileLocal(rule, (key, detail) => faults.push({ index, key, detail })),
  }));
  const [fault] = faults;
  if (fault === undefined) return rules;
  throw new Error(`Cannot use [[client-root]] ${fault.index + 1} ${fault.key}: ${fault.detail}`);
}

/** What counts for the quota: the files that somebody may write. */
function quotaOf(config: Config): QuotaOptions {
  const { caseInsensitive } = config;
  return {
    bytesMax: config.upload.quotaBytes,
    areas: [
      { path: config.root, at: "" },
      ...config.mounts.map(({ at, path }) => ({ path, at })),
    ],
    counts: compileWritable(config.access, { caseInsensitive }),
    now: () => performance.now(),
  };
}
