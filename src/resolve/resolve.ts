// The one path for "may I have this file": name, rewrite, name again, access, tree. TFTP, MTFTP and
// HTTP all ask here. The trail tells the log what happened on the way; the peer gets fixed words.
import type { AccessConfig, RewriteConfig, UploadConfig } from "../config/config.ts";
import { parseAddress } from "../match/network.ts";
import { quoted } from "../match/quoted.ts";
import type { Near, OpenFile, StoreFault, StoreRefusal } from "../storage/store.ts";
import { STORE_REFUSALS } from "../storage/store_refusals.ts";
import type { Place, PlaceAsk, Trees } from "../storage/trees.ts";
import { type Access, compileAccess } from "./access.ts";
import { checkName, type FileName } from "./name.ts";
import { isAbsolute, isHidden, type NameRules, PLAIN_NAMES, stripPrefix } from "./name_rules.ts";
import type { Refusal, RefusalKind } from "./refusal.ts";
import { listFolder } from "./list_folder.ts";
import type { Ask, ListAsk, Resolution, Resolver } from "./resolution.ts";
import { compileRewrite, type Rewriter, type Rewriting } from "./rewrite.ts";
import type { RuleFault } from "./rewrite_rule.ts";

/** What a resolver is made from: parts of the config, and the trees. */
export interface ResolverOptions {
  readonly rewrite: readonly RewriteConfig[];
  readonly access: readonly AccessConfig[];
  readonly upload: UploadConfig;
  readonly caseInsensitive: boolean;
  /** Where files are read from and uploads go. */
  readonly trees: Trees;
  /** What is said of names as such; nothing, where it is left out. */
  readonly names?: NameRules;
  /** Milliseconds of any clock; it only limits how often near names are looked for. */
  readonly now: () => number;
  /** The MAC address of a client by its numeric address, for `{mac}`; null where unknown. */
  readonly macOf?: (client: string) => string | null;
  /** The interfaces that have an address of ours; left out where no rule asks for it. */
  readonly interfacesOf?: (address: string) => readonly string[];
}

/** Makes a resolver. Throws if a rule does not compile: the config was to be checked before. */
export function createResolver(options: ResolverOptions): Resolver {
  const rewriter = compileRewrite(options.rewrite);
  if (rewriter.kind === "bad") throw ruleError("rewrite", rewriter.faults);
  const access = compileAccess({
    rules: options.access,
    uploadsEnabled: options.upload.enabled,
    caseInsensitive: options.caseInsensitive,
  });
  if (access.kind === "bad") throw ruleError("access", access.faults);
  const hints = new HintBudget(options.now);
  const parts = { ...options, names: options.names ?? PLAIN_NAMES, rewriter, access, hints };
  return {
    resolve: (ask) => new Request(ask, parts).resolve(),
    list: (name, ask) =>
      listFolder(name, {
        ...parts,
        via: ask.via,
        asker: askerOf({ operation: "read", ...ask }, parts),
      }),
    hits: () => rewriter.hits(),
  };
}

function askerOf(
  { operation, client, local }: ListAsk & Pick<Ask, "operation">,
  { macOf, interfacesOf }: Pick<Parts, "macOf" | "interfacesOf">,
): PlaceAsk {
  const mac = () => macOf?.(client) ?? null;
  const interfaces = () => {
    if (local === null) return [];
    return local.interface ? [local.interface] : interfacesOf?.(local.host) ?? [];
  };
  return {
    operation,
    client: { address: parseAddress(client), mac },
    local: { address: local && parseAddress(local.host), interfaces },
  };
}

/** Looks for near names per second; each may read directories of thousands of entries. */
const HINTS_PER_SECOND = 10;

class HintBudget {
  readonly #now: () => number;
  #left = HINTS_PER_SECOND;
  #refilledMs: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#refilledMs = now();
  }

  take(): boolean {
    const now = this.#now();
    if (now - this.#refilledMs >= 1000) {
      this.#left = HINTS_PER_SECOND;
      this.#refilledMs = now;
    }
    return this.#left-- > 0;
  }
}

interface Parts extends Omit<ResolverOptions, "rewrite" | "access" | "names"> {
  readonly names: NameRules;
  readonly rewriter: Rewriter;
  readonly access: Access;
  readonly hints: HintBudget;
}

/** One request on its way. */
class Request {
  readonly #ask: Ask;
  readonly #parts: Parts;
  readonly #asker: PlaceAsk;
  readonly #trail: string[] = [];
  /** The client's name after its checks, before any rule. */
  #plainName: FileName | null = null;
  /** A prefix was taken off; what is left is a relative name. */
  #stripped = false;
  /** What was opened last: rules with `when = "missing"` look before the request itself does. */
  #tried: Tried | null = null;

  constructor(ask: Ask, parts: Parts) {
    this.#ask = ask;
    this.#parts = parts;
    this.#asker = askerOf(ask, parts);
  }

  resolve(): Resolution {
    const resolution = this.#resolve();
    if (resolution.kind !== "read") this.#forget();
    return resolution;
  }

  #resolve(): Resolution {
    const { operation, via } = this.#ask;
    this.#trail.push(`requested ${quoted(this.#ask.name)}`);
    if (this.#parts.interfacesOf !== undefined) this.#trail.push(this.#where());
    const checked = checkName(this.#ask.name);
    if (checked.kind === "bad") return this.#refuse("bad-name", `The name ${checked.detail}`);
    const { names, caseInsensitive } = this.#parts;
    const plain = stripPrefix(checked.name, { prefixes: names.stripPrefixes, caseInsensitive });
    if (plain !== this.#ask.name) this.#trail.push(`read as ${quoted(plain)}`);
    this.#plainName = plain;
    this.#stripped = plain !== checked.name;
    const rewritten = this.#rewrite(plain, checked.directory);
    this.#trail.push(...rewritten.trail);
    if (rewritten.kind === "refused") return this.#refused(rewritten.refusal);
    const located = this.#locate(rewritten.name);
    if (located.kind === "refusal") return this.#refused(located.refusal);
    const { name } = located;
    if (!names.hiddenFiles && isHidden(name)) {
      return this.#refuse("forbidden", `${quoted(name)} is hidden (hidden-files)`);
    }
    const refusal = this.#parts.access.refuse({ ...this.#asker, via, name });
    if (refusal !== null) return this.#refused(refusal);
    const tried = this.#open(rewritten.name, located);
    return operation === "read"
      ? this.#read(tried, rewritten.directory)
      : this.#write(tried, rewritten.directory);
  }

  #where(): string {
    const { local } = this.#ask;
    if (local === null) return "asked at an address that is not known";
    const names = this.#asker.local.interfaces().join(", ");
    const at = [local.host, names].filter((text) => text !== "").join(", ");
    return `asked at ${at}`;
  }

  #rewrite(name: FileName, directory: boolean): Rewriting {
    const { operation, via, port } = this.#ask;
    return this.#parts.rewriter.rewrite({
      operation,
      via,
      client: this.#asker.client.address,
      port,
      sent: this.#ask.name,
      name,
      directory,
      exists: (each) => this.#exists(each),
      explain: this.#ask.explain === true,
      mac: this.#asker.client.mac,
    });
  }

  #exists(name: FileName): boolean {
    const located = this.#locate(name);
    return located.kind === "places" && this.#open(name, located).file.kind === "file";
  }

  /**
   * Where a name may be. A name that begins with the path of a folder we serve means that folder:
   * an absolute one of the client's, or one that a rule has made. Others lie below the root.
   */
  #locate(name: FileName): Located | { readonly kind: "refusal"; readonly refusal: Refusal } {
    const { trees, names } = this.#parts;
    const asSent = name === this.#plainName;
    const absolute = this.#ask.via === "tftp" && isAbsolute(this.#ask.name) && !this.#stripped;
    if (absolute || !asSent) {
      const listed = trees.listed(name, this.#asker);
      if (listed !== null) return { kind: "places", ...listed };
    }
    if (absolute && asSent && names.absoluteNames === "listed") {
      const detail = `"/${name}" lies in none of the folders served (absolute-names)`;
      return { kind: "refusal", refusal: { kind: "forbidden", detail } };
    }
    return { kind: "places", name, places: trees.places(name, this.#asker) };
  }

  #read({ located, file }: Tried, directory: boolean): Resolution {
    const { name } = located;
    if (file.kind === "fault") return this.#fault(located, file);
    if (directory) {
      this.#trail.push(`tried "${name}/": it is a file, not a directory`);
      return this.#refuse("not-found", `${quoted(file.path)} is a file, not a directory`);
    }
    return { kind: "read", file, name, trail: this.#trail };
  }

  #write({ located, place, file }: Tried, directory: boolean): Resolution {
    const { name } = located;
    if (directory) return this.#refuse("not-a-file", "The name ends in a slash");
    if (place === null) return this.#refuse("forbidden", "This client has no folder to write to");
    const { create, overwrite, sizeBytesMax } = this.#parts.upload;
    const { size } = this.#ask;
    if (sizeBytesMax > 0 && size !== null && size > sizeBytesMax) {
      return this.#refuse("too-large", `${size} octets announced, ${sizeBytesMax} allowed`);
    }
    const found = { kind: "write", name, place: placeOf(place), trail: this.#trail } as const;
    if (file.kind === "file") {
      if (overwrite === false) {
        return this.#refuse("exists", `${quoted(file.path)} exists (upload.overwrite)`);
      }
      const { size, mtimeMs, key } = file;
      return { ...found, existing: { size, mtimeMs, key } };
    }
    if (file.fault === "not-found" && !create) {
      this.#hint(located);
      return this.#refuse("not-found", `${quoted(name)} does not exist (upload.create)`);
    }
    // A file that may not be read may be written to all the same; the upload finds out.
    if (file.fault === "not-found" || file.fault === "forbidden") {
      return { ...found, existing: null };
    }
    return this.#fault(located, file);
  }

  #fault(located: Located, { fault, detail }: StoreRefusal): Resolution {
    const folders = located.places.map(({ root }) => `"${root.path}"`);
    const where = folders.length > 1 ? ` in ${folders.join(", ")}` : "";
    this.#trail.push(`tried ${quoted(located.name)}${where}: ${FAULT_WORDS[fault]}`);
    if (fault === "not-found") this.#hint(located);
    return this.#refuse(STORE_REFUSALS[fault], detail);
  }

  /** Opens `name`, which `located` says where to look for; remembers it. */
  #open(name: FileName, located: Located): Tried {
    if (this.#tried?.asked === name) return this.#tried;
    this.#forget();
    return this.#tried = { asked: name, located, ...openFirst(located) };
  }

  #forget() {
    if (this.#tried?.file.kind === "file") this.#tried.file.close();
    this.#tried = null;
  }

  #hint({ places }: Located) {
    if (!this.#parts.hints.take()) return;
    const found = places.map(({ root, name }) => root.store.nearest(name))
      .filter((near) => near !== null);
    const near = found.find(({ why }) => why !== "similar") ?? found[0];
    if (near === undefined) return;
    this.#trail.push(`nearest: ${quoted(near.name)} (${nearWords(near)})`);
  }

  #refuse(kind: RefusalKind, detail: string): Resolution {
    return this.#refused({ kind, detail });
  }

  #refused(refusal: Refusal): Resolution {
    return { kind: "refused", refusal, trail: this.#trail };
  }
}

/** A runtime that cannot name a file by its octets shows those that are no UTF-8 as U+FFFD. */
function nearWords({ name, why }: Near): string {
  return name.includes("\ufffd") ? "its name on disk is not UTF-8" : NEAR_WORDS[why];
}

const NEAR_WORDS = {
  case: "case differs",
  similar: "similar",
  dangling: "a link that leads nowhere",
} as const satisfies Record<Near["why"], string>;

interface Located {
  readonly kind: "places";
  /** Relative to the places. */
  readonly name: FileName;
  readonly places: readonly Place[];
}

interface Tried {
  /** The name before it was located. */
  readonly asked: FileName;
  readonly located: Located;
  /** Where `file` was opened or refused; null where there is no place to look. */
  readonly place: Place | null;
  readonly file: OpenFile | StoreRefusal;
}

// The first place that has the file. A place that is short of descriptors ends the search, as a
// later one could give another file; of refusals, one that is more than "not found" tells more.
function openFirst({ name, places }: Located): Pick<Tried, "place" | "file"> {
  let refused: { readonly place: Place | null; readonly file: StoreRefusal } | null = null;
  for (const place of places) {
    const file = place.root.store.open(place.name);
    if (file.kind === "file") return { place, file };
    if (refused === null || refused.file.fault === "not-found") {
      if (refused === null || file.fault !== "not-found") refused = { place, file };
    }
    if (file.fault === "busy") break;
  }
  const detail = `This client has no folder for ${quoted(name)}`;
  return refused ?? { place: null, file: { kind: "fault", fault: "not-found", detail } };
}

function placeOf({ root, name }: Place): { readonly root: string; readonly name: FileName } {
  return { root: root.path, name };
}

const FAULT_WORDS: Readonly<Record<StoreFault, string>> = {
  "not-found": "no such file",
  "forbidden": "not readable",
  "outside": "a link leads out of the root",
  "not-a-file": "not a regular file",
  "name-too-long": "the path is too long",
  "busy": "too many open files",
  "unavailable": "the tree is unavailable",
};

function ruleError(section: string, faults: readonly RuleFault[]): Error {
  const lines = faults.map(({ index, key, detail }) =>
    `[[${section}]] ${index + 1} ${key}: ${detail}`
  );
  return new Error(`Cannot use the rules: ${lines.join("; ")}`);
}
