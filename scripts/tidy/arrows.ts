// The table of permitted imports between the folders of src. Arrows point down only; what is not
// in the table is forbidden. The meaning of each folder is in the map of the code.
import { type Import, targetOf } from "./imports.ts";

/**
 * Folder to what it may import: `folder`, `folder/file.ts`, with `:types` where only types may
 * be taken. A folder may always import itself. `main.ts` counts as the folder "main"; the
 * version stands in deno.json only.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  main: ["cli"],
  cli: ["server", "client", "import", "dhcp", "config", "resolve", "storage", "match", "deno.json"],
  server: ["tftp", "http", "net", "config", "resolve", "storage", "match", "platform", "sys"],
  tftp: [
    "proto",
    "wire",
    "resolve",
    "storage:types",
    "net/driver.ts:types",
    "config:types",
    "match",
  ],
  http: ["resolve", "storage", "config:types", "match"],
  resolve: ["storage:types", "storage/store_refusals.ts", "match", "config:types"],
  storage: ["resolve/name.ts:types", "resolve/refusal.ts:types", "match", "sys/look.ts:types"],
  import: ["config", "match"],
  dhcp: ["config:types", "storage:types"],
  config: ["match"],
  client: ["proto", "wire", "net", "match"],
  net: ["sys", "platform"],
  sys: ["platform"],
  platform: [],
  proto: ["wire"],
  wire: [],
  match: [],
};

/** Folders that know nothing but themselves and the ones in their row: no package, no runtime. */
const PURE = new Set(["proto", "wire"]);

/** What is wrong with this import in this file, or null. Paths are relative to the project. */
export function arrowFault(path: string, imported: Import): string | null {
  const from = folderOf(path);
  if (from === null) return null;
  const target = targetOf(path, imported.specifier);
  if (target === null) {
    return PURE.has(from) ? `"${from}" must not import "${imported.specifier}"` : null;
  }
  const to = folderOf(target);
  if (to === from) return null;
  const row = ARROWS[from];
  if (row === undefined) return `Folder "src/${from}" is not in the table of arrows`;
  if (to === null) return row.includes(target) ? null : `"${from}" must not import "${target}"`;
  const file = target.slice("src/".length);
  if (row.includes(to) || row.includes(file)) return null;
  if (row.includes(`${to}:types`) || row.includes(`${file}:types`)) {
    return imported.typesOnly ? null : `"${from}" may import only types from "${target}"`;
  }
  return `"${from}" must not import "${target}"`;
}

/** "cli" for "src/cli/get.ts", "main" for "main.ts"; null outside src. */
export function folderOf(path: string): string | null {
  if (path === "main.ts") return "main";
  const match = /^src\/([^/]+)\//.exec(path);
  return match === null ? null : match[1]!;
}
