// From root, who may bind any port, to the user of the configuration, who may do little.
import { rm } from "node:fs/promises";
import process from "node:process";
import type { Config } from "../config/config.ts";
import { preparePrivileges } from "../sys/privileges.ts";
import { preloadMetrics } from "./metrics.ts";

/** Who the process is from here on. */
export interface Dropped {
  /** For the log; "" where it is who it was. */
  readonly text: string;
  /** The root as it is called outside, once the process is locked into it; else null. */
  readonly jailRoot: string | null;
}

/**
 * Once everything is bound, and before anything is served. `tellReady` writes the ready file: the
 * new user may not be allowed to, and in a chroot its folder is out of sight. Rejects if any step
 * fails.
 */
export async function dropPrivileges(
  { umask, user, group, chroot, root, readyFile }: Config,
  tellReady: () => Promise<void>,
): Promise<Dropped> {
  if (umask !== null) process.umask(umask);
  if (user === "") return { text: "", jailRoot: null };
  const privileges = await preparePrivileges({ user, group, jail: chroot ? root : null });
  await preloadMetrics();
  await tellReady();
  try {
    privileges.drop();
  } catch (error) {
    if (readyFile !== "") await rm(readyFile, { force: true });
    throw error;
  }
  const where = chroot ? `, locked into "${root}"` : "";
  return {
    text: `Running as user ${privileges.uid}, group ${privileges.gid}${where}`,
    jailRoot: chroot ? root : null,
  };
}
