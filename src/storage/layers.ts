// Folders of several trees as one, like tftpd(8) with several directories.
import type { Entry, StoreRefusal } from "./store.ts";

/** The entries of all; what a list has hides the same name in later ones. */
export function mergeLists(
  lists: readonly (readonly Entry[] | StoreRefusal)[],
): readonly Entry[] | StoreRefusal {
  const entries = new Map<string, Entry>();
  const refusals: StoreRefusal[] = [];
  for (const list of lists) {
    if ("kind" in list) refusals.push(list);
    else for (const entry of list) if (!entries.has(entry.name)) entries.set(entry.name, entry);
  }
  if (refusals.length === lists.length) {
    return refusals.find(({ fault }) => fault !== "not-found") ?? refusals[0] ?? NOWHERE;
  }
  return [...entries.values()].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

const NOWHERE: StoreRefusal = { kind: "fault", fault: "not-found", detail: "No folder to look in" };
