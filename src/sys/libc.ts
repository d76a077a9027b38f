// The C library by FFI: which functions, under which types, and errno. Numbers in and out; what the
// bytes of the buffers mean is in layout.ts. Linux only, 64 bits only.
import { loadPlatform, type NativeCalls, type NativeSymbol } from "../platform/index.ts";
import { errnoName } from "./errno.ts";

/** glibc's name first, then musl's. */
const LIBRARIES: readonly string[] = [
  "libc.so.6",
  "libc.musl-x86_64.so.1",
  "libc.musl-aarch64.so.1",
];

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "isize" },
  // Arenas go as buffers: Deno passes those 200 ns faster than addresses in numbers.
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "buffer"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  lseek: { parameters: ["i32", "isize", "i32"], result: "isize" },
  mmap: { parameters: ["usize", "usize", "i32", "i32", "i32", "isize"], result: "isize" },
  munmap: { parameters: ["usize", "usize"], result: "i32" },
  mincore: { parameters: ["usize", "usize", "buffer"], result: "i32" },
  madvise: { parameters: ["usize", "usize", "i32"], result: "i32" },
  getpagesize: { parameters: [], result: "i32" },
  faccessat: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  syscall: {
    parameters: ["usize", "usize", "buffer", "usize", "usize", "usize", "usize"],
    result: "isize",
  },
  ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  if_indextoname: { parameters: ["u32", "buffer"], result: "usize" },
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  inet_ntop: { parameters: ["i32", "buffer", "buffer", "u32"], result: "usize" },
  __errno_location: { parameters: [], result: "usize" },
  // memcpy under two types: out of foreign memory, and to learn the address of our own.
  memcpy: { parameters: ["buffer", "usize", "usize"], result: "usize" },
  memmove: { parameters: ["buffer", "buffer", "usize"], result: "usize" },
} as const;

export type LibcCalls = NativeCalls<typeof SYMBOLS>;

/** The C library as one thread sees it: errno belongs to the thread that opened it. */
export interface Libc {
  readonly calls: LibcCalls;
  /** errno of this thread. Ask right after the call that failed. */
  errno(): number;
  /** An error that says which call failed and how, `code` being the name of errno. */
  failure(call: string): Error & { readonly code: string };
  /**
   * The address of the first octet. Good as long as the buffer is referenced from JavaScript;
   * only for views over an `ArrayBuffer` made explicitly, which no runtime moves.
   */
  addressOf(bytes: Uint8Array<ArrayBuffer>): number;
}

/** Opens the C library for this thread. Rejects where there is none we know, or FFI is not allowed. */
export async function openLibc(): Promise<Libc> {
  if (process.platform !== "linux") throw new Error(`Cannot use libc on "${process.platform}"`);
  const calls = await openLibrary(SYMBOLS);
  const location = calls.__errno_location();
  const cell = new Int32Array(new ArrayBuffer(4));
  const errno = () => {
    calls.memcpy(cell, location, 4);
    return cell[0]!;
  };
  return {
    calls,
    errno,
    failure(call) {
      const code = errnoName(errno());
      return Object.assign(new Error(`${call}: ${code}`), { code });
    },
    // Moving no octets onto themselves returns the address.
    addressOf: (bytes) => calls.memmove(bytes, bytes, 0),
  };
}

/** Binds functions of the C library. Rejects where there is none we know, or one is missing. */
export async function openLibrary<const S extends Readonly<Record<string, NativeSymbol>>>(
  symbols: S,
): Promise<NativeCalls<S>> {
  const platform = await loadPlatform();
  let cause: unknown;
  for (const name of LIBRARIES) {
    try {
      return platform.dlopen(name, symbols);
    } catch (error) {
      cause ??= error;
    }
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new Error(`Cannot open the C library: ${why}`, { cause });
}
