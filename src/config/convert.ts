// Between the checked file and the typed configuration, both ways. Names become camelCase with
// their unit, seconds become milliseconds, sizes octets, ranges two ports.
import type {
  Config,
  LocalConfig,
  MtftpConfig,
  QuirkConfig,
  RewriteConfig,
  TftpConfig,
} from "./config.ts";
import type { FileConfig } from "./schema.ts";
import { formatPortRange, formatSize, parsePortRange, parseSize, type PortRange } from "./text.ts";

/** The configuration for a checked file whose paths are absolute already. */
export function fromFile(file: FileConfig, readyFile: string): Config {
  return {
    root: file.root,
    search: file.search,
    addresses: file.address,
    user: file.user,
    group: file.group,
    chroot: file.chroot,
    umask: file.umask === "" ? null : parseInt(file.umask, 8),
    symlinks: file.symlinks,
    caseInsensitive: file["case-insensitive"],
    requireWorldReadable: file["require-world-readable"],
    hiddenFiles: file["hidden-files"],
    absoluteNames: file["absolute-names"],
    stripPrefixes: file["strip-prefixes"].map((prefix) => prefix.replace(/^\/+|\/+$/g, "")),
    tftp: tftpFromFile(file.tftp),
    mtftp: file.mtftp.map(mtftpFromFile),
    http: { ...file.http, port: portFromFile(file.http.port) },
    upload: {
      enabled: file.upload.enabled,
      create: file.upload.create,
      overwrite: file.upload.overwrite,
      sizeBytesMax: parseSize(file.upload["size-max"]) ?? 0,
      quotaBytes: parseSize(file.upload.quota) ?? 0,
    },
    rewrite: file.rewrite.map(rewriteFromFile),
    access: file.access,
    mounts: file.mount,
    clientRoots: file["client-root"],
    quirks: file.quirk.map(quirkFromFile),
    hooks: {
      transferEnd: file.hooks["transfer-end"],
      outcomes: file.hooks.outcomes,
      processesMax: file.hooks["processes-max"],
      timeoutMs: milliseconds(file.hooks.timeout),
    },
    log: file.log,
    limits: {
      transfersMax: file.limits["transfers-max"],
      transfersPerClientMax: file.limits["transfers-max-per-client"],
      requestsPerSecondPerClientMax: file.limits["requests-per-second-per-client"],
      httpConnectionsMax: file.limits["http-connections-max"],
    },
    readyFile,
  };
}

/** The file that gives `config`; `readyFile` is no key of the file and is left out. */
export function toFile(config: Config): FileConfig {
  return {
    root: config.root,
    search: [...config.search],
    address: [...config.addresses],
    user: config.user,
    group: config.group,
    chroot: config.chroot,
    umask: config.umask === null ? "" : config.umask.toString(8).padStart(3, "0"),
    symlinks: config.symlinks,
    "case-insensitive": config.caseInsensitive,
    "require-world-readable": config.requireWorldReadable,
    "hidden-files": config.hiddenFiles,
    "absolute-names": config.absoluteNames,
    "strip-prefixes": [...config.stripPrefixes],
    tftp: tftpToFile(config.tftp),
    mtftp: config.mtftp.map(mtftpToFile),
    http: { ...config.http, port: config.http.port ?? "off" },
    upload: {
      enabled: config.upload.enabled,
      create: config.upload.create,
      overwrite: config.upload.overwrite,
      "size-max": formatSize(config.upload.sizeBytesMax),
      quota: formatSize(config.upload.quotaBytes),
    },
    rewrite: config.rewrite.map(rewriteToFile),
    access: config.access.map((rule) => ({
      clients: [...rule.clients],
      ...localToFile(rule),
      paths: [...rule.paths],
      via: rule.via,
      allow: [...rule.allow],
    })),
    mount: config.mounts.map((mount) => ({ ...mount })),
    "client-root": config.clientRoots.map((root) => (
      { ...root, clients: [...root.clients], ...localToFile(root) }
    )),
    quirk: config.quirks.map(quirkToFile),
    hooks: {
      "transfer-end": config.hooks.transferEnd,
      outcomes: [...config.hooks.outcomes],
      "processes-max": config.hooks.processesMax,
      timeout: config.hooks.timeoutMs / 1000,
    },
    log: { ...config.log },
    limits: {
      "transfers-max": config.limits.transfersMax,
      "transfers-max-per-client": config.limits.transfersPerClientMax,
      "requests-per-second-per-client": config.limits.requestsPerSecondPerClientMax,
      "http-connections-max": config.limits.httpConnectionsMax,
    },
  };
}

function localToFile({ interfaces, addresses }: LocalConfig) {
  return { interfaces: [...interfaces], addresses: [...addresses] };
}

function tftpFromFile(file: FileConfig["tftp"]): TftpConfig {
  return {
    port: portFromFile(file.port),
    singlePort: file["single-port"],
    portRange: file["port-range"] === "" ? null : checkedRange(file["port-range"]),
    blksizeMax: file["blksize-max"],
    allowFragments: file["allow-fragments"],
    windowsizeMax: file["windowsize-max"],
    timeoutMs: milliseconds(file.timeout),
    retries: file.retries,
    rollover: file.rollover,
    optionsDisabled: file["options-disabled"],
    suppressNaks: file["suppress-naks"],
    trace: file.trace,
    driver: file.driver,
    workers: file.workers,
    multicast: {
      enabled: file.multicast.enabled,
      addresses: file.multicast.addresses,
      addresses6: file.multicast["addresses-ipv6"],
      ports: checkedRange(file.multicast.ports),
      ttl: file.multicast.ttl,
    },
  };
}

function tftpToFile(tftp: TftpConfig): FileConfig["tftp"] {
  return {
    port: tftp.port ?? "off",
    "single-port": tftp.singlePort,
    "port-range": tftp.portRange === null ? "" : formatPortRange(tftp.portRange),
    "blksize-max": tftp.blksizeMax,
    "allow-fragments": tftp.allowFragments,
    "windowsize-max": tftp.windowsizeMax,
    timeout: tftp.timeoutMs / 1000,
    retries: tftp.retries,
    rollover: tftp.rollover,
    "options-disabled": [...tftp.optionsDisabled],
    "suppress-naks": tftp.suppressNaks,
    trace: tftp.trace,
    driver: tftp.driver,
    workers: tftp.workers,
    multicast: {
      enabled: tftp.multicast.enabled,
      addresses: tftp.multicast.addresses,
      "addresses-ipv6": tftp.multicast.addresses6,
      ports: formatPortRange(tftp.multicast.ports),
      ttl: tftp.multicast.ttl,
    },
  };
}

function quirkFromFile(file: FileConfig["quirk"][number]): QuirkConfig {
  return {
    clients: file.clients,
    optionsDisabled: file["options-disabled"],
    tsizeOnly: file["tsize-only"],
    blksizeMax: file["blksize-max"],
    windowsizeMax: file["windowsize-max"],
    rollover: file.rollover ?? null,
  };
}

function quirkToFile(quirk: QuirkConfig): FileConfig["quirk"][number] {
  return {
    clients: [...quirk.clients],
    "options-disabled": [...quirk.optionsDisabled],
    "tsize-only": quirk.tsizeOnly,
    "blksize-max": quirk.blksizeMax,
    "windowsize-max": quirk.windowsizeMax,
    rollover: quirk.rollover ?? undefined,
  };
}

function mtftpFromFile(file: FileConfig["mtftp"][number]): MtftpConfig {
  return {
    file: file.file,
    address: file.address,
    clientPort: file["client-port"],
    serverPort: file["server-port"],
    openTimeoutMs: milliseconds(file["open-timeout"]),
    reopenTimeoutMs: milliseconds(file["reopen-timeout"]),
    delayMs: milliseconds(file.delay),
  };
}

function mtftpToFile(mtftp: MtftpConfig): FileConfig["mtftp"][number] {
  return {
    file: mtftp.file,
    address: mtftp.address,
    "client-port": mtftp.clientPort,
    "server-port": mtftp.serverPort,
    "open-timeout": mtftp.openTimeoutMs / 1000,
    "reopen-timeout": mtftp.reopenTimeoutMs / 1000,
    delay: mtftp.delayMs / 1000,
  };
}

function rewriteFromFile(file: FileConfig["rewrite"][number]): RewriteConfig {
  const {
    "ignore-case": ignoreCase,
    "replace-what": replaceWhat,
    "stop-if-exists": stopIfExists,
    ...same
  } = file;
  return { ...same, ignoreCase, replaceWhat, stopIfExists };
}

function rewriteToFile(rule: RewriteConfig): FileConfig["rewrite"][number] {
  const { ignoreCase, replaceWhat, stopIfExists, ...same } = rule;
  return {
    ...same,
    "ignore-case": ignoreCase,
    "replace-what": replaceWhat,
    clients: [...rule.clients],
    "stop-if-exists": stopIfExists,
  };
}

function portFromFile(port: number | "off"): number | null {
  return port === "off" ? null : port;
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

// The schema has let it through, so it is a range.
function checkedRange(text: string): PortRange {
  const range = parsePortRange(text);
  if (typeof range === "string") throw new Error(`Port range ${text} was not checked`);
  return range;
}
