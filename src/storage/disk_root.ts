// The directory that everything stays in, and the proof that an open file lies in it. The proof
// comes after the open and speaks of the very file that was opened, so that a link swapped in
// between changes nothing.
import { readlinkSync, statSync } from "node:fs";
import { quoted } from "../match/quoted.ts";
import type { FileName } from "../resolve/name.ts";
import { fault, faultOf } from "./disk_faults.ts";
import { realPath } from "./real_path.ts";
import type { StoreRefusal } from "./store.ts";

/** How far symbolic links are followed. */
export type SymlinkPolicy = "inside" | "any" | "none";

/** Which directory, and how far links may lead. */
export interface DiskRootOptions {
  /** Absolute path; it may be missing for a while. */
  readonly root: string;
  readonly symlinks: SymlinkPolicy;
}

/** An open descriptor and the path it was opened by. */
export interface Opened {
  readonly fd: number;
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
}

/** A root directory, which may be missing, appear later, or be a link that is switched. */
export class DiskRoot {
  readonly path: string;
  readonly #policy: SymlinkPolicy;
  #real: string | null = null;
  /** Whether /proc names open files; false from the first failure on (other systems, chroot). */
  #hasProc = true;

  constructor(path: string, policy: SymlinkPolicy) {
    this.path = path.length > 1 ? path.replace(/\/+$/, "") || "/" : path;
    this.#policy = policy;
  }

  /** The path of a name on disk. */
  join(name: FileName | ""): string {
    if (name === "") return this.path;
    return this.path === "/" ? `/${name}` : `${this.path}/${name}`;
  }

  /** Whether the root is a directory that can be read. */
  available(): boolean {
    return this.#resolve() !== null;
  }

  /** The real path of an open file, or a refusal if the policy does not let it out. */
  admit(opened: Opened): string | StoreRefusal {
    if (this.#policy === "any") return opened.path;
    try {
      const real = this.#realPathOf(opened);
      if (real === null) {
        return fault("outside", `${quoted(opened.path)} changed while it was opened`);
      }
      return this.admitPath(opened.path, real);
    } catch (error) {
      return faultOf(error);
    }
  }

  /** As `admit`, for a path whose real path is known. */
  admitPath(path: string, real: string): string | StoreRefusal {
    if (this.#policy === "any") return real;
    const root = this.#real;
    if (root !== null && this.#fits(path, real, root)) return real;
    // The root may be a link that was switched to another release of the tree.
    const fresh = this.#resolve();
    if (fresh === null) return fault("unavailable", `Cannot open root "${this.path}"`);
    if (fresh !== root && this.#fits(path, real, fresh)) return real;
    if (!isInside(real, fresh)) {
      const advice = 'move it inside or set symlinks = "any"';
      return fault(
        "outside",
        `Link ${quoted(path)} leads to ${quoted(real)}, outside the root: ${advice}`,
      );
    }
    return fault(
      "outside",
      `${quoted(path)} leads to ${quoted(real)} by a link, and symlinks = "none"`,
    );
  }

  #fits(path: string, real: string, root: string): boolean {
    if (!isInside(real, root)) return false;
    if (this.#policy !== "none") return true;
    // Without a link on the way, what follows the root is the same in both.
    return real.slice(root.length) === path.slice(this.path.length);
  }

  #realPathOf(opened: Opened): string | null {
    if (this.#hasProc) {
      try {
        const real = readlinkSync(`/proc/self/fd/${opened.fd}`);
        // The kernel's mark on a file that was replaced since it was opened.
        return opened.path.endsWith(DELETED) || !real.endsWith(DELETED)
          ? real
          : real.slice(0, -DELETED.length);
      } catch {
        this.#hasProc = false;
      }
    }
    const real = realPath(opened.path);
    const stat = statSync(real);
    return stat.dev === opened.dev && stat.ino === opened.ino ? real : null;
  }

  #resolve(): string | null {
    try {
      this.#real = realPath(this.path);
    } catch {
      this.#real = null;
    }
    return this.#real;
  }
}

const DELETED = " (deleted)";

// Whole parts: "/var/data" does not hold "/var/data-private".
function isInside(path: string, root: string): boolean {
  return path === root || root === "/" || path.startsWith(`${root}/`);
}
