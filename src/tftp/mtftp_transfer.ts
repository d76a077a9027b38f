// A pass of PXE MTFTP as the endpoint sees it: a transfer to the client that opened it, whose DATA
// goes to the group. Everything leaves from the server port that clients expect it from.
import type { Peer, Run } from "../net/driver.ts";
import type { MtftpConfig } from "../config/config.ts";
import type { Result, Timing } from "../proto/machine.ts";
import { lastBlockOf } from "../proto/group_offer.ts";
import { MTFTP_BLOCK_BYTES, MtftpPass } from "../proto/mtftp.ts";
import { unnegotiated } from "../proto/negotiate.ts";
import type { LiveTransfer, Report } from "../resolve/report.ts";
import type { BlockIndex } from "../wire/block.ts";
import { DATA_HEADER_BYTES, decodePacket, OPCODE, writeHeader } from "../wire/packet.ts";
import { describe, type Ending } from "./describe.ts";
import { type SendingOptions, SendingTransfer } from "./sending_transfer.ts";

export interface PassOptions extends SendingOptions {
  readonly entry: MtftpConfig;
  readonly timing: Timing;
}

/** The least patience with the client that acknowledges. */
const PATIENCE_MS_MIN = 2_000;
const GRANTED = unnegotiated(MTFTP_BLOCK_BYTES);
/** Shared by all passes: `sendRun` borrows it for the length of the call only. */
const headers = new Uint8Array(DATA_HEADER_BYTES);

export class MtftpTransfer extends SendingTransfer {
  protected override readonly machine: MtftpPass;
  readonly #options: PassOptions;
  readonly #group: Peer;
  readonly #run: { -readonly [K in keyof Run]: Run[K] };

  constructor(options: PassOptions) {
    super(options);
    this.#options = options;
    const { entry, file } = options;
    this.#group = { family: 4, host: entry.address, port: entry.clientPort };
    this.machine = new MtftpPass({
      lastBlock: lastBlockOf(file.size, MTFTP_BLOCK_BYTES),
      timing: options.timing,
      delayMs: entry.delayMs,
      patienceMs: Math.max(entry.reopenTimeoutMs, PATIENCE_MS_MIN),
      outbox: this,
      now: options.now,
    });
    this.#run = {
      headers,
      headerBytes: DATA_HEADER_BYTES,
      source: file,
      segmentBytes: MTFTP_BLOCK_BYTES,
      offset: 0,
      totalBytes: 0,
      count: 1,
    };
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
    const run = this.#run;
    for (let index = first; index < first + count; index++) {
      writeHeader(headers, 0, OPCODE.data, index);
      run.offset = (index - 1) * MTFTP_BLOCK_BYTES;
      run.totalBytes = Math.min(MTFTP_BLOCK_BYTES, run.source.size - run.offset);
      // Alone first: atftp takes the group's copy for somebody else's pass otherwise.
      if (index === 1) this.sendRun(this.route.peer, run);
      this.sendRun(this.#group, run);
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
    return Math.min(this.machine.ackedBlocks * MTFTP_BLOCK_BYTES, this.#options.file.size);
  }

  get #place(): string {
    const { address, clientPort, serverPort } = this.entry;
    return `group=${address}:${clientPort} server-port=${serverPort}`;
  }
}
