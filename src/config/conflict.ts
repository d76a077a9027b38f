// What is wrong with keys that are right each by itself.
import type { KeyPath } from "./key_path.ts";

/** Two or more keys at odds. */
export interface Conflict {
  /** The key to point at: the one most likely to be changed. */
  readonly path: KeyPath;
  /** Further keys that have a part in it. */
  readonly with: readonly KeyPath[];
  readonly message: string;
  readonly hint: string;
}
