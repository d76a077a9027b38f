// What a client sees of a folder: what it may read. A listing that shows the rest would tell the
// names of files that are nobody's business.
import type { Entry, StoreRefusal } from "../storage/store.ts";
import type { PlaceAsk, Trees } from "../storage/trees.ts";
import type { Access, AccessAsk } from "./access.ts";
import type { FileName } from "./name.ts";

/** Who asks, and what decides. */
export interface FolderAsk {
  readonly asker: PlaceAsk;
  readonly via: AccessAsk["via"];
  readonly trees: Trees;
  readonly access: Access;
}

/** The entries of a folder that this client may read; "" is the root. */
export function listFolder(
  folder: FileName | "",
  { asker, via, trees, access }: FolderAsk,
): readonly Entry[] | StoreRefusal {
  const all = trees.list(folder, asker);
  if ("kind" in all) return all;
  return all.filter(({ name }) => {
    // The tree has only names that pass the check.
    const whole = (folder === "" ? name : `${folder}/${name}`) as FileName;
    return access.refuse({ ...asker, via, name: whole }) === null;
  });
}
