// The door between the endpoint and the network: UDP sockets and time. A driver moves datagrams
// in batches and owns the clock; it knows nothing of TFTP. The portable driver (node:dgram), the
// Linux driver (system calls in batches) and the simulated one of the tests all stand behind it.

/**
 * A remote address and port. Interned: a driver gives the same object for the same peer as long as
 * the host holds it (`UdpHost.holds`). A host may make peers of its own to send to.
 */
export interface Peer {
  readonly family: 4 | 6;
  /** Numeric address; IPv4-mapped IPv6 addresses are given as IPv4. */
  readonly host: string;
  readonly port: number;
}

/** The address of ours that a datagram was sent to, where the driver can see it. Interned. */
export interface Local {
  /** Numeric address to answer from; never a broadcast or multicast address. */
  readonly host: string;
  /** The datagram was sent to a broadcast address. */
  readonly broadcast: boolean;
  /** The name of the interface it came in by, where the driver sees that. */
  readonly interface?: string | null;
}

/** Bytes that a run is cut from. The owner keeps it open until `UdpDriver.release`. */
export interface Source {
  readonly size: number;
  /** A descriptor of a regular file, or null where there is only `read`. */
  readonly fd: number | null;
  /** Reads octets at `offset` into `into`; gives how many, fewer only at the end. May throw. */
  read(offset: number, into: Uint8Array): number;
}

/**
 * Consecutive datagrams to one peer: header i is `headers[i * headerBytes …]`, payload i the
 * octets `offset + i * segmentBytes …` of the source; only the last payload may be shorter.
 * The arrays are borrowed for the length of the call.
 */
export interface Run {
  readonly headers: Uint8Array;
  readonly headerBytes: number;
  readonly source: Source;
  readonly offset: number;
  readonly segmentBytes: number;
  /** Payload octets of the whole run. */
  readonly totalBytes: number;
  readonly count: number;
}

/**
 * What came of sending a run. `sent` is no promise: like all of UDP it may be lost, and the
 * machines' timers repair it. `unreadable` means that the source no longer holds these octets; a
 * driver that sends in batches may learn it late, and then loses the run and tells it of the next.
 */
export type Sent = "sent" | "unreadable";

export interface UdpSocket {
  /** The bound address, numeric. */
  readonly host: string;
  readonly port: number;
  /** Sends one datagram, copied before the call returns, from `local` where that is known. */
  send(peer: Peer, bytes: Uint8Array, local: Local | null): void;
  /** Sends a run of datagrams cut from a source. */
  sendRun(peer: Peer, run: Run, local: Local | null): Sent;
  /**
   * The largest UDP payload in octets that reaches this peer unfragmented, by the MTU of the route
   * to it; null where there is none. Missing where the driver cannot tell.
   */
  payloadBytesMax?(peer: Peer, local: Local | null): number | null;
  close(): void;
}

/** What a driver calls. All calls come from one thread, never one inside another. */
export interface UdpHost {
  /** One datagram. `bytes` belongs to the driver and is valid during the call only. */
  receive(socket: UdpSocket, peer: Peer, bytes: Uint8Array, local: Local | null, now: number): void;
  /**
   * The batch is over or the deadline has come: do what is due.
   * Gives the next deadline in milliseconds of the driver's clock, Infinity for none.
   */
  turn(now: number): number;
  /**
   * Whether the host still refers to this peer: asked before one is forgotten that was silent while
   * thousands of others spoke. Without this method `===` holds for peers heard of lately only.
   */
  holds?(peer: Peer): boolean;
  /** How soon datagrams are wanted; as soon as can be without this method. */
  pace?(): Pace;
}

/**
 * What a host's datagrams are worth to a driver that has the choice.
 * - `hurried`: a core may look for the next one for a moment rather than sleep.
 * - `steady`: sleep until it comes.
 * - `leisurely`: sleep a little longer, and take many at a time.
 */
export type Pace = "hurried" | "steady" | "leisurely";

export interface BindOptions {
  /** Numeric address; "0.0.0.0" and "::" mean all of that family. IPv6 sockets take IPv6 only. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly broadcast?: boolean;
  /** Hops that datagrams to multicast groups may travel; 1 when left out. */
  readonly multicastHops?: number;
  /**
   * A multicast group to receive from, on all interfaces. Others on this machine may then
   * bind the same port, and join.
   */
  readonly group?: string;
  /** The address of ours on whose interface to receive the group, instead of on all. */
  readonly groupHost?: string;
  /**
   * Other drivers of this user may bind the same address and port, if they say so too; the system
   * spreads the peers over them. Only where the driver is "linux".
   */
  readonly reusePort?: boolean;
}

/** A socket that could not be had; `reason` is one of ours, `cause` the system's. */
export class BindError extends Error {
  override readonly name = "BindError";
  readonly reason: "denied" | "in-use" | "unavailable" | "no-family" | "other";
  readonly host: string;
  readonly port: number;
  constructor(where: { host: string; port: number }, reason: BindError["reason"], cause: unknown) {
    const host = where.host.includes(":") ? `[${where.host}]` : where.host;
    super(`Cannot bind UDP socket to "${host}:${where.port}": ${REASONS[reason]}`, { cause });
    this.reason = reason;
    this.host = where.host;
    this.port = where.port;
  }
}

const REASONS: Record<BindError["reason"], string> = {
  "denied": "permission denied",
  "in-use": "address in use",
  "unavailable": "address not available",
  "no-family": "address family not supported",
  "other": "refused by the system",
};

export interface UdpDriver {
  readonly name: "linux" | "portable" | "simulated";
  /** Milliseconds, monotonic, of the clock all deadlines are in. */
  now(): number;
  /** Binds a socket. Rejects with `BindError`. */
  bind(options: BindOptions): Promise<UdpSocket>;
  /**
   * Takes over a bound UDP socket that another program has opened, by its descriptor. Rejects with
   * what is wrong with it. Missing where the driver cannot.
   */
  adopt?(fd: number): Promise<UdpSocket>;
  /**
   * The addresses to bind for a wildcard: the wildcard itself where the driver sees the
   * destination of each datagram, else every local address of that family.
   */
  expand(host: string): readonly string[];
  /** The driver may forget what it keeps for this source (a mapping, read-ahead). */
  release(source: Source): void;
  /** Starts delivering to `host`; resolves when `stop` was called and all is closed. */
  run(host: UdpHost): Promise<void>;
  /** Asks for a `turn` soon: something outside has changed. */
  wake(): void;
  /**
   * Gives the event loop of the driver's thread a turn soon: for a host on that thread that awaits
   * something. Missing where the event loop always runs.
   */
  rest?(): void;
  stop(): void;
}
