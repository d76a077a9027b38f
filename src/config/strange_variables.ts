// Environment variables that look like ours and set nothing: mostly misspelt ones. A warning and no
// fault, since what is left in an environment must not keep a boot server from starting.
import type { Environment } from "./layers.ts";
import { nearestWord } from "./nearest.ts";
import { ALIASES, CONFIG_VARIABLE, READY_FILE_VARIABLE, SETTINGS, variableOf } from "./settings.ts";

const PREFIX = "BOOTSRV_";

/** What our own scripts and tests are told by. */
const OF_SCRIPTS = ["BOOTSRV_BINARY", "BOOTSRV_BUN", "BOOTSRV_SEED"];

/** What hooks are told by, one of which may start us. */
const OF_HOOKS = "BOOTSRV_TRANSFER_";

/** What Kubernetes sets for each Service, here for one whose name begins with ours. */
const OF_KUBERNETES =
  /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?$/;
const ADDRESS_OF_KUBERNETES = /^(tcp|udp|sctp):\/\//;

/** A sentence for each variable that is set in vain, with the name that was probably meant. */
export function strangeVariables(env: Environment): readonly string[] {
  const flags = SETTINGS.map(({ flag }) => flag);
  const shorter = ALIASES.map(({ flag }) => flag);
  const own = [CONFIG_VARIABLE, READY_FILE_VARIABLE];
  const known = new Set([...[...flags, ...shorter].map(variableOf), ...own, ...OF_SCRIPTS]);
  return Object.keys(env)
    .filter((name) => name.toUpperCase().startsWith(PREFIX) && env[name] !== "")
    .filter((name) => !known.has(name) && !name.startsWith(OF_HOOKS))
    .filter((name) => !isOfKubernetes(name, env[name]))
    .map((name) => {
      const word = name.slice(PREFIX.length);
      const further = [...shorter, "config", "ready-file"];
      const near = nearestWord(word, flags) ?? nearestWord(word, further);
      const hint = near === null ? "" : `: did you mean "${variableOf(near)}"?`;
      return `Unknown environment variable "${name}"${hint}`;
    });
}

function isOfKubernetes(name: string, value = ""): boolean {
  return OF_KUBERNETES.test(name) || ADDRESS_OF_KUBERNETES.test(value);
}
