// Interfaces that rules name and that this machine does not have, or not yet.
import type { Config } from "../config/config.ts";
import { compileGlob } from "../match/glob.ts";

/** One line for the log, or "" where every interface is there. `present` has the names of those. */
export function absentInterfaces(config: Config, present: readonly string[]): string {
  const wanted = [...config.clientRoots, ...config.access].flatMap(({ interfaces }) => interfaces);
  const absent = [...new Set(wanted)].filter((text) => {
    const glob = compileGlob(text);
    return glob.kind === "glob" && !present.some((name) => glob.matches(name));
  });
  if (absent.length === 0) return "";
  const names = absent.map((text) => `"${text}"`).join(", ");
  return `No interface ${names} with an address here: rules for it hold once there is one`;
}
