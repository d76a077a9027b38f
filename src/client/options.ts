// What the command line asks of the client. Plain values: the command line has checked the
// numbers, the client checks the URL and opens the files.

/** What `get` and `put` share. */
export interface TransferOptions {
  /** `tftp://host[:port]/name[;mode=netascii]` (RFC 3617) or `http://…`, as typed. */
  readonly url: string;
  /**
   * Block size to offer, 8 to 65464 (RFC 2348); "auto" what fits Ethernet, null none, which
   * means 512.
   */
  readonly blksize: number | "auto" | null;
  /** Window size to offer, 1 to 65535 (RFC 7440); null offers none, which means lock-step. */
  readonly windowsize: number | null;
  /** Whether to ask for, or announce, the size (RFC 2349). */
  readonly tsize: boolean;
  /**
   * Seconds to offer as RFC 2349 `timeout`, 1 to 255, and to wait; null offers none, begins with
   * one second and adapts. For HTTP: how long a silent server is waited for, null for 30 s.
   */
  readonly timeoutSeconds: number | null;
  /** How often one packet is sent again, at growing intervals, before giving up. */
  readonly retries: number;
  /** Transfer mode; null takes the one in the URL, or else octet. */
  readonly mode: "octet" | "netascii" | null;
  /** Print each packet to standard error. */
  readonly trace: boolean;
  /** No progress and no figures; errors only. */
  readonly quiet: boolean;
}

/** `bootsrv get`. */
export interface GetOptions extends TransferOptions {
  /** File to write, "-" for standard output, null for the last part of the name. */
  readonly output: string | null;
  /** Offer the RFC 2090 option. */
  readonly multicast: boolean;
  /** Fetch by Intel PXE MTFTP from this group instead. */
  readonly mtftp: MtftpTarget | null;
  /** The IPv4 address of the interface to receive groups on; null for the one to the server. */
  readonly interfaceHost: string | null;
}

/** `--mtftp ADDR:CPORT:SPORT`. */
export interface MtftpTarget {
  /** IPv4 multicast address of the group. */
  readonly address: string;
  readonly clientPort: number;
  readonly serverPort: number;
}

/** `bootsrv put`. */
export interface PutOptions extends TransferOptions {
  /** File to send, "-" for standard input. */
  readonly file: string;
}
