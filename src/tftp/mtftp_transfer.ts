// A pass of PXE MTFTP as the endpoint sees it: a transfer to the client that opened it, whose DATA
// goes to the group. Everything leaves from the server port that clients expect it from.
import type { Peer } from "../net/driver.ts";
import type { MtftpConfig } from "../config/config.ts";
import type { Result, Timing } from "../proto/machine.ts";
import { MTFTP_BLOCK_BYTES, MtftpPass } from "../proto/mtftp.ts";
import { unnegotiated } from "../proto/negotiate.ts";
import type { LiveTransfer, Report } from "../resolve/report.ts";
import type { BlockIndex } from "../wire/block.ts";
import { decodePacket } from "../wire/packet.ts";
import { OctetContent } from "./content.ts";
import { DataRun } from "./data_run.ts";
import { describe, type Ending } from "./describe.ts";
import { type SendingOptions, SendingTransfer } from "./sending_transfer.ts";

export interface PassOptions extends SendingOptions {
  readonly entry: MtftpConfig;
  readonly timing: Timing;
}

/** The least patience with the client that acknowledges. */
const PATIENCE_MS_MIN = 2_000;
const GRANTED = unnegotiated(MTFTP_BLOCK_BYTES);

export class MtftpTransfer extends SendingTransfer {
  protected override readonly machine: MtftpPass;
  readonly #options: PassOptions;
  readonly #group: Peer;
  readonly #content: OctetContent;
  readonly #run: DataRun;

  constructor(options: PassOptions) {
    super(options);
    this.#options = options;
    const { entry } = options;
    this.#group = { family: 4, host: entry.address, port: entry.clientPort };
    this.#content = new OctetContent(options.file, MTFTP_BLOCK_BYTES);
    this.#run = new DataRun(this.#content, GRANTED);
    this.machine = new MtftpPass({
      lastBlock: this.#content.lastBlock(),
      timing: options.timing,
      delayMs: entry.delayMs,
      patienceMs: Math.max(entry.reopenTimeoutMs, PATIENCE_MS_MIN),
      outbox: this,
      now: options.now,
    });
  }

  get entry(): MtftpConfig {
    return this.#options.entry;
  }

  receive(bytes: Uint8Array, now: number) {
    this.heardAt = now;
    const packet = decodePacket(bytes);
    if (packet.op !== "malformed") this.step(now, (machine) => machine.receive(packet, now));
  }

  blocks(first: BlockIndex, count: number) {
    for (let index = first; index < first + count; index++) {
      this.#run.take(index, 1);
      // Alone first: atftp takes the group's copy for somebody else's pass otherwise.
      if (index === 1) this.sendRun(this.route.peer, this.#run);
      this.sendRun(this.#group, this.#run);
    }
  }

  live(now: number): LiveTransfer {
    const { entry, file } = this.#options;
    return {
      via: "mtftp",
      operation: "read",
      client: this.route.peer.host,
      port: this.route.peer.port,
      name: entry.file,
      bytes: this.#bytes,
      size: file.size,
      durationMs: now - this.startedAt,
      options: this.#place,
    };
  }

  protected reportOf(result: Result, now: number): Report {
    const ending: Ending = {
      operation: "read",
      route: this.route,
      request: this.request,
      trail: this.trail,
      file: this.entry.file,
      path: this.#options.file.path,
      bytes: this.#bytes,
      durationMs: now - this.startedAt,
      retransmits: this.machine.retransmits,
      roundTripMs: this.machine.roundTripMs,
      confirmed: this.machine.confirmed,
      granted: GRANTED,
    };
    const hint = result.kind === "failed" && !this.machine.confirmed
      ? `No ACK from ${this.route.peer.host}: it must get block 1 twice, alone and as a member of ` +
        `${this.entry.address}; IGMP snooping without a querier?`
      : "";
    const report = describe.report(ending, result);
    return { ...report, via: "mtftp", options: this.#place, limiter: "", hint };
  }

  get #bytes(): number {
    return this.#content.bytesUpTo(this.machine.ackedBlocks);
  }

  get #place(): string {
    const { address, clientPort, serverPort } = this.entry;
    return `group=${address}:${clientPort} server-port=${serverPort}`;
  }
}
