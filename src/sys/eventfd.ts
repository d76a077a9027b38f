// A descriptor that one thread writes to wake another that sleeps in a system call.
import { EVENTFD } from "./layout.ts";
import type { Libc } from "./libc.ts";

/** An eventfd; whoever opened it closes it, after every thread has stopped using it. */
export class EventFd {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #count = new BigUint64Array(new ArrayBuffer(8));

  /** Wraps a descriptor opened elsewhere, or opens one. Throws when there are no descriptors left. */
  constructor(libc: Libc, fd?: number) {
    this.#libc = libc;
    this.fd = fd ?? libc.calls.eventfd(0, EVENTFD.nonblock | EVENTFD.cloexec);
    if (this.fd < 0) throw libc.failure("eventfd");
  }

  /** Makes the descriptor readable. From any thread. */
  signal(): void {
    this.#count[0] = 1n;
    this.#libc.calls.write(this.fd, this.#count, 8);
  }

  /** Makes it unreadable again. */
  clear(): void {
    this.#libc.calls.read(this.fd, this.#count, 8);
  }

  close(): void {
    this.#libc.calls.close(this.fd);
  }
}
