// A member of an RFC 2090 group, the client's side: takes blocks in any order, knows which are
// missing, asks for them while it is the master, and ends with the ACK of the last block whether
// it is the master or not.
import type { BlockIndex, BlockNumber, Failure, Packet, Result, Timing } from "./machine.ts";
import { BlockMap } from "./block_map.ts";
import { parseGroupPlace } from "./group_place.ts";
import { RetransmitTimer } from "./timer.ts";
import { BLOCK_NUMBER_MAX } from "../wire/block.ts";

/** Where a member puts what it wants done. The host must not call the member from inside. */
export interface MemberOutbox {
  /** Send this ACK or ERROR to the server's TID. */
  control(packet: Packet): void;
  /** Send the request again, to where it was sent first. */
  request(): void;
  /** Store these bytes of block `index`: each block once, in any order. Valid during the call. */
  write(index: BlockIndex, bytes: Uint8Array): void;
  /** All is received: make the file safe, then tell the machine `committed` or `abort`. */
  commit(): void;
  finish(result: Result): void;
}

export interface MemberOptions {
  readonly blockBytes: number;
  readonly timing: Timing;
  readonly outbox: MemberOutbox;
  readonly now: number;
  /** From the first OACK. */
  readonly master: boolean;
  /** How long to stay after the last ACK to repeat it; asked for when that ACK goes out. */
  readonly dallyMs: number;
}

/** A block that comes again this soon after our ACK was doubled on the way. */
const REPEAT_MS_MIN = 2;

export class GroupMember {
  readonly #options: MemberOptions;
  readonly #outbox: MemberOutbox;
  readonly #timer: RetransmitTimer;
  readonly #blocks = new BlockMap();
  #state: "receiving" | "committing" | "dallying" | "finished" = "receiving";
  #master: boolean;
  #timesMaster = 0;
  #ackedAt = -Infinity;
  #retransmits = 0;

  constructor(options: MemberOptions) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#timer = new RetransmitTimer(options.timing, options.now);
    this.#master = options.master;
    if (options.master) this.#timesMaster++;
  }

  /** When `timeout` is due; Infinity for never. */
  get deadline(): number {
    return this.#timer.deadline;
  }

  get isMaster(): boolean {
    return this.#master;
  }

  /** Blocks received so far, holes not counted. */
  get receivedBlocks(): number {
    return this.#blocks.received;
  }

  get retransmits(): number {
    return this.#retransmits;
  }

  /** Blocks that a later one overtook, or that were sent before we listened. */
  get missedBlocks(): number {
    return this.#blocks.missed;
  }

  /** How often the server made us the master. */
  get timesMaster(): number {
    return this.#timesMaster;
  }

  /** Acts on the first OACK: the group has been joined by now. */
  start(now: number) {
    if (this.#master) this.#acknowledge(now);
    this.#timer.arm(now);
  }

  /** A packet from the server's TID, sent to us alone or to the group. */
  receive(packet: Packet, now: number) {
    if (this.#state === "finished") return;
    switch (packet.op) {
      case "data":
        return this.data(packet.block, packet.payload, now);
      case "oack":
        return this.#roleGiven(packet.options, now);
      case "error":
        return this.#failedByPeer(packet);
    }
  }

  /** A DATA packet of the group; `payload` is valid during the call only. */
  data(index: BlockNumber, payload: Uint8Array, now: number) {
    if (this.#state !== "receiving" || index === 0) return;
    const { last } = this.#blocks;
    if (last > 0 && index > last) return;
    const { blockBytes } = this.#options;
    if (payload.length > blockBytes) {
      const text = "DATA longer than the block size";
      return this.abort({ kind: "protocol", code: 4, text });
    }
    this.#timer.progress(now, true);
    if (this.#blocks.has(index)) {
      if (now - this.#ackedAt >= REPEAT_MS_MIN) this.#answer(now);
      return;
    }
    this.#blocks.add(index, { isLast: payload.length < blockBytes });
    this.#outbox.write(index, payload);
    if (this.#blocks.isWhole) {
      this.#state = "committing";
      this.#timer.disarm();
      this.#outbox.commit();
    } else this.#answer(now);
  }

  /** The host has made the file safe: the last ACK goes out (every member MUST send it). */
  committed(now: number) {
    if (this.#state !== "committing") return;
    this.#state = "dallying";
    this.#acknowledge(now);
    const { dallyMs } = this.#options;
    if (dallyMs === 0) return this.#finish({ kind: "done" });
    this.#timer.deadline = now + dallyMs;
  }

  timeout(now: number) {
    if (this.#state === "finished" || now < this.#timer.deadline) return;
    if (this.#state === "dallying") return this.#finish({ kind: "done" });
    if (this.#timer.expire(now) === "give-up") {
      return this.abort({ kind: "timeout", code: 0, text: "Timed out waiting for DATA" });
    }
    this.#retransmits++;
    if (this.#master) this.#acknowledge(now);
    else this.#outbox.request(); // Perhaps we are no member any more.
    this.#timer.arm(now);
  }

  abort(failure: Failure) {
    if (this.#state === "finished") return;
    this.#outbox.control({ op: "error", code: failure.code, message: failure.text });
    this.#finish({ kind: "failed", failure });
  }

  /** A master asks for the block after those it has from the start on. */
  #answer(now: number) {
    if (this.#master) this.#acknowledge(now);
    this.#timer.arm(now);
  }

  #acknowledge(now: number) {
    this.#ackedAt = now;
    const block = Math.min(this.#blocks.firstMissing - 1, BLOCK_NUMBER_MAX);
    this.#outbox.control({ op: "ack", block });
  }

  #roleGiven(options: readonly { readonly name: string; readonly value: string }[], now: number) {
    const option = options.find(({ name }) => name.toLowerCase() === "multicast");
    const place = option === undefined ? null : parseGroupPlace(option.value);
    if (place === null || this.#state === "committing") return;
    // Our last ACK was lost.
    if (this.#state === "dallying") return this.#acknowledge(now);
    if (place.master && !this.#master) this.#timesMaster++;
    this.#master = place.master;
    // The server lives; that blocks come again is not said by that, so a listener asks less often.
    this.#timer.progress(now, place.master);
    this.#answer(now);
  }

  #failedByPeer({ code, message: text }: { readonly code: number; readonly message: string }) {
    if (this.#state === "dallying") return this.#finish({ kind: "done" });
    this.#finish({ kind: "failed", failure: { kind: "peer", code, text } });
  }

  #finish(result: Result) {
    this.#state = "finished";
    this.#timer.disarm();
    this.#outbox.finish(result);
  }
}
