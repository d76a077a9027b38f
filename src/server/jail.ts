// The configuration as it reads from inside the root, once the process is locked in there: every
// folder loses the path of the root.
import type { Config } from "../config/config.ts";

/** `config` for a process that has its root as "/". Its folders are known to lie inside. */
export function jailed(config: Config): Config {
  if (config.root === "/") return config;
  const inside = (path: string) => path.slice(config.root.length) || "/";
  return {
    ...config,
    root: "/",
    search: config.search.map(inside),
    mounts: config.mounts.map((mount) => ({ ...mount, path: inside(mount.path) })),
    hooks: {
      ...config.hooks,
      transferEnd: config.hooks.transferEnd === "" ? "" : inside(config.hooks.transferEnd),
    },
    clientRoots: config.clientRoots.map((root) => (
      root.path.startsWith("/") ? { ...root, path: inside(root.path) } : root
    )),
    // Clients that name the root by its path keep finding it.
    stripPrefixes: [...config.stripPrefixes, config.root.replace(/^\/+/, "")],
  };
}
