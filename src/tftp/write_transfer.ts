// A write (WRQ): an upload that is opened first, then a receiver that feeds it. The last ACK goes
// out only when the whole file is safe on the disk.
import type { Granted, Packet, Result, Timing } from "../proto/machine.ts";
import { Receiver } from "../proto/receiver.ts";
import type { FileName } from "../resolve/name.ts";
import { type Refusal, tftpError } from "../resolve/refusal.ts";
import type { LiveTransfer, Report } from "../resolve/report.ts";
import { pathOf, type WritePlace } from "../resolve/resolution.ts";
import type { Upload, Uploads } from "../storage/upload.ts";
import type { BlockIndex } from "../wire/block.ts";
import { decodePacket } from "../wire/packet.ts";
import { NetasciiDecoder } from "../wire/netascii.ts";
import { describe } from "./describe.ts";
import { Transfer, type TransferOptions } from "./transfer.ts";

/** Peers repeat their last DATA after one to six seconds of silence (curl, atftp), twice at most. */
const DALLY_MS = 15_000;

export interface WriteOptions extends TransferOptions {
  readonly name: FileName;
  /** The folder it goes to, and its name there. */
  readonly place: WritePlace;
  /** Octets the client announced, or null. */
  readonly size: number | null;
  readonly granted: Granted;
  readonly timing: Timing;
  readonly uploads: Uploads;
  /** The clock, for events that come from the store. */
  readonly clock: () => number;
  /** Something was sent, or a deadline moved, outside of a datagram or a timeout. */
  readonly changed: (transfer: WriteTransfer) => void;
}

export class WriteTransfer extends Transfer {
  protected machine: Receiver | null = null;
  readonly #options: WriteOptions;
  readonly #upload: Upload;
  readonly #decoder: NetasciiDecoder | null;
  #bytes = 0;
  /** The store is behind: what comes now waits, and the peer with it. */
  #full = false;
  /** DATA that waits, a window of it at most. */
  readonly #held: Uint8Array[] = [];
  #incomplete = false;
  #refusal: Refusal | null = null;
  #safe = false;

  constructor(options: WriteOptions) {
    super(options);
    this.#options = options;
    this.#decoder = options.request.mode === "netascii" ? new NetasciiDecoder() : null;
    const { place, size, uploads } = options;
    this.#upload = uploads.begin({ ...place, size, client: options.route.peer.host }, {
      opened: () => this.#opened(),
      drained: () => this.#drained(),
      committed: () => this.#committed(),
      failed: (refusal) => this.#refused(refusal),
    });
  }

  get confirmed(): boolean {
    return (this.machine?.receivedBlocks ?? 0) > 0;
  }

  /** While the store is behind, it is not the peer who is waited for. */
  override get deadline(): number {
    return this.#full ? Infinity : super.deadline;
  }

  requestedAgain(now: number) {
    this.step(now, () => this.machine!.requestedAgain(now));
  }

  receive(bytes: Uint8Array, now: number) {
    this.heardAt = now;
    const packet = decodePacket(bytes);
    if (packet.op === "malformed" || this.machine === null) return;
    if (packet.op === "data" && this.#full) return this.#hold(bytes);
    this.step(now, (machine) => machine.receive(packet, now));
  }

  blocks() {}

  write(_index: BlockIndex, bytes: Uint8Array) {
    const octets = this.#decoder === null ? bytes : this.#decoder.decode(bytes);
    this.#store(octets);
  }

  commit() {
    if (this.#decoder !== null) this.#store(this.#decoder.end());
    if (this.#isWhole()) this.#upload.commit();
    else this.#incomplete = true;
  }

  /** RFC 2349: the tsize of a write is what will come. Some clients send 0 for "unknown". */
  #isWhole(): boolean {
    const { size } = this.#options;
    return this.#decoder !== null || size === null || size === 0 || size === this.#bytes;
  }

  /** A file that is not what the client announced is not stored: some client has lost a block. */
  protected override settle(now: number) {
    if (this.#incomplete) {
      this.#incomplete = false;
      const detail = `${this.#bytes} octets came, ${this.#options.size} were announced`;
      this.#upload.abort();
      return this.#refused({ kind: "incomplete", detail });
    }
    super.settle(now);
  }

  #store(octets: Uint8Array) {
    if (octets.length === 0) return;
    this.#bytes += octets.length;
    if (!this.#upload.write(octets)) this.#full = true;
  }

  #hold(bytes: Uint8Array) {
    if (this.#held.length < this.#options.granted.windowBlocks) this.#held.push(bytes.slice());
  }

  #drained() {
    if (this.ended) return;
    this.#full = false;
    const now = this.#options.clock();
    while (!this.#full && this.#held.length > 0) this.receive(this.#held.shift()!, now);
    this.#options.changed(this);
  }

  #opened() {
    if (this.ended) return;
    const now = this.#options.clock();
    const { granted, timing } = this.#options;
    const answer: Packet = granted.options.length > 0
      ? { op: "oack", options: granted.options }
      : { op: "ack", block: 0 };
    this.machine = new Receiver({
      granted,
      timing,
      outbox: this,
      now,
      opening: answer,
      dallyMs: DALLY_MS,
    });
    this.step(now, () => this.machine!.start(now));
    this.#options.changed(this);
  }

  /** The file is safe: the log says so at once, the transfer stays to repeat its last ACK. */
  #committed() {
    if (this.ended) return;
    const now = this.#options.clock();
    this.#safe = true;
    this.reportOnce({ kind: "done" }, now);
    this.step(now, () => this.machine!.committed(now));
    this.#options.changed(this);
  }

  #refused(refusal: Refusal) {
    if (this.ended) return;
    this.#refusal = refusal;
    const { code, message } = tftpError(refusal);
    if (this.machine === null) this.control({ op: "error", code, message });
    this.abort({ kind: "storage", code, text: message }, this.#options.clock());
    this.#options.changed(this);
  }

  live(now: number): LiveTransfer {
    return {
      via: "tftp",
      operation: "write",
      client: this.route.peer.host,
      port: this.route.peer.port,
      name: this.#options.name,
      bytes: this.#bytes,
      size: this.#options.size,
      durationMs: now - this.startedAt,
      options: describe.options(this.#options.granted),
    };
  }

  protected release() {
    if (!this.#safe && this.#refusal === null) this.#upload.abort();
  }

  protected reportOf(result: Result, now: number): Report {
    return describe.report({
      operation: "write",
      route: this.route,
      request: this.request,
      trail: this.trail,
      file: this.#options.name,
      path: pathOf(this.#options.place),
      bytes: this.#bytes,
      durationMs: now - this.startedAt,
      retransmits: this.machine?.retransmits ?? 0,
      roundTripMs: this.machine?.roundTripMs ?? 0,
      confirmed: this.confirmed,
      granted: this.#options.granted,
      refusal: this.#refusal,
    }, result);
  }
}
