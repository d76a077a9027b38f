// The tree on disk. Opens first and asks afterwards: whatever is checked is checked on the open
// file, never on a path that could change. Synchronous, with few system calls on a hit (access,
// open, fstat, readlink) and fewer on a miss.
import {
  accessSync,
  closeSync,
  constants,
  type Dirent,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { quoted } from "../match/quoted.ts";
import type { FileName } from "../resolve/name.ts";
import type { Look, Stamp } from "../sys/look.ts";
import { CaseIndex } from "./case_index.ts";
import { errorCode, fault, faultOf } from "./disk_faults.ts";
import { DiskRoot, type DiskRootOptions } from "./disk_root.ts";
import { nearestName } from "./nearest.ts";
import { isPartName } from "./part_names.ts";
import { RecentFiles } from "./recent_files.ts";
import { realPath } from "./real_path.ts";
import { Searched } from "./searched.ts";
import type { Entry, Near, OpenFile, Store, StoreRefusal } from "./store.ts";

/** How a tree on disk is served. */
export interface DiskOptions extends DiskRootOptions {
  /** Serve only files that everybody may read, as tftpd(8) does. */
  readonly requireWorldReadable: boolean;
  /** Where no file has the exact name, take one that differs in letter case. */
  readonly caseInsensitive: boolean;
  /** Asks the disk faster than node:fs does; with it, one open file serves many clients. */
  readonly look?: Look | null;
  /** Milliseconds of any clock, needed with `look`. */
  readonly now?: () => number;
}

/** A store over a directory. */
export function createDiskStore(options: DiskOptions): Store {
  return new DiskStore(options);
}

// O_NONBLOCK keeps a FIFO from blocking the server, O_NOCTTY a terminal from becoming ours.
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | (constants.O_NOCTTY ?? 0);
const WORLD_READABLE = 0o004;
/** Directories that a missing name is followed up by, before it is tried the slow way. */
const CLIMBS_MAX = 4;
/** Entries of one directory that are listed. */
const LIST_ENTRIES_MAX = 10_000;
/** Directories whose own size is above this have too many entries to look for a near name. */
const NEAREST_DIRECTORY_BYTES_MAX = 512 * 1024;

class DiskStore implements Store {
  readonly #root: DiskRoot;
  readonly #options: DiskOptions;
  readonly #cases = new CaseIndex();
  readonly #recent: RecentFiles | null;
  readonly #searched: Searched | null;

  constructor(options: DiskOptions) {
    this.#options = options;
    this.#root = new DiskRoot(options.root, options.symlinks);
    const { look, now } = options;
    this.#recent = look && now ? new RecentFiles(look, now) : null;
    this.#searched = now ? new Searched(now) : null;
  }

  open(name: FileName): OpenFile | StoreRefusal {
    if (isPartName(name)) return fault("forbidden", `${quoted(name)} is an upload in progress`);
    const path = this.#root.join(name);
    // Most requests of a network boot ask for what is not there, and an exception costs ten times
    // what the question costs.
    if (this.#recent !== null) {
      const found = this.#recent.open(path);
      if (found !== null) return "kind" in found ? found : this.#openAnew(path, found);
    } else if (existsSync(path)) return this.#open(path);
    const other = this.#otherSpelling(name);
    if (other !== null) return this.#open(other);
    const directory = dirname(path);
    const isSure = this.#searched === null
      ? this.#surelyMissing(directory)
      : this.#searched.holds(directory, () => this.#surelyMissing(directory));
    return isSure ? missing(path) : this.#open(path);
  }

  exists(name: FileName): boolean {
    const file = this.open(name);
    if (file.kind === "fault") return false;
    file.close();
    return true;
  }

  list(name: FileName | ""): readonly Entry[] | StoreRefusal {
    const path = this.#root.join(name);
    try {
      const admitted = this.#root.admitPath(path, realPath(path));
      if (typeof admitted !== "string") return admitted;
      const found = readdirSync(path, { withFileTypes: true })
        .filter((entry) => !entry.name.startsWith("."))
        .sort((a, b) => a.name < b.name ? -1 : 1)
        .slice(0, LIST_ENTRIES_MAX);
      return found.map((each) => this.#entry(path, each)).filter((entry) => entry !== null);
    } catch (error) {
      if (errorCode(error) === "ENOTDIR") {
        return fault("not-a-file", `${quoted(path)} is no directory`);
      }
      return this.#faultOf(error);
    }
  }

  nearest(name: FileName): Near | null {
    // Seen in its folder, so that nobody looks for what is wrong.
    if (isLink(this.#root.join(name))) return { name, why: "dangling" };
    return nearestName(name, {
      names: (directory, max) => this.#names(this.#root.join(directory as FileName), max),
    });
  }

  #open(path: string | Buffer): DiskFile | StoreRefusal {
    let fd: number;
    try {
      fd = openSync(path, FLAGS);
    } catch (error) {
      const refusal = this.#faultOf(error);
      const isMissing = refusal.fault === "not-found" && errorCode(error) === "ENOENT";
      return isMissing ? missing(path.toString()) : refusal;
    }
    let file: DiskFile | StoreRefusal;
    try {
      file = this.#admit(fd, path.toString());
    } catch (error) {
      file = faultOf(error);
    }
    if (file.kind === "fault") closeSync(fd);
    return file;
  }

  /** Opens what the disk was asked about just now, for this client and the next. */
  #openAnew(path: string, stamp: Stamp): OpenFile | StoreRefusal {
    const file = this.#open(path);
    if (file.kind === "fault") return file;
    const { fd, dev, ino } = file;
    const prove = () => typeof this.#root.admit({ fd, path, dev, ino }) === "string";
    return this.#recent!.keep(path, { file, stamp, prove });
  }

  #admit(fd: number, path: string): DiskFile | StoreRefusal {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return fault("not-a-file", `${quoted(path)} is not a regular file`);
    if (this.#options.requireWorldReadable && (stat.mode & WORLD_READABLE) === 0) {
      return fault("forbidden", `${quoted(path)} is not readable for everybody`);
    }
    const real = this.#root.admit({ fd, path, dev: stat.dev, ino: stat.ino });
    return typeof real === "string" ? new DiskFile(fd, real, stat) : real;
  }

  // Sure if the nearest directory that exists may be entered; else only the attempt tells why.
  #surelyMissing(below: string): boolean {
    let directory = below;
    for (let climbs = 0; climbs < CLIMBS_MAX && !existsSync(directory); climbs++) {
      if (directory.length <= this.#root.path.length) return false;
      directory = dirname(directory);
    }
    return searchable(directory);
  }

  /** Another way to write this name that exists: in other letter case, or in Latin-1 octets. */
  #otherSpelling(name: FileName): string | Buffer | null {
    if (this.#options.caseInsensitive) {
      const found = this.#cases.find(this.#root.path, name);
      if (found !== null) return this.#root.join(found as FileName);
    }
    // A client that sent octets which are no UTF-8 sees them read as Latin-1 on the way here. Bun
    // opens such paths; Deno takes every path for UTF-8 and finds nothing.
    if (!LATIN1_ONLY.test(name)) return null;
    const path = Buffer.concat([
      Buffer.from(this.#root.join("")),
      Buffer.from(`/${name}`, "latin1"),
    ]);
    return existsSync(path) ? path : null;
  }

  #entry(directory: string, entry: Dirent): Entry | null {
    const { name } = entry;
    try {
      const path = directory === "/" ? `/${name}` : `${directory}/${name}`;
      if (entry.isSymbolicLink()) {
        const admitted = this.#root.admitPath(path, realPath(path));
        if (typeof admitted !== "string") return null;
      }
      const stat = statSync(path);
      if (this.#options.requireWorldReadable && (stat.mode & WORLD_READABLE) === 0) return null;
      const { mtimeMs } = stat;
      if (stat.isFile()) return { name, kind: "file", size: stat.size, mtimeMs };
      return stat.isDirectory() ? { name, kind: "directory", size: 0, mtimeMs } : null;
    } catch {
      return null; // Gone meanwhile, or a link that leads nowhere.
    }
  }

  #names(directory: string, max: number): readonly string[] {
    try {
      if (typeof this.#root.admitPath(directory, realPath(directory)) !== "string") {
        return [];
      }
      if (statSync(directory).size > NEAREST_DIRECTORY_BYTES_MAX) return [];
      return readdirSync(directory).filter((name) => !name.startsWith(".")).slice(0, max);
    } catch {
      return [];
    }
  }

  #faultOf(error: unknown): StoreRefusal {
    const refusal = faultOf(error);
    if (refusal.fault !== "not-found" || this.#root.available()) return refusal;
    return fault("unavailable", `Cannot open root "${this.#root.path}": ${refusal.detail}`);
  }
}

function missing(path: string): StoreRefusal {
  return fault("not-found", `No such file: ${quoted(path)}`);
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    return false;
  }
}

/** Latin-1 text with at least one character beyond ASCII. */
const LATIN1_ONLY = /^[ -~\u00a0-\u00ff]*[\u00a0-\u00ff][ -~\u00a0-\u00ff]*$/;

class DiskFile implements OpenFile {
  readonly kind = "file";
  readonly fd: number;
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly key: string;
  readonly dev: number;
  readonly ino: number;
  #closed = false;

  constructor(fd: number, path: string, stat: Stats) {
    this.fd = fd;
    this.path = path;
    this.size = stat.size;
    this.mtimeMs = stat.mtimeMs;
    this.dev = stat.dev;
    this.ino = stat.ino;
    this.key = `${stat.dev}-${stat.ino}-${stat.size}-${stat.mtimeMs}`;
  }

  read(offset: number, into: Uint8Array): number {
    return readSync(this.fd, into, 0, into.length, offset);
  }

  close() {
    // A second close would close whatever file has got the same number since.
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.fd);
  }
}

function searchable(directory: string): boolean {
  try {
    accessSync(directory, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
