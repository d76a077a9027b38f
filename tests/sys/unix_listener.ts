// A named datagram socket that a test owns, to see what is sent there.
import { SOCK } from "../../src/sys/layout.ts";
import { openLibc } from "../../src/sys/libc.ts";
import { unixAddress } from "../../src/sys/unix_datagram.ts";

/** Whoever opened it closes it; the path is theirs to remove. */
export interface UnixListener {
  /** The next datagram as text, or null where none is waiting. */
  take(): string | null;
  close(): void;
}

/** Binds a path or "@name". */
export async function listenUnix(name: string): Promise<UnixListener> {
  const libc = await openLibc();
  const fd = libc.calls.socket(1, SOCK.dgram | SOCK.nonblock | SOCK.cloexec, 0);
  const address = unixAddress(name)!;
  if (libc.calls.bind(fd, address, address.length) < 0) throw libc.failure("bind");
  const buffer = new Uint8Array(new ArrayBuffer(65_536));
  return {
    take() {
      const length = libc.calls.read(fd, buffer, buffer.length);
      return length < 0 ? null : new TextDecoder().decode(buffer.slice(0, length));
    },
    close: () => void libc.calls.close(fd),
  };
}
