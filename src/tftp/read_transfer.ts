// A read (RRQ): a sender, a file, and DATA cut from it by the driver.
import type { Granted, Result, Timing } from "../proto/machine.ts";
import { Sender } from "../proto/sender.ts";
import type { LiveTransfer, Report } from "../resolve/report.ts";
import type { FileName } from "../resolve/name.ts";
import type { BlockIndex } from "../wire/block.ts";
import { blockOf, DATA_HEADER_BYTES, decodePacket, OPCODE, opcodeOf } from "../wire/packet.ts";
import { type Content, NetasciiContent, OctetContent } from "./content.ts";
import { DataRun } from "./data_run.ts";
import { describe, type Ending } from "./describe.ts";
import { type SendingOptions, SendingTransfer } from "./sending_transfer.ts";

export interface ReadOptions extends SendingOptions {
  readonly name: FileName;
  readonly granted: Granted;
  readonly timing: Timing;
  /** Why it is not served to a group, if that was asked for; else "". */
  readonly noMulticast: string;
}

export class ReadTransfer extends SendingTransfer {
  protected override readonly machine: Sender;
  readonly #options: ReadOptions;
  readonly #content: Content;
  readonly #run: DataRun;

  constructor(options: ReadOptions) {
    super(options);
    this.#options = options;
    const { file, granted } = options;
    this.#content = options.request.mode === "netascii"
      ? new NetasciiContent(file, granted.blockBytes)
      : new OctetContent(file, granted.blockBytes);
    this.machine = new Sender({
      granted,
      extent: this.#content,
      timing: options.timing,
      outbox: this,
      now: options.now,
    });
    this.#run = new DataRun(this.#content, granted);
  }

  receive(bytes: Uint8Array, now: number) {
    this.heardAt = now;
    if (opcodeOf(bytes) === OPCODE.ack && bytes.length >= DATA_HEADER_BYTES) {
      this.#acknowledge(blockOf(bytes), now, bytes[DATA_HEADER_BYTES] ?? 0);
    } else {
      const packet = decodePacket(bytes);
      if (packet.op !== "malformed") this.step(now, (machine) => machine.receive(packet, now));
    }
  }

  /** The hot path: no closure, no packet object. */
  #acknowledge(block: number, now: number, nextBlocks: number) {
    if (this.ended) return;
    try {
      this.machine.acknowledge(block, now, nextBlocks);
    } catch (error) {
      return this.step(now, () => {
        throw error;
      });
    }
    this.settle(now);
  }

  blocks(first: BlockIndex, count: number) {
    for (let done = 0; done < count;) {
      done += this.#run.take(first + done, count - done);
      this.sendRun(this.route.peer, this.#run);
    }
  }

  live(now: number): LiveTransfer {
    const size = this.#content.source.size;
    return {
      via: "tftp",
      operation: "read",
      client: this.route.peer.host,
      port: this.route.peer.port,
      name: this.#options.name,
      bytes: this.#content.bytesUpTo(this.machine.ackedBlocks),
      size: Number.isFinite(size) ? size : null,
      durationMs: now - this.startedAt,
      options: describe.options(this.#options.granted),
    };
  }

  protected reportOf(result: Result, now: number): Report {
    const ending: Ending = {
      operation: "read",
      route: this.route,
      request: this.request,
      trail: this.trail,
      file: this.#options.name,
      path: this.#options.file.path,
      bytes: this.#content.bytesUpTo(this.machine.ackedBlocks),
      durationMs: now - this.startedAt,
      retransmits: this.machine.retransmits,
      roundTripMs: this.machine.roundTripMs,
      confirmed: this.machine.confirmed,
      granted: this.#options.granted,
      noMulticast: this.#options.noMulticast,
    };
    return describe.report(ending, result);
  }
}
