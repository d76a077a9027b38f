// What clients are told of the faults of a store.
import type { RefusalKind } from "../resolve/refusal.ts";
import type { StoreFault } from "./store.ts";

/** The refusal for each fault. */
export const STORE_REFUSALS: Readonly<Record<StoreFault, RefusalKind>> = {
  "not-found": "not-found",
  "forbidden": "forbidden",
  "outside": "forbidden",
  "not-a-file": "not-a-file",
  "name-too-long": "bad-name",
  "busy": "busy",
  "unavailable": "unavailable",
};
