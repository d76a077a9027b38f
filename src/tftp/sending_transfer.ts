// A transfer that sends a file by a machine of its own: to one peer, or to a group of MTFTP.
import type { Peer, Run } from "../net/driver.ts";
import type { Machine } from "../proto/machine.ts";
import type { OpenFile } from "../storage/store.ts";
import { Transfer, type TransferOptions } from "./transfer.ts";

export interface SendingOptions extends TransferOptions {
  /** Given back through `released` at the end. */
  readonly file: OpenFile;
  readonly released: (file: OpenFile) => void;
}

/** What a machine that sends DATA can do beyond others. */
interface SendingMachine extends Machine {
  /** True once the peer has acknowledged something. */
  readonly confirmed: boolean;
  start(now: number): void;
  requestedAgain(now: number): void;
}

export abstract class SendingTransfer extends Transfer {
  protected abstract override readonly machine: SendingMachine;
  readonly #file: OpenFile;
  readonly #released: (file: OpenFile) => void;
  #unreadable = false;

  constructor(options: SendingOptions) {
    super(options);
    this.#file = options.file;
    this.#released = options.released;
  }

  get confirmed(): boolean {
    return this.machine.confirmed;
  }

  start(now: number) {
    this.step(now, () => this.machine.start(now));
  }

  requestedAgain(now: number) {
    this.step(now, () => this.machine.requestedAgain(now));
  }

  write() {}

  commit() {}

  /** Sends DATA; the transfer ends, once the machine's call is over, where the file has changed. */
  protected sendRun(peer: Peer, run: Run) {
    const { socket, local } = this.route;
    if (socket.sendRun(peer, run, local) === "unreadable") this.#unreadable = true;
  }

  /** The file may have been found to hold no longer what it held when it was opened. */
  protected override settle(now: number) {
    if (this.#unreadable) {
      this.#unreadable = false;
      const text = "File changed while it was sent";
      return this.abort({ kind: "storage", code: 0, text }, now);
    }
    super.settle(now);
  }

  protected release() {
    this.#released(this.#file);
  }
}
