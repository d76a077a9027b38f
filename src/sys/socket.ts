// Opening UDP sockets and asking interfaces. Faults come as errors with `code`.
import { networkInterfaces } from "node:os";
import { AF, FIOCLEX, OPTION, SOCK, SOCKADDR } from "./layout.ts";
import type { Libc } from "./libc.ts";
import { cString, decodeHost, decodePort, encodeAddress } from "./sockaddr.ts";

/** Wanted socket buffers; whatever the system grants is taken. */
const SOCKET_BUFFER_BYTES = 8 * 1024 * 1024;
/** For where a port must be given and none matters (discard). */
const ANY_PORT = 9;
/** No interface has this number. */
const NO_INTERFACE = 0x7fff_ffff;

export interface NativeSocket {
  readonly fd: number;
  readonly family: 4 | 6;
  /** The bound address, numeric. */
  readonly host: string;
  readonly port: number;
  /** Datagrams come and go with a record of our address (IP_PKTINFO). */
  readonly pktinfo: boolean;
}

export interface OpenOptions {
  readonly host: string;
  readonly port: number;
  readonly broadcast?: boolean;
  /** Hops that datagrams to groups may travel; the system's 1 when left out. */
  readonly multicastHops?: number;
  /** A multicast group to join on all interfaces, or on the one with this address. */
  readonly group?: string;
  readonly groupHost?: string;
  /** Others of this user may bind the same address; the kernel spreads the peers over all. */
  readonly reusePort?: boolean;
  /** Ask for the destination address of each datagram. */
  readonly pktinfo: boolean;
}

/** Opens and binds a non-blocking UDP socket; IPv6 ones take IPv6 only. Throws with `code`. */
export function openUdpSocket(libc: Libc, options: OpenOptions): NativeSocket {
  const address = encodeAddress(libc, options);
  if (address === null) {
    throw Object.assign(new Error(`"${options.host}" is no address`), { code: "EADDRNOTAVAIL" });
  }
  const family = address.byteLength === SOCKADDR.bytes6 ? 6 : 4;
  const type = SOCK.dgram | SOCK.nonblock | SOCK.cloexec;
  const fd = libc.calls.socket(family === 6 ? AF.inet6 : AF.inet, type, 0);
  if (fd < 0) throw libc.failure("socket");
  try {
    prepare(libc, { fd, family }, options);
    if (libc.calls.bind(fd, address, address.byteLength) < 0) throw libc.failure("bind");
    const { group, groupHost } = options;
    if (group !== undefined) {
      join(libc, { fd, family }, { group, hosts: groupHost ? [groupHost] : ownHosts(family) });
    }
    return { fd, family, ...boundAddress(libc, fd, address), pktinfo: options.pktinfo };
  } catch (error) {
    libc.calls.close(fd);
    throw error;
  }
}

/** Keeps a descriptor that somebody else has opened from the programs that this one starts. */
export function closeOnExec(libc: Libc, fd: number): void {
  libc.calls.ioctl(fd, FIOCLEX, null);
}

/** What a descriptor is that somebody else has opened. */
export interface GivenSocket {
  readonly fd: number;
  readonly kind: "udp" | "tcp-listener" | "other";
  readonly family: 4 | 6;
  /** The bound address, numeric. */
  readonly host: string;
  readonly port: number;
  /** An IPv6 socket that takes IPv4, too. */
  readonly isDual: boolean;
}

/** Looks at a descriptor. Throws with `code` where it is no socket of IPv4 or IPv6. */
export function lookAtSocket(libc: Libc, fd: number): GivenSocket {
  const domain = getOption(libc, fd, OPTION.domain);
  if (domain !== AF.inet && domain !== AF.inet6) {
    throw Object.assign(new Error("no socket of IPv4 or IPv6"), { code: "EAFNOSUPPORT" });
  }
  const type = getOption(libc, fd, OPTION.type);
  const listens = type === SOCK.stream && getOption(libc, fd, OPTION.acceptsConnections) === 1;
  const family = domain === AF.inet6 ? 6 : 4;
  const bytes = family === 6 ? SOCKADDR.bytes6 : SOCKADDR.bytes4;
  return {
    fd,
    kind: type === SOCK.dgram ? "udp" : listens ? "tcp-listener" : "other",
    family,
    ...boundAddress(libc, fd, new Uint32Array(new ArrayBuffer(bytes))),
    isDual: family === 6 && getOption(libc, fd, OPTION.v6only) === 0,
  };
}

/**
 * Makes a bound UDP socket that somebody else has opened like one of ours. Throws where it is none,
 * or takes both families: our answers leave from sockets of one.
 */
export function adoptUdpSocket(libc: Libc, fd: number): NativeSocket {
  const { kind, family, host, port, isDual } = lookAtSocket(libc, fd);
  if (kind !== "udp" || port === 0) throw new Error("no bound UDP socket");
  if (isDual) {
    throw new Error(
      "it takes IPv4 and IPv6: give one socket for each (BindIPv6Only=ipv6-only for systemd)",
    );
  }
  equip(libc, { fd, family }, { broadcast: true, pktinfo: true });
  return { fd, family, host, port, pktinfo: true };
}

/** Whether the kernel knows UDP_SEGMENT (Linux 4.18). An older one would ignore the record. */
export function canSegment(libc: Libc): boolean {
  const fd = libc.calls.socket(AF.inet, SOCK.dgram | SOCK.cloexec, 0);
  if (fd < 0) return false;
  const [level, name] = OPTION.segment;
  const value = new Int32Array(new ArrayBuffer(4));
  const length = new Uint32Array([4]);
  const known = libc.calls.getsockopt(fd, level, name, value, length) === 0;
  libc.calls.close(fd);
  return known;
}

/**
 * The MTU in octets of the route to an address, as the kernel knows it, from an address of ours if
 * one is given; null where there is no route.
 */
export function routeMtu(
  libc: Libc,
  { host, from }: { readonly host: string; readonly from: string | null },
): number | null {
  const to = encodeAddress(libc, { host, port: ANY_PORT });
  if (to === null) return null;
  const family = to.byteLength === SOCKADDR.bytes6 ? 6 : 4;
  const fd = libc.calls.socket(family === 6 ? AF.inet6 : AF.inet, SOCK.dgram | SOCK.cloexec, 0);
  if (fd < 0) return null;
  try {
    const own = from === null ? null : encodeAddress(libc, { host: from, port: 0 });
    // Routes may depend on our address. If it is gone by now, the usual route is the best guess.
    if (own !== null) libc.calls.bind(fd, own, own.byteLength);
    // Connecting looks the route up and sends nothing.
    if (libc.calls.connect(fd, to, to.byteLength) < 0) return null;
    return getOption(libc, fd, family === 6 ? OPTION.mtu6 : OPTION.mtu);
  } catch {
    return null;
  } finally {
    libc.calls.close(fd);
  }
}

/** The index of the interface that has this address, or 0. */
export function interfaceOf(libc: Libc, host: string): number {
  const address = host.split("%")[0];
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some((its) => its.address.split("%")[0] === address)) {
      return libc.calls.if_nametoindex(cString(name));
    }
  }
  return 0;
}

/** What must be set before the address is bound. */
function prepare(
  libc: Libc,
  { fd, family }: { fd: number; family: 4 | 6 },
  options: OpenOptions,
): void {
  const { group, reusePort } = options;
  if (family === 6) setOption(libc, fd, OPTION.v6only);
  if (group !== undefined) setOption(libc, fd, OPTION.reuseAddress);
  if (reusePort === true && !setOption(libc, fd, OPTION.reusePort)) {
    throw libc.failure("setsockopt(SO_REUSEPORT)");
  }
  equip(libc, { fd, family }, options);
}

/** What may be set at any time. */
function equip(
  libc: Libc,
  { fd, family }: { fd: number; family: 4 | 6 },
  { broadcast, multicastHops, pktinfo }: Omit<OpenOptions, "host" | "port">,
): void {
  if (broadcast === true) setOption(libc, fd, OPTION.broadcast);
  if (pktinfo) setOption(libc, fd, family === 6 ? OPTION.pktinfo6Receive : OPTION.pktinfo);
  // UDP_GRO (Linux 5.0): a window may come in one piece. Older kernels give its datagrams one by one.
  setOption(libc, fd, OPTION.coalesce);
  if (multicastHops !== undefined) {
    setOption(libc, fd, family === 6 ? OPTION.multicastHops6 : OPTION.multicastHops, multicastHops);
  }
  enlarge(libc, fd);
}

/** Joins on the interfaces with these addresses; throws if none of them takes it. */
function join(
  libc: Libc,
  { fd, family }: { fd: number; family: 4 | 6 },
  { group, hosts }: { readonly group: string; readonly hosts: readonly string[] },
): void {
  const is6 = family === 6;
  const address = encodeAddress(libc, { host: group, port: 0 });
  if (address?.byteLength !== (is6 ? SOCKADDR.bytes6 : SOCKADDR.bytes4)) {
    throw new Error(`"${group}" is no IPv${family} address`);
  }
  // Only what this socket joined, not what any other on this machine did.
  setOption(libc, fd, is6 ? OPTION.multicastAll6 : OPTION.multicastAll, 0);
  let joined = false;
  for (const host of hosts) {
    const [level, name] = is6 ? OPTION.addMembership6 : OPTION.addMembership;
    const request = is6 ? membership6(libc, address, host) : membership4(libc, address, host);
    const { calls } = libc;
    joined = calls.setsockopt(fd, level, name, request, request.byteLength) === 0 || joined;
  }
  if (!joined) throw libc.failure("setsockopt(ADD_MEMBERSHIP)");
}

/** struct ip_mreq. */
function membership4(libc: Libc, group: Uint32Array, host: string): Uint32Array<ArrayBuffer> {
  const own = encodeAddress(libc, { host, port: 0 });
  if (own?.byteLength !== SOCKADDR.bytes4) throw new Error(`"${host}" is no IPv4 address`);
  return new Uint32Array([group[SOCKADDR.address4 / 4]!, own[SOCKADDR.address4 / 4]!]);
}

/** struct ipv6_mreq. */
function membership6(libc: Libc, group: Uint32Array, host: string): Uint32Array<ArrayBuffer> {
  // The kernel would choose one for 0.
  const index = interfaceOf(libc, host) || NO_INTERFACE;
  return new Uint32Array([...group.slice(SOCKADDR.address6 / 4, SOCKADDR.scope6 / 4), index]);
}

/** The addresses of all interfaces. */
function ownHosts(family: 4 | 6): string[] {
  return Object.values(networkInterfaces()).flatMap((its) => its ?? [])
    .filter((its) => its.family === `IPv${family}`).map(({ address }) => address);
}

function setOption(
  libc: Libc,
  fd: number,
  [level, name]: readonly [number, number],
  value = 1,
): boolean {
  const bytes = new Int32Array(new ArrayBuffer(4)).fill(value);
  return libc.calls.setsockopt(fd, level, name, bytes, 4) === 0;
}

function getOption(
  libc: Libc,
  fd: number,
  [level, name]: readonly [number, number],
): number {
  const value = new Int32Array(new ArrayBuffer(4));
  const length = new Uint32Array([4]);
  if (libc.calls.getsockopt(fd, level, name, value, length) < 0) throw libc.failure("getsockopt");
  return value[0]!;
}

function enlarge(libc: Libc, fd: number): void {
  // The forcing kind ignores net.core.[rw]mem_max and needs CAP_NET_ADMIN.
  if (!setOption(libc, fd, OPTION.receiveBufferForce, SOCKET_BUFFER_BYTES)) {
    setOption(libc, fd, OPTION.receiveBuffer, SOCKET_BUFFER_BYTES);
  }
  if (!setOption(libc, fd, OPTION.sendBufferForce, SOCKET_BUFFER_BYTES)) {
    setOption(libc, fd, OPTION.sendBuffer, SOCKET_BUFFER_BYTES);
  }
}

function boundAddress(
  libc: Libc,
  fd: number,
  like: Uint32Array<ArrayBuffer>,
): { host: string; port: number } {
  const address = new Uint32Array(new ArrayBuffer(like.byteLength));
  const length = new Uint32Array([like.byteLength]);
  if (libc.calls.getsockname(fd, address, length) < 0) throw libc.failure("getsockname");
  return { host: decodeHost(libc, address), port: decodePort(address[0]!) };
}
