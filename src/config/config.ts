// The configuration as a typed value: what the TOML, the flags and the environment become.
// Key names are those of the file, in camelCase with the unit spelled out.

/** Null in a port means: this protocol is off. */
export interface Config {
  /** Absolute path of the tree. */
  readonly root: string;
  /** Further directories, tried in order for relative names. */
  readonly search: readonly string[];
  /** Numeric addresses to listen on; empty means all. */
  readonly addresses: readonly string[];
  readonly user: string;
  readonly group: string;
  readonly chroot: boolean;
  /** Mode bits that new files are not to have; null leaves the process's own. */
  readonly umask: number | null;
  readonly symlinks: "inside" | "any" | "none";
  readonly caseInsensitive: boolean;
  readonly requireWorldReadable: boolean;
  readonly hiddenFiles: boolean;
  readonly absoluteNames: "root" | "listed";
  /** Without "/" at either end. */
  readonly stripPrefixes: readonly string[];
  readonly tftp: TftpConfig;
  readonly mtftp: readonly MtftpConfig[];
  readonly http: HttpConfig;
  readonly upload: UploadConfig;
  readonly rewrite: readonly RewriteConfig[];
  readonly access: readonly AccessConfig[];
  readonly mounts: readonly MountConfig[];
  readonly clientRoots: readonly ClientRootConfig[];
  readonly quirks: readonly QuirkConfig[];
  readonly hooks: HooksConfig;
  readonly log: LogConfig;
  readonly limits: LimitsConfig;
  /** Written whole once everything listens; "" for none. Flag only. */
  readonly readyFile: string;
}

export type TftpOptionName =
  | ("blksize" | "tsize" | "timeout" | "windowsize" | "multicast")
  | ("blksize2" | "utimeout" | "rollover" | "msftwindow");

export interface TftpConfig {
  /** 0 picks a free port, null is off. */
  readonly port: number | null;
  readonly singlePort: boolean;
  /** Pool of server TIDs, or null for ports of the system's choice. */
  readonly portRange: { readonly first: number; readonly last: number } | null;
  readonly blksizeMax: number;
  readonly allowFragments: boolean;
  readonly windowsizeMax: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly rollover: 0 | 1;
  readonly optionsDisabled: readonly TftpOptionName[];
  readonly suppressNaks: boolean;
  /** Each packet is a line of the log. */
  readonly trace: boolean;
  readonly driver: "auto" | "portable" | "linux";
  readonly workers: number;
  readonly multicast: MulticastConfig;
}

export interface MulticastConfig {
  readonly enabled: boolean;
  /** CIDR of the addresses of groups, for IPv4 and for IPv6. */
  readonly addresses: string;
  readonly addresses6: string;
  readonly ports: { readonly first: number; readonly last: number };
  readonly ttl: number;
}

export interface MtftpConfig {
  readonly file: string;
  readonly address: string;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly openTimeoutMs: number;
  readonly reopenTimeoutMs: number;
  readonly delayMs: number;
}

export interface HttpConfig {
  readonly port: number | null;
  readonly listing: boolean;
  readonly status: boolean;
}

export interface UploadConfig {
  readonly enabled: boolean;
  readonly create: boolean;
  readonly overwrite: boolean | "version";
  /** 0 means no limit. */
  readonly sizeBytesMax: number;
  /** For all files together that uploads may write; 0 means no limit. */
  readonly quotaBytes: number;
}

export interface RewriteConfig {
  /** What `jump` calls this rule; "" for none. */
  readonly label: string;
  readonly match: string;
  readonly ignoreCase: boolean;
  /** POSIX: of the matches that start first, the longest. */
  readonly longest: boolean;
  /** The rule holds where the pattern does not match. */
  readonly invert: boolean;
  /** The pattern sees the name as sent, and what raw rules made of it, unchecked. */
  readonly raw: boolean;
  /** Template of what comes out; "" where the name is to stay, or the match to vanish. */
  readonly replace: string;
  /** What `replace` takes the place of; `repeat` is the first match until there is none. */
  readonly replaceWhat: "name" | "first" | "all" | "repeat";
  readonly when: "always" | "missing";
  readonly operation: "read" | "write" | "any";
  readonly via: "tftp" | "http" | "any";
  readonly family: "ipv4" | "ipv6" | "any";
  /** CIDR blocks; empty means every client. */
  readonly clients: readonly string[];
  readonly stop: boolean;
  readonly stopIfExists: boolean;
  readonly continue: boolean;
  readonly restart: boolean;
  /** Template of the label to go on at; "" for none. */
  readonly jump: string;
  /** Template of the text to refuse with; "" for none. */
  readonly refuse: string;
}

/** Where a rule holds; no interfaces and no addresses mean everywhere. */
export interface LocalConfig {
  /** Globs over names of interfaces that requests come in by. */
  readonly interfaces: readonly string[];
  /** CIDR blocks of addresses of ours that are asked. */
  readonly addresses: readonly string[];
}

export interface AccessConfig extends LocalConfig {
  readonly clients: readonly string[];
  /** Globs over the whole relative name; empty means every file. */
  readonly paths: readonly string[];
  readonly via: "tftp" | "http" | "any";
  readonly allow: readonly ("read" | "write")[];
}

export interface MountConfig {
  /** Name in the tree. */
  readonly at: string;
  /** Absolute path of what appears there. */
  readonly path: string;
}

export interface ClientRootConfig extends LocalConfig {
  /** Absolute, or relative to the root; {ip}, {ip-hex} and {mac} stand for facts of the client. */
  readonly path: string;
  readonly fallback: "file" | "folder" | "none";
  readonly clients: readonly string[];
}

/** What is different for some clients; the first that fits a client holds. */
export interface QuirkConfig {
  readonly clients: readonly string[];
  readonly optionsDisabled: readonly TftpOptionName[];
  readonly tsizeOnly: boolean;
  readonly blksizeMax: number;
  readonly windowsizeMax: number;
  /** Null means: as for everybody. */
  readonly rollover: 0 | 1 | null;
}

/** Programs that are run when something has happened. */
export interface HooksConfig {
  /** Absolute path of what is run when a transfer has ended; "" for none. */
  readonly transferEnd: string;
  readonly outcomes: readonly ("done" | "unacknowledged" | "failed" | "aborted")[];
  readonly processesMax: number;
  readonly timeoutMs: number;
}

export interface LogConfig {
  readonly format: "pretty" | "json" | "logfmt";
  readonly level: "debug" | "info" | "warning" | "error";
  readonly syslog: string;
}

/** 0 means no limit. */
export interface LimitsConfig {
  readonly transfersMax: number;
  readonly transfersPerClientMax: number;
  readonly requestsPerSecondPerClientMax: number;
  readonly httpConnectionsMax: number;
}
