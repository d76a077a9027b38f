// One pass of PXE MTFTP as the server sees it: the client that opened it acknowledges block after
// block, everybody on the group's address listens. Blocks only rise, what is lost is sent again as
// it is, and nothing but DATA is ever sent (PXE 2.1, the EFI 1.10 reference client).
import { GroupFlow } from "./group_flow.ts";
import { blockWaitMs } from "./group_timing.ts";
import type { BlockIndex, Failure, Machine, Packet, Result, Timing } from "./machine.ts";

/** MTFTP knows no options: these are its only blocks, and it cannot roll over. */
export const MTFTP_BLOCK_BYTES = 512;

/** Where a pass puts what it wants done. */
export interface MtftpOutbox {
  /**
   * Send this block to the group. Block 1 goes to the client alone as well: that it gets both tells
   * it that it has opened the pass.
   */
  blocks(first: BlockIndex, count: number): void;
  finish(result: Result): void;
}

export interface MtftpOptions {
  readonly lastBlock: BlockIndex;
  readonly timing: Timing;
  /** Between the request and the first block, for others to begin to listen. */
  readonly delayMs: number;
  /** A client that is silent for so long is given up; listeners open a pass of their own then. */
  readonly patienceMs: number;
  readonly outbox: MtftpOutbox;
  readonly now: number;
}

export class MtftpPass implements Machine {
  /** When `timeout` is due; Infinity for never. */
  deadline: number;
  readonly #options: MtftpOptions;
  readonly #flow: GroupFlow;
  #begun = false;
  #confirmed = false;
  #strikes = 0;
  #progressAt: number;
  #finished = false;

  constructor(options: MtftpOptions) {
    this.#options = options;
    this.#flow = new GroupFlow({
      lastBlock: options.lastBlock,
      aheadBlocksMax: 1,
      send: (first, count) => options.outbox.blocks(first, count),
    });
    this.#progressAt = options.now + options.delayMs;
    this.deadline = this.#progressAt;
  }

  get ackedBlocks(): BlockIndex {
    return this.#flow.acked;
  }

  get retransmits(): number {
    return this.#flow.repeats;
  }

  get roundTripMs(): number {
    return Math.max(this.#flow.roundTripMs, 0);
  }

  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** Begins at once where there is nothing to wait for. */
  start(now: number) {
    this.timeout(now);
  }

  /** The client repeated its request: block 1 was lost on one of its ways. */
  requestedAgain(now: number) {
    if (!this.#finished && this.#begun && this.#flow.acked === 0) this.#flow.again(now);
  }

  /** ACK n asks for block n + 1; a lower one never goes back. */
  acknowledge(block: BlockIndex, now: number) {
    const { lastBlock } = this.#options;
    if (this.#finished || !this.#begun || block <= this.#flow.acked || block > lastBlock) return;
    this.#confirmed = true;
    this.#flow.acknowledge(block, now);
    this.#strikes = 0;
    this.#progressAt = now;
    if (block === lastBlock) this.#finish({ kind: "done" });
    else this.#arm(now);
  }

  receive(packet: Packet, now: number) {
    if (packet.op === "ack") return this.acknowledge(packet.block, now);
    if (packet.op !== "error" || this.#finished) return;
    const { code, message: text } = packet;
    this.#finish({ kind: "failed", failure: { kind: "peer", code, text } });
  }

  timeout(now: number) {
    if (this.#finished || now < this.deadline) return;
    if (!this.#begun) {
      this.#begun = true;
      this.#flow.restart(0, now);
    } else if (now - this.#progressAt >= this.#options.patienceMs) {
      return this.#giveUp();
    } else {
      this.#strikes++;
      this.#flow.again(now);
    }
    this.#arm(now);
  }

  /** Without a word: listeners take anything but DATA for a breach of the protocol. */
  abort(failure: Failure) {
    if (!this.#finished) this.#finish({ kind: "failed", failure });
  }

  #arm(now: number) {
    const { timing, patienceMs } = this.#options;
    const waitMs = blockWaitMs(timing, this.#flow, this.#strikes);
    this.deadline = Math.min(now + waitMs, Math.max(this.#progressAt + patienceMs, now + 1));
  }

  /** All was sent and only the last ACK is missing, which is a courtesy. */
  #giveUp() {
    const { lastBlock } = this.#options;
    if (this.#confirmed && this.#flow.highest === lastBlock) {
      return this.#finish({ kind: "done-unacknowledged" });
    }
    const text = "Timed out waiting for ACK";
    this.#finish({ kind: "failed", failure: { kind: "timeout", code: 0, text } });
  }

  #finish(result: Result) {
    this.#finished = true;
    this.deadline = Infinity;
    this.#options.outbox.finish(result);
  }
}
