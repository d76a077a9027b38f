// Receives one file as firmware does: a fixed timeout of its own, and an ACK for every block that is
// not the expected one (EDK2) or for the first of them only (U-Boot). What repairs a loss before that
// timeout is the sender alone. The client side of a read; sans-IO like our own machines.
import type { Failure, Machine, Outbox, Packet } from "../../src/proto/machine.ts";
import { type BlockIndex, blockIndex, blockNumber } from "../../src/wire/block.ts";

/** EDK2 (Mtftp4Rrq.c) complains of every unexpected block, U-Boot of the first after each good one. */
export type Manners = "edk2" | "u-boot";

export interface FirmwareOptions {
  readonly manners: Manners;
  readonly blockBytes: number;
  readonly windowBlocks: number;
  readonly timeoutMs: number;
  readonly outbox: Pick<Outbox, "control" | "write" | "finish">;
}

/** Ends with the ACK of the first block shorter than `blockBytes`; has endless patience. */
export class FirmwareReceiver implements Machine {
  /** Highest block received in order. */
  received: BlockIndex = 0;
  /** How often it had to help itself. */
  timeouts = 0;
  deadline = Infinity;
  readonly #options: FirmwareOptions;
  #acked: BlockIndex = 0;
  #complained: BlockIndex = -1;
  #finished = false;

  constructor(options: FirmwareOptions) {
    this.#options = options;
  }

  /** Answers the OACK. */
  start(now: number) {
    this.#ack(now);
  }

  receive(packet: Packet, now: number) {
    if (packet.op === "data") this.data(packet.block, packet.payload, now);
    else if (packet.op === "oack" && this.received === 0 && !this.#finished) this.#ack(now);
  }

  /** A DATA packet; `payload` is valid during the call only. */
  data(number: number, payload: Uint8Array, now: number) {
    if (this.#finished) return;
    const index = blockIndex(number, this.received, 0);
    if (index !== this.received + 1) return this.#unexpected(now);
    const { outbox, blockBytes, windowBlocks, timeoutMs } = this.#options;
    this.received = index;
    outbox.write(index, payload);
    const isLast = payload.length < blockBytes;
    if (isLast || index - this.#acked >= windowBlocks) this.#ack(now);
    else this.deadline = now + timeoutMs;
    if (isLast) this.#finish(() => outbox.finish({ kind: "done" }));
  }

  timeout(now: number) {
    if (now < this.deadline) return;
    this.timeouts++;
    this.#ack(now);
  }

  abort(failure: Failure) {
    if (this.#finished) return;
    const { outbox } = this.#options;
    outbox.control({ op: "error", code: failure.code, message: failure.text });
    this.#finish(() => outbox.finish({ kind: "failed", failure }));
  }

  #unexpected(now: number) {
    const isNew = this.#complained !== this.received;
    this.#complained = this.received;
    if (isNew || this.#options.manners === "edk2") this.#ack(now);
  }

  #ack(now: number) {
    this.#acked = this.received;
    this.deadline = now + this.#options.timeoutMs;
    this.#options.outbox.control({ op: "ack", block: blockNumber(this.received, 0) });
  }

  #finish(tell: () => void) {
    this.#finished = true;
    this.deadline = Infinity;
    tell();
  }
}
