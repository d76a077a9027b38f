// What `resolve` is asked and what it answers. One path for TFTP, MTFTP and HTTP.
import type { Entry, OpenFile, StoreRefusal } from "../storage/store.ts";
import type { FileName } from "./name.ts";
import type { Refusal } from "./refusal.ts";

/** "May I have (or store) this file?" in terms every protocol shares. */
export interface Ask {
  readonly operation: "read" | "write";
  readonly via: "tftp" | "http";
  /** The name exactly as the client sent it, percent-decoding done. */
  readonly name: string;
  /** Numeric address of the client. */
  readonly client: string;
  readonly port: number;
  /** Where the request came in; null where that is not known. */
  readonly local: AskLocal | null;
  /** Size in octets the client announced for an upload, or null. */
  readonly size: number | null;
  /** Asks for a trail with every rewrite rule, those that did not hold included. */
  readonly explain?: boolean;
}

/** The end of a conversation that is ours. */
export interface AskLocal {
  /** Numeric address of ours that was asked. */
  readonly host: string;
  /** The interface it came in by, where that is seen; else it is the one that has the address. */
  readonly interface?: string | null;
}

/** Who wants to see a folder. */
export type ListAsk = Pick<Ask, "via" | "client" | "local">;

/** The trail holds one line of text per step, for the log and for `rewrite-test`. */
export type Resolution =
  | {
    readonly kind: "read";
    /** Open; whoever asked closes it. */
    readonly file: OpenFile;
    readonly name: FileName;
    readonly trail: readonly string[];
  }
  | {
    readonly kind: "write";
    readonly name: FileName;
    readonly place: WritePlace;
    /** The file that is to be replaced; null where there is none, or none that may be read. */
    readonly existing: Pick<OpenFile, "size" | "mtimeMs" | "key"> | null;
    readonly trail: readonly string[];
  }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly trail: readonly string[] };

/** The folder a file lies in or is to lie in, by its absolute path, and its name there. */
export interface WritePlace {
  readonly root: string;
  readonly name: FileName;
}

/** The absolute path of that file. */
export function pathOf({ root, name }: WritePlace): string {
  return root.endsWith("/") ? `${root}${name}` : `${root}/${name}`;
}

export interface Resolver {
  resolve(ask: Ask): Resolution;
  /**
   * The entries of a folder, "" being the root: what this client would be given, less what it may
   * not read. Names are not rewritten.
   */
  list(name: FileName | "", ask: ListAsk): readonly Entry[] | StoreRefusal;
  /** How often each rewrite rule has held, in the order of the rules. */
  hits(): readonly number[];
}
