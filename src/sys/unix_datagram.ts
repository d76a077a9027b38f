// Datagrams to a socket of this machine that has a name: a path, or "@name" in the abstract
// namespace. syslog and systemd listen on such. Neither Deno nor Bun has them, so this is by FFI.
import { errnoName } from "./errno.ts";
import { AF, SOCK } from "./layout.ts";
import { openLibrary } from "./libc.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  __errno_location: { parameters: [], result: "usize" },
  memcpy: { parameters: ["buffer", "usize", "usize"], result: "usize" },
} as const;

type Calls = Awaited<ReturnType<typeof openLibrary<typeof SYMBOLS>>>;

/** sizeof(sockaddr_un): the family in 16 bits, then the name. */
const ADDRESS_BYTES_MAX = 110;
const FAMILY_BYTES = 2;

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "no such socket",
  ECONNREFUSED: "nobody listens there",
  EACCES: "permission denied",
  EPROTOTYPE: "it takes no datagrams",
};

/** A sender to one named socket. It is connected, so a chroot does not take its target away. */
export class UnixDatagram {
  readonly #calls: Calls;
  readonly #address: Uint8Array<ArrayBuffer>;
  #fd = -1;

  constructor(calls: Calls, address: Uint8Array<ArrayBuffer>) {
    this.#calls = calls;
    this.#address = address;
    if (this.#connect()) return;
    const code = errnoName(this.#errno());
    throw new Error(WORDS[code] ?? code);
  }

  /**
   * Sends one datagram without waiting; false where nobody takes it. A receiver that has been
   * started anew is found again, unless a chroot hides it.
   */
  send(message: Uint8Array): boolean {
    const bytes = new Uint8Array(message);
    return this.#write(bytes) || (this.#connect() && this.#write(bytes));
  }

  close(): void {
    if (this.#fd >= 0) this.#calls.close(this.#fd);
    this.#fd = -1;
  }

  #write(bytes: Uint8Array<ArrayBuffer>): boolean {
    return this.#fd >= 0 && this.#calls.write(this.#fd, bytes, bytes.length) === bytes.length;
  }

  #connect(): boolean {
    const fd = this.#calls.socket(AF.unix, SOCK.dgram | SOCK.nonblock | SOCK.cloexec, 0);
    if (fd < 0) return false;
    if (this.#calls.connect(fd, this.#address, this.#address.length) < 0) {
      // Closing sets errno only where it fails, which it does not.
      this.#calls.close(fd);
      return false;
    }
    this.close();
    this.#fd = fd;
    return true;
  }

  #errno(): number {
    const cell = new Int32Array(new ArrayBuffer(4));
    this.#calls.memcpy(cell, this.#calls.__errno_location(), 4);
    return cell[0]!;
  }
}

/**
 * Opens a sender to the socket of this name. Rejects with what is wrong where nobody listens
 * there, the name is too long, or C cannot be called.
 */
export async function openUnixDatagram(name: string): Promise<UnixDatagram> {
  const address = unixAddress(name);
  if (address === null) throw new Error(`"${name}" is no name of a socket`);
  return new UnixDatagram(await openLibrary(SYMBOLS), address);
}

/** The sockaddr_un of a path, or of "@name"; null where it is neither, or too long. */
export function unixAddress(name: string): Uint8Array<ArrayBuffer> | null {
  const isAbstract = name.startsWith("@");
  if ((!isAbstract && !name.startsWith("/")) || name.includes("\0")) return null;
  // A path ends in a NUL; an abstract name begins with one and ends with the address.
  const bytes = new TextEncoder().encode(isAbstract ? `\0${name.slice(1)}` : `${name}\0`);
  if (FAMILY_BYTES + bytes.length > ADDRESS_BYTES_MAX || name.length < 2) return null;
  const address = new Uint8Array(new ArrayBuffer(FAMILY_BYTES + bytes.length));
  address[0] = AF.unix;
  address.set(bytes, FAMILY_BYTES);
  return address;
}
