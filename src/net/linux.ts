// The Linux driver: system calls in batches, for a thread that sleeps in epoll_wait. `run` blocks its
// thread; the event loop gets a turn when the wake descriptor is written, when the host asks for a
// rest, and once in a while for timers and the garbage collector's sake.
import { EventFd } from "../sys/eventfd.ts";
import { assertLayouts, EPOLL, EPOLL_EVENT } from "../sys/layout.ts";
import { type Libc, openLibc } from "../sys/libc.ts";
import { adoptUdpSocket, canSegment, type NativeSocket, openUdpSocket } from "../sys/socket.ts";
import { bindError } from "./bind_error.ts";
import type { BindOptions, Pace, Source, UdpDriver, UdpHost, UdpSocket } from "./driver.ts";
import { type LinuxLocal, LocalBook } from "./linux_local.ts";
import { PeerBook } from "./linux_peer.ts";
import { Receiver } from "./linux_receive.ts";
import { RouteBook } from "./linux_routes.ts";
import { SendQueue } from "./linux_send.ts";
import { LinuxSocket } from "./linux_socket.ts";
import { SourceBook } from "./linux_sources.ts";
import { Vigil } from "./linux_vigil.ts";

/** Readable sockets reported by one call; the others are reported by the next. */
const EVENTS_MAX = 64;
/** The event loop gets a turn at least this often, unless another time is given. */
const YIELD_MS = 1000;
/** An answer from nearby is there sooner than this. */
const VIGIL_MS = 0.05;
/** In this time a fast network delivers about as much as an untuned system's buffer takes. */
const LEISURE_MS = 2;

/** What the Linux driver may be given. */
export interface LinuxOptions {
  /** Told of each send error: tens of thousands a second, at worst. */
  readonly onFault?: (text: string) => void;
  /** Told once for each way of sending that is refused. */
  readonly onNotice?: (text: string) => void;
  /** An eventfd that other threads write to wake this driver; theirs to close. */
  readonly wakeFd?: number;
  /** The event loop gets a turn at least this often: signals and timers wait for it. */
  readonly yieldMs?: number;
}

/**
 * A driver on batched system calls. Deadlines are in milliseconds of this thread's
 * `performance.now()`. Rejects where the system, the architecture or FFI does not allow it.
 */
export async function createLinuxDriver(options: LinuxOptions = {}): Promise<LinuxDriver> {
  const libc = await openLibc();
  assertLayouts(libc);
  return new LinuxDriver(libc, options);
}

/** Made by `createLinuxDriver`. */
export class LinuxDriver implements UdpDriver {
  readonly name = "linux";
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #wake: EventFd;
  readonly #ownsWake: boolean;
  readonly #events = new Int32Array(new ArrayBuffer(EVENTS_MAX * EPOLL_EVENT.bytes));
  /** By descriptor. */
  readonly #sockets = new Map<number, LinuxSocket>();
  readonly #locals: LocalBook;
  readonly #routes: RouteBook;
  readonly #sources: SourceBook;
  readonly #receiver: Receiver;
  readonly #queue: SendQueue;
  readonly #yieldMs: number;
  readonly #vigil = new Vigil(VIGIL_MS);
  /** The last wait brought something. */
  #isBusy = false;
  #turnAsked = false;
  #restAsked = false;
  #stopped = false;
  #host: UdpHost | null = null;
  #closed = false;

  constructor(libc: Libc, options: LinuxOptions) {
    this.#libc = libc;
    this.#yieldMs = options.yieldMs ?? YIELD_MS;
    this.#epoll = libc.calls.epoll_create1(EPOLL.cloexec);
    if (this.#epoll < 0) throw libc.failure("epoll_create1");
    this.#wake = new EventFd(libc, options.wakeFd);
    this.#ownsWake = options.wakeFd === undefined;
    this.#watch(this.#wake.fd);
    const onFault = options.onFault ?? (() => {});
    const cuts = canSegment(libc);
    if (!cuts) options.onNotice?.("UDP_SEGMENT unknown to this kernel; sending one by one");
    const peers = new PeerBook(libc, (peer) => this.#host?.holds?.(peer) ?? false);
    this.#locals = new LocalBook(libc);
    this.#routes = new RouteBook(libc, () => this.now());
    this.#sources = new SourceBook(libc, onFault);
    this.#receiver = new Receiver(libc, peers, this.#locals);
    this.#queue = new SendQueue(libc, { peers, sources: this.#sources, cuts }, {
      onFault,
      onNotice: options.onNotice ?? (() => {}),
    });
  }

  /** Write 8 octets here, from any thread, and the driver enters its event loop once. */
  get wakeFd(): number {
    return this.#wake.fd;
  }

  now(): number {
    return performance.now();
  }

  // deno-lint-ignore require-await -- a refusal must be a rejection.
  async bind(options: BindOptions): Promise<UdpSocket> {
    try {
      return this.#open(options);
    } catch (error) {
      throw bindError(options, error);
    }
  }

  // deno-lint-ignore require-await -- a refusal must be a rejection.
  async adopt(fd: number): Promise<UdpSocket> {
    return this.#serving(adoptUdpSocket(this.#libc, fd), null);
  }

  expand(host: string): readonly string[] {
    return [host];
  }

  release(source: Source): void {
    this.#queue.release(source);
  }

  async run(host: UdpHost): Promise<void> {
    this.#host = host;
    try {
      while (!this.#stopped) {
        this.#spin(host);
        await eventLoopTurn();
      }
    } finally {
      this.#close();
    }
  }

  wake(): void {
    this.#turnAsked = true;
  }

  rest(): void {
    this.#turnAsked = true;
    this.#restAsked = true;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#host === null) this.#close();
  }

  #open(options: BindOptions): LinuxSocket {
    // Our address is known without asking where the socket is bound to one of an interface.
    const local = this.#locals.ofBound(options.host);
    const native = openUdpSocket(this.#libc, { ...options, pktinfo: local === null });
    return this.#serving(native, local);
  }

  #serving(native: NativeSocket, local: LinuxLocal | null): LinuxSocket {
    const socket = new LinuxSocket(native, {
      local,
      queue: this.#queue,
      routes: this.#routes,
      onClose: () => {
        this.#sockets.delete(native.fd);
        this.#libc.calls.close(native.fd);
      },
    });
    this.#watch(native.fd);
    this.#sockets.set(native.fd, socket);
    if (this.#stopped) socket.close();
    return socket;
  }

  #watch(fd: number): void {
    const event = new Int32Array(new ArrayBuffer(EPOLL_EVENT.bytes));
    event[EPOLL_EVENT.events / 4] = EPOLL.in;
    event[EPOLL_EVENT.data / 4] = fd;
    if (this.#libc.calls.epoll_ctl(this.#epoll, EPOLL.add, fd, event) < 0) {
      throw this.#libc.failure("epoll_ctl");
    }
  }

  /** Serves until the event loop must have a turn. Synchronous: this is the hot loop. */
  #spin(host: UdpHost): void {
    const yieldAt = this.now() + this.#yieldMs;
    this.#restAsked = false;
    let now = this.#queue.now = this.now();
    let deadline = host.turn(now);
    do {
      this.#queue.flush();
      if (this.#stopped) return;
      const wakeAt = Math.min(deadline, yieldAt, this.#queue.retryAt);
      const ready = this.#sleep(wakeAt, host.pace?.() ?? "hurried");
      now = this.#queue.now = this.now();
      this.#turnAsked = false;
      let woken = false;
      for (let i = 0; i < ready; i++) {
        const fd = this.#events[(i * EPOLL_EVENT.bytes + EPOLL_EVENT.data) / 4]!;
        const socket = this.#sockets.get(fd);
        if (socket !== undefined) this.#serve(socket, host, now);
        else if (fd === this.#wake.fd) woken = true;
      }
      if (now >= this.#queue.retryAt) this.#queue.retry();
      deadline = host.turn(now);
      if (woken) {
        this.#wake.clear();
        break;
      }
    } while (now < yieldAt && !this.#restAsked && !this.#stopped);
    this.#queue.flush();
  }

  #serve(socket: LinuxSocket, host: UdpHost, now: number): void {
    this.#receiver.drain(socket, host, now);
    this.#queue.flush();
  }

  /** Sleeps until something is readable or the deadline has come; gives how many are readable. */
  #sleep(deadline: number, pace: Pace): number {
    if (pace === "leisurely") this.#linger(deadline);
    const sleepMs = this.#turnAsked ? 0 : Math.max(0, Math.ceil(deadline - this.now()));
    const looks = pace === "hurried" && sleepMs > 0 && this.#isBusy;
    const ready = (looks && this.#look()) || this.#ready(sleepMs);
    this.#isBusy = ready > 0;
    return ready;
  }

  /** Lets datagrams gather: waking up costs more than they do. */
  #linger(deadline: number): void {
    if (this.#turnAsked) return;
    const lingerMs = Math.min(LEISURE_MS, Math.floor(deadline - this.now()));
    if (lingerMs > 0) this.#libc.calls.poll(null, 0, lingerMs);
  }

  /** Looks without sleeping; 0 if there was nothing, or looking would not pay. */
  #look(): number {
    const vigilMs = this.#vigil.begin();
    if (vigilMs === 0) return 0;
    const until = this.now() + vigilMs;
    let ready = 0;
    while (ready === 0 && this.now() < until) ready = this.#ready(0);
    this.#vigil.ended(ready > 0);
    return ready;
  }

  #ready(waitMs: number): number {
    return this.#libc.calls.epoll_wait(this.#epoll, this.#events, EVENTS_MAX, waitMs);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.flush();
    for (const socket of [...this.#sockets.values()]) socket.close();
    this.#sources.close();
    this.#libc.calls.close(this.#epoll);
    if (this.#ownsWake) this.#wake.close();
  }
}

/** Lets handlers of messages and timers run. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
