// A tree in memory, for tests and the simulator. Directories exist as far as files lie in them.
// The map is read at each call, so whoever made it may change it as files on a disk change.
import { quoted } from "../match/quoted.ts";
import type { FileName } from "../resolve/name.ts";
import { nearestName } from "./nearest.ts";
import { isPartName } from "./part_names.ts";
import type { Entry, OpenFile, Store, StoreFault, StoreRefusal } from "./store.ts";

/** A store over a map from relative name to content; it never writes to the map. */
export function createMemoryStore(files: ReadonlyMap<string, Uint8Array>): Store {
  return {
    open: (name) => open(files, name),
    exists: (name) => files.has(name) && !isPartName(name),
    list: (name) => list(files, name),
    nearest: (name) =>
      nearestName(name, { names: (directory, max) => visible(files, directory).slice(0, max) }),
  };
}

function open(files: ReadonlyMap<string, Uint8Array>, name: FileName): OpenFile | StoreRefusal {
  if (isPartName(name)) return fault("forbidden", `${quoted(name)} is an upload in progress`);
  const bytes = files.get(name);
  if (bytes !== undefined) return memoryFile(name, bytes);
  if (children(files, name).size > 0) return fault("not-a-file", `${quoted(name)} is a directory`);
  return fault("not-found", `No such file: ${quoted(name)}`);
}

function memoryFile(name: string, bytes: Uint8Array): OpenFile {
  return {
    kind: "file",
    size: bytes.length,
    mtimeMs: 0,
    key: `memory-${name}-${identity(bytes)}`,
    path: name,
    fd: null,
    read(offset, into) {
      const piece = bytes.subarray(offset, offset + into.length);
      into.set(piece);
      return piece.length;
    },
    close() {},
  };
}

// Two contents of one name are two arrays: numbering the arrays makes a key without reading them.
const identities = new WeakMap<Uint8Array, number>();
let identityLast = 0;

function identity(bytes: Uint8Array): number {
  let number = identities.get(bytes);
  if (number === undefined) identities.set(bytes, number = ++identityLast);
  return number;
}

function list(
  files: ReadonlyMap<string, Uint8Array>,
  name: FileName | "",
): readonly Entry[] | StoreRefusal {
  if (name !== "" && files.has(name)) {
    return fault("not-a-file", `${quoted(name)} is not a directory`);
  }
  const names = visible(files, name);
  if (name !== "" && children(files, name).size === 0) {
    return fault("not-found", `No such directory: ${quoted(name)}`);
  }
  return names.map((entry) => {
    const bytes = files.get(name === "" ? entry : `${name}/${entry}`);
    return {
      name: entry,
      kind: bytes ? "file" : "directory",
      size: bytes?.length ?? 0,
      mtimeMs: 0,
    };
  });
}

function visible(files: ReadonlyMap<string, Uint8Array>, directory: string): readonly string[] {
  return [...children(files, directory)].filter((entry) => !entry.startsWith(".")).sort();
}

function children(files: ReadonlyMap<string, Uint8Array>, directory: string): Set<string> {
  const prefix = directory === "" ? "" : `${directory}/`;
  const names = new Set<string>();
  for (const name of files.keys()) {
    if (name.startsWith(prefix)) names.add(name.slice(prefix.length).split("/", 1)[0] as string);
  }
  return names;
}

function fault(kind: StoreFault, detail: string): StoreRefusal {
  return { kind: "fault", fault: kind, detail };
}
