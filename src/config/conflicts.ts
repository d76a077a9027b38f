// Keys that are right each by itself and impossible together.
import { inNetwork, parseAddress, parseNetwork } from "../match/network.ts";
import type { Config, MtftpConfig } from "./config.ts";
import type { Conflict } from "./conflict.ts";
import type { KeyPath } from "./key_path.ts";
import { rewriteConflicts } from "./rewrite_conflicts.ts";
import { formatPortRange, type PortRange, quote } from "./text.ts";

const PORT = ["tftp", "port"] as const;
const SINGLE_PORT = ["tftp", "single-port"] as const;
const WORKERS = ["tftp", "workers"] as const;
const PORT_RANGE = ["tftp", "port-range"] as const;
const MULTICAST_PORTS = ["tftp", "multicast", "ports"] as const;

/** Every conflict in `config`. */
export function conflictsOf(config: Config): readonly Conflict[] {
  return [
    ...nothingToServe(config),
    ...portConflicts(config),
    ...workerConflicts(config),
    ...privilegeConflicts(config),
    ...mountConflicts(config),
    ...addressConflicts(config.addresses),
    ...rewriteConflicts(config.rewrite),
    ...config.mtftp.flatMap((entry, index) => mtftpConflicts(config, { entry, index })),
  ];
}

function nothingToServe(config: Config): readonly Conflict[] {
  if (config.tftp.port !== null || config.http.port !== null) return [];
  return [{
    path: ["http", "port"],
    with: [PORT],
    message: 'Both "port" in [tftp] and "port" in [http] are "off": nothing is left to serve',
    hint: "Give one of them a port",
  }];
}

function portConflicts({ tftp }: Config): readonly Conflict[] {
  const conflicts: Conflict[] = [];
  const range = tftp.portRange;
  if (range === null || tftp.port === null) return conflicts;
  const text = quote(formatPortRange(range));
  if (tftp.singlePort) {
    conflicts.push({
      path: PORT_RANGE,
      with: [SINGLE_PORT],
      message: '"port-range" has no use with "single-port", which answers from the one port',
      hint: "Remove one of them",
    });
  }
  if (within(tftp.port, range)) {
    conflicts.push({
      path: PORT_RANGE,
      with: [PORT],
      message: `"port-range" ${text} contains the listening port ${tftp.port}`,
      hint: "Choose a range without it",
    });
  }
  const multicast = tftp.multicast;
  const granted = multicast.enabled && !tftp.optionsDisabled.includes("multicast");
  if (granted && overlap(range, multicast.ports)) {
    conflicts.push({
      path: PORT_RANGE,
      with: [MULTICAST_PORTS],
      message: `"port-range" ${text} overlaps "ports" in [tftp.multicast], ` +
        quote(formatPortRange(multicast.ports)),
      hint: "Choose ranges apart, or set enabled = false in [tftp.multicast]",
    });
  }
  return conflicts;
}

// Workers share the listening port by a feature of Linux, and divide the range among them.
function workerConflicts({ tftp }: Config): readonly Conflict[] {
  const { workers, driver, portRange: range } = tftp;
  const conflicts: Conflict[] = [];
  if (workers > 1 && driver === "portable") {
    conflicts.push({
      path: WORKERS,
      with: [["tftp", "driver"]],
      message: `"workers" is ${workers}, and the portable driver cannot share its port among them`,
      hint: 'Set workers = 1, or driver = "auto"',
    });
  }
  if (range !== null && range.last - range.first + 1 < workers) {
    conflicts.push({
      path: PORT_RANGE,
      with: [WORKERS],
      message: `"port-range" ${quote(formatPortRange(range))} has fewer ports than there are ` +
        `workers (${workers})`,
      hint: "Give each worker a port at least",
    });
  }
  return conflicts;
}

function privilegeConflicts(config: Config): readonly Conflict[] {
  const conflicts: Conflict[] = [];
  if (config.chroot && config.user === "") {
    conflicts.push({
      path: ["chroot"],
      with: [["user"]],
      message: '"chroot" needs "user": root can leave a chroot',
      hint: 'Set "user" to the user to become',
    });
  }
  if (config.group !== "" && config.user === "") {
    conflicts.push({
      path: ["group"],
      with: [["user"]],
      message: '"group" needs "user": a change of group alone takes no privilege away',
      hint: 'Set "user" to the user to become',
    });
  }
  return [...conflicts, ...jailConflicts(config)];
}

interface JailPlace {
  readonly key: string;
  /** "folder", if left out. */
  readonly kind?: string;
  readonly path: string;
  readonly at: KeyPath;
}

// What a chroot hides from the server cannot be served, or run.
function jailConflicts(config: Config): readonly Conflict[] {
  if (!config.chroot || config.root === "") return [];
  const prefix = config.root.endsWith("/") ? config.root : `${config.root}/`;
  const places: readonly JailPlace[] = [
    ...config.search.map((path, index) => ({ key: "search", path, at: ["search", index] })),
    ...config.mounts.map(({ path }, index) => ({
      key: "mount",
      path,
      at: ["mount", index, "path"],
    })),
    ...config.clientRoots.map(({ path }, index) => (
      { key: "client-root", path, at: ["client-root", index, "path"] }
    )).filter(({ path }) => path.startsWith("/")),
    ...config.hooks.transferEnd === "" ? [] : [
      {
        key: "transfer-end",
        kind: "program",
        path: config.hooks.transferEnd,
        at: ["hooks", "transfer-end"],
      },
    ],
  ];
  return places
    .filter(({ path }) => path !== config.root && !path.startsWith(prefix))
    .map(({ key, kind = "folder", path, at }) => ({
      path: at,
      with: [["chroot"], ["root"]],
      message: `"${key}" ${kind} ${quote(path)} lies outside the root, and "chroot" is set`,
      hint: "Move it below the root, or do without chroot",
    }));
}

function mountConflicts({ mounts }: Config): readonly Conflict[] {
  return mounts.flatMap(({ at }, index): readonly Conflict[] => {
    const twin = mounts.slice(0, index).findIndex((other) => other.at === at);
    if (twin < 0) return [];
    return [{
      path: ["mount", index, "at"],
      with: [["mount", twin, "at"]],
      message: `[[mount]] ${index + 1} is at ${quote(at)}, as [[mount]] ${twin + 1} is`,
      hint: "Give each folder its own name",
    }];
  });
}

function addressConflicts(addresses: readonly string[]): readonly Conflict[] {
  const parsed = addresses.map((text) => ({ text, address: parseAddress(text) }));
  return parsed.flatMap(({ text, address }, index): readonly Conflict[] => {
    const earlier = parsed.slice(0, index).find((other) =>
      zoneOf(other.text) === zoneOf(text) &&
      other.address?.octets.join() === address?.octets.join()
    );
    const wildcard = parsed.find((other) =>
      isWildcard(other.address) && !isWildcard(address) && other.address?.family === address?.family
    );
    if (earlier !== undefined) {
      const message = `"address" has ${quote(text)} twice`;
      return [{ path: ["address", index], with: [["address"]], message, hint: "Remove one" }];
    }
    if (wildcard === undefined) return [];
    const message = `"address" has both ${quote(wildcard.text)}, which is every address, and ` +
      quote(text);
    return [{ path: ["address", index], with: [["address"]], message, hint: "Remove one" }];
  });
}

function mtftpConflicts(
  config: Config,
  { entry, index }: { readonly entry: MtftpConfig; readonly index: number },
): readonly Conflict[] {
  const at = (name: string): KeyPath => ["mtftp", index, name];
  const where = `[[mtftp]] ${index + 1}`;
  const conflicts: Conflict[] = [];
  const twin = config.mtftp.slice(0, index).findIndex((other) =>
    other.address === entry.address && other.clientPort === entry.clientPort
  );
  if (twin >= 0) {
    conflicts.push({
      path: at("client-port"),
      with: [["mtftp", twin, "client-port"]],
      message: `${where} sends to ${quote(`${entry.address}:${entry.clientPort}`)}, ` +
        `as [[mtftp]] ${twin + 1} does`,
      hint: 'Give each file its own "address" or "client-port"',
    });
  }
  if (entry.serverPort === config.tftp.port) {
    conflicts.push({
      path: at("server-port"),
      with: [PORT],
      message: `${where} has ${entry.serverPort} as "server-port", the listening port of TFTP`,
      hint: "Choose another port, such as 1759",
    });
  }
  if (config.tftp.portRange !== null && within(entry.serverPort, config.tftp.portRange)) {
    conflicts.push({
      path: at("server-port"),
      with: [PORT_RANGE],
      message: `${where} has ${entry.serverPort} as "server-port", which is in "port-range" ` +
        quote(formatPortRange(config.tftp.portRange)),
      hint: "Choose a port outside of it",
    });
  }
  const { enabled, addresses, ports } = config.tftp.multicast;
  const network = parseNetwork(addresses);
  const address = parseAddress(entry.address);
  const taken = network.kind === "network" && address !== null && inNetwork(address, network);
  if (enabled && taken && within(entry.clientPort, ports)) {
    conflicts.push({
      path: at("address"),
      with: [["tftp", "multicast", "addresses"], MULTICAST_PORTS],
      message: `${where} sends to ${quote(`${entry.address}:${entry.clientPort}`)}, ` +
        "which [tftp.multicast] may give to a group of its own",
      hint: `Choose an address outside of ${quote(addresses)}`,
    });
  }
  return conflicts;
}

function within(port: number, range: PortRange): boolean {
  return port >= range.first && port <= range.last;
}

function overlap(a: PortRange, b: PortRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function isWildcard(address: ReturnType<typeof parseAddress>): boolean {
  return address !== null && address.octets.every((octet) => octet === 0);
}

function zoneOf(text: string): string {
  return text.split("%")[1] ?? "";
}
