// Runs conversations on a UDP driver, one after another.
import type { BindOptions, UdpDriver, UdpSocket } from "../net/driver.ts";
import type { Conversation, Network, Outcome } from "./conversation.ts";
import type { ClientEnvironment } from "./environment.ts";
import type { Cargo } from "./filing.ts";

/** One driver for all attempts of a job; whoever opens it stops it. */
export class Runner {
  readonly #driver: UdpDriver;
  readonly #signal: AbortSignal;
  readonly #sendFault: () => string | null;
  #current: Conversation | null = null;
  #running: Promise<void> | null = null;

  private constructor(
    driver: UdpDriver,
    more: { readonly signal: AbortSignal; readonly sendFault: () => string | null },
  ) {
    this.#driver = driver;
    this.#signal = more.signal;
    this.#sendFault = more.sendFault;
  }

  static async open({ createDriver, signal }: ClientEnvironment): Promise<Runner> {
    let last: string | null = null;
    const driver = await createDriver((text) => last = text);
    return new Runner(driver, { signal, sendFault: () => last });
  }

  /** What the system refused to send last, in words, or null. */
  get sendFault(): string | null {
    return this.#sendFault();
  }

  /** Rejects with `BindError`. */
  bind(options: BindOptions): Promise<UdpSocket> {
    return this.#driver.bind(options);
  }

  /** The driver as a conversation sees it; groups are received on the interface of `groupHost`. */
  network(groupHost: string | null): Network {
    return {
      now: () => this.#driver.now(),
      wake: () => this.#driver.wake(),
      // Bound to the group's own address, a socket hears no other group.
      joinGroup: (address, port) => {
        this.#driver.rest?.();
        return this.bind({
          host: address,
          port,
          group: address,
          ...(groupHost === null ? {} : { groupHost }),
        });
      },
    };
  }

  /** Rejects with a fault of ours only. */
  async converse(make: (now: number) => Conversation): Promise<Outcome> {
    const conversation = make(this.#driver.now());
    this.#current = conversation;
    const abort = () => conversation.abort(this.#driver.now());
    this.#signal.addEventListener("abort", abort);
    try {
      if (this.#signal.aborted) abort();
      else conversation.start(this.#driver.now());
      this.#driver.wake();
      // After the start: it may block, and looks for something to do first.
      this.#running ??= this.#run();
      // The driver ends before the conversation only by rejecting.
      await Promise.race([conversation.ended, this.#running]);
      return await conversation.ended;
    } finally {
      this.#signal.removeEventListener("abort", abort);
    }
  }

  async stop(cargo: Cargo): Promise<void> {
    if (cargo.kind === "send") this.#driver.release(cargo.source);
    this.#driver.stop();
    await this.#running;
  }

  #turn(now: number): number {
    const deadline = this.#current?.turn(now) ?? Infinity;
    // What has no deadline has ended, or waits for something outside.
    if (deadline === Infinity) this.#driver.rest?.();
    return deadline;
  }

  #run(): Promise<void> {
    return this.#driver.run({
      receive: (socket, peer, bytes, _local, now) =>
        this.#current?.receive(socket, { peer, bytes }, now),
      turn: (now) => this.#turn(now),
      pace: () => this.#current?.pace ?? "steady",
    });
  }
}
