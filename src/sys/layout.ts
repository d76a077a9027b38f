// Where the fields of C structures lie on 64-bit little-endian Linux, and the numbers of its socket
// interface. x86-64 and arm64 agree in all of it but the packing of epoll_event. `assertLayouts`
// checks the runtime against this once; nobody else may write structures.
import type { Libc } from "./libc.ts";
import { Arena } from "./arena.ts";

/** struct mmsghdr: a msghdr of 56 octets, then msg_len. Offsets in octets. */
export const MMSGHDR = {
  bytes: 64,
  name: 0,
  nameLength: 8,
  iov: 16,
  iovLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  length: 56,
} as const;

/** struct iovec. */
export const IOVEC = { bytes: 16, base: 0, length: 8 } as const;

/** struct cmsghdr; data follows at once, the next record at a multiple of 8. */
export const CMSG = { length: 0, level: 8, type: 12, data: 16 } as const;

/** Control records: CMSG_SPACE and CMSG_LEN of what we send and receive. */
export const CMSG_SIZE = {
  pktinfo: { space: 32, length: 28 },
  pktinfo6: { space: 40, length: 36 },
  segment: { space: 24, length: 18 },
  coalesced: { space: 24, length: 20 },
} as const;

/** sockaddr_in and sockaddr_in6: family (16 bits), port (16 bits, big-endian), then these. */
export const SOCKADDR = {
  bytes4: 16,
  bytes6: 28,
  /** Room for either, and a multiple of 8. */
  bytesMax: 32,
  address4: 4,
  address6: 8,
  scope6: 24,
} as const;

/** struct epoll_event is packed on x86-64 only. */
export const EPOLL_EVENT = process.arch === "x64"
  ? { bytes: 12, events: 0, data: 4 } as const
  : { bytes: 16, events: 0, data: 8 } as const;

export const AF = { unix: 1, inet: 2, inet6: 10 } as const;

export const SOCK = { stream: 1, dgram: 2, nonblock: 0x800, cloexec: 0x80000 } as const;

export const MSG_DONTWAIT = 0x40;

/** Socket options as [level, name]. */
export const OPTION = {
  reuseAddress: [1, 2],
  type: [1, 3],
  broadcast: [1, 6],
  sendBuffer: [1, 7],
  receiveBuffer: [1, 8],
  reusePort: [1, 15],
  acceptsConnections: [1, 30],
  sendBufferForce: [1, 32],
  receiveBufferForce: [1, 33],
  domain: [1, 39],
  multicastHops: [0, 33],
  multicastHops6: [41, 18],
  addMembership6: [41, 20],
  multicastAll6: [41, 29],
  pktinfo: [0, 8],
  mtu: [0, 14],
  addMembership: [0, 35],
  multicastAll: [0, 49],
  mtu6: [41, 24],
  pktinfo6Receive: [41, 49],
  pktinfo6: [41, 50],
  v6only: [41, 26],
  segment: [17, 103],
  coalesce: [17, 104],
} as const satisfies Record<string, readonly [level: number, name: number]>;

export const EPOLL = { cloexec: 0x80000, add: 1, delete: 2, in: 1 } as const;
export const EVENTFD = { nonblock: 0x800, cloexec: 0x80000 } as const;
export const POLLOUT = 4;
export const SEEK_END = 2;
export const MMAP = { read: 1, shared: 1 } as const;
/** madvise: these pages will be wanted soon. */
export const MADV_WILLNEED = 3;
/** preadv2: do not wait for the disk. */
export const RWF_NOWAIT = 8;
export const SYSCALL_PREADV2 = process.arch === "x64" ? 327 : 286;
/** access: may it be written? */
export const ACCESS = { write: 2 } as const;
/** faccessat: the descriptor itself, by the effective user. */
export const AT = { emptyPath: 0x1000, effectiveAccess: 0x200 } as const;
/** Sets FD_CLOEXEC, by ioctl(2). */
export const FIOCLEX = 0x5451;
/** IFNAMSIZ: an interface's name with its final NUL. */
export const IFNAME_BYTES = 16;

/**
 * Throws unless this machine has the layouts above: by architecture, then by sending two messages
 * of two pieces each through a socket pair and reading them back.
 */
export function assertLayouts(libc: Libc): void {
  const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
  if (!littleEndian || (process.arch !== "x64" && process.arch !== "arm64")) {
    throw new Error(`Cannot use system calls in batches on "${process.arch}"`);
  }
  const pair = new Int32Array(new ArrayBuffer(8));
  if (libc.calls.socketpair(AF.unix, SOCK.dgram | SOCK.cloexec, 0, pair) < 0) {
    throw libc.failure("socketpair");
  }
  try {
    exchange(libc, [pair[0]!, pair[1]!]);
  } finally {
    libc.calls.close(pair[0]!);
    libc.calls.close(pair[1]!);
  }
}

function exchange(libc: Libc, [from, to]: [number, number]): void {
  const out = new Arena(libc, 1024);
  const back = new Arena(libc, 1024);
  for (let i = 0; i < 4; i++) {
    out.setPointer(256 + i * IOVEC.bytes, out.address + 512 + i * 8);
    out.words[(256 + i * IOVEC.bytes + IOVEC.length) / 4] = i + 1;
    out.bytes.fill(i + 1, 512 + i * 8, 512 + i * 8 + i + 1);
  }
  for (let i = 0; i < 2; i++) {
    out.setPointer(i * MMSGHDR.bytes + MMSGHDR.iov, out.address + 256 + i * 2 * IOVEC.bytes);
    out.words[(i * MMSGHDR.bytes + MMSGHDR.iovLength) / 4] = 2;
    back.setPointer(256 + i * IOVEC.bytes, back.address + 512 + i * 16);
    back.words[(256 + i * IOVEC.bytes + IOVEC.length) / 4] = 16;
    back.setPointer(i * MMSGHDR.bytes + MMSGHDR.iov, back.address + 256 + i * IOVEC.bytes);
    back.words[(i * MMSGHDR.bytes + MMSGHDR.iovLength) / 4] = 1;
  }
  const sent = libc.calls.sendmmsg(from, out.bytes, 2, MSG_DONTWAIT);
  const got = sent === 2 ? libc.calls.recvmmsg(to, back.bytes, 2, MSG_DONTWAIT, null) : 0;
  const lengths = [0, 1].map((i) => back.words[(i * MMSGHDR.bytes + MMSGHDR.length) / 4]);
  const read = [...back.bytes.subarray(512, 515), ...back.bytes.subarray(528, 535)].join("");
  if (got !== 2 || lengths.join() !== "3,7" || read !== "1223334444") {
    throw new Error(
      "Cannot use system calls in batches: the layout of mmsghdr is not the expected",
    );
  }
}
