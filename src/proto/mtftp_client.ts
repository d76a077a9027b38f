// A client of PXE MTFTP: listens first, because somebody else's pass may bring the file, opens one
// itself when nothing is heard, and does so again for what it missed. The client that opened a pass
// acknowledges, all others only listen (PXE 2.1, the EFI 1.10 reference client).
import { BlockMap } from "./block_map.ts";
import type { BlockIndex, Failure, Packet, Result, Timing } from "./machine.ts";
import { MTFTP_BLOCK_BYTES } from "./mtftp.ts";
import { RetransmitTimer } from "./timer.ts";
import { BLOCK_NUMBER_MAX } from "../wire/block.ts";

/** Where the client puts what it wants done. The host must not call the client from inside. */
export interface MtftpClientOutbox {
  /** Send the request to the server port. */
  request(): void;
  /** Send this ACK or ERROR to the port that answered the request. */
  control(packet: Packet): void;
  /** Store these bytes of block `index`: each block once, in any order. Valid during the call. */
  write(index: BlockIndex, bytes: Uint8Array): void;
  /** All is received: make the file safe, then tell the machine `committed` or `abort`. */
  commit(): void;
  finish(result: Result): void;
}

export interface MtftpClientOptions {
  /** How long to listen for somebody else's pass before opening one. */
  readonly listenTimeoutMs: number;
  /** Silence of a pass that ends it, and patience with the server. */
  readonly timing: Timing;
  readonly outbox: MtftpClientOutbox;
  readonly now: number;
  /** How long the master stays to repeat its last ACK; asked for when that ACK goes out. */
  readonly dallyMs: number;
}

/** What a client is in the pass at hand. */
export type MtftpRole = "listener" | "opener" | "master";

/** The listen time shrinks by so much for each missing block: who misses most opens first. */
const LISTEN_MS_PER_MISSING = 1000;
/** For the master's last ACK to end the pass: before that, requests stay unanswered. */
const LISTEN_MS_MIN = 20;
/** A block that comes again this soon after our ACK was doubled on the way. */
const REPEAT_MS_MIN = 2;
/** A server that repeats a block so often does not understand an ACK of a later one. */
const REPEATS_MAX = 2;
/** A master that hears nothing after so many ACKs asks for a pass anew. */
const MASTER_STRIKES_MAX = 2;

export class MtftpClient {
  readonly #options: MtftpClientOptions;
  readonly #outbox: MtftpClientOutbox;
  readonly #timer: RetransmitTimer;
  readonly #blocks = new BlockMap();
  #state: "receiving" | "committing" | "dallying" | "finished" = "receiving";
  #role: MtftpRole = "listener";
  #asked = false;
  /** Whether block 1 of the pass we want to open came to us alone, and to the group. */
  #answeredAlone = false;
  #answeredTogether = false;
  /** As master: the block that came last in this pass, how often, and the ACK for it. */
  #current: BlockIndex = 0;
  #repeats = 0;
  #acked: BlockIndex = 0;
  #ackedAt = -Infinity;
  /** Cleared when the server takes no ACK but that of its last block. */
  #mayLeap = true;
  #passesOpened = 0;
  #retransmits = 0;

  constructor(options: MtftpClientOptions) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#timer = new RetransmitTimer(options.timing, options.now);
  }

  /** When `timeout` is due; Infinity for never. */
  get deadline(): number {
    return this.#timer.deadline;
  }

  get role(): MtftpRole {
    return this.#role;
  }

  /** Blocks received so far, holes not counted. */
  get receivedBlocks(): number {
    return this.#blocks.received;
  }

  /** How often this client was the one to acknowledge. */
  get passesOpened(): number {
    return this.#passesOpened;
  }

  /** Blocks that a later one overtook, or that were sent before we listened. */
  get missedBlocks(): number {
    return this.#blocks.missed;
  }

  get retransmits(): number {
    return this.#retransmits;
  }

  /** Block 1 has come to us alone, but nothing to the group. */
  get isGroupSilent(): boolean {
    return this.#answeredAlone && this.#blocks.received <= 1;
  }

  /** Begins to listen: the group has been joined by now. */
  start(now: number) {
    this.#listen(this.#options.listenTimeoutMs, now);
  }

  /** A packet to us alone: block 1 of the pass we asked for, or ERROR. */
  receive(packet: Packet, now: number) {
    if (this.#state === "finished" || !this.#asked) return;
    if (packet.op === "error") {
      const { code, message: text } = packet;
      return this.#finish({ kind: "failed", failure: { kind: "peer", code, text } });
    }
    const isAnswer = packet.op === "data" && packet.block === 1;
    if (!isAnswer || this.#state !== "receiving" || this.#role === "master") return;
    // The last block of the pass before may have made us a listener again.
    this.#role = "opener";
    this.#answeredAlone = true;
    this.#timer.arm(now);
    this.#take(1, packet.payload);
    this.#confirm(now);
  }

  /** A DATA packet to the group; `payload` is valid during the call only. */
  data(index: BlockIndex, payload: Uint8Array, now: number) {
    if (this.#state === "dallying" && index === this.#blocks.last) {
      return this.#acknowledge(index, now);
    }
    if (this.#state !== "receiving" || index === 0) return;
    // Others' passes are a sign of life; in our own only a new block is.
    if (this.#role === "listener" || !this.#blocks.has(index)) this.#timer.progress(now, true);
    this.#take(index, payload);
    if (this.#state !== "receiving") return;
    switch (this.#role) {
      case "opener":
        if (index !== 1) return this.#follow(index, now); // Somebody else was faster.
        this.#answeredTogether = true;
        return this.#confirm(now);
      case "master":
        return this.#lead(index, now);
      case "listener":
        return this.#follow(index, now);
    }
  }

  /** The host has made the file safe. */
  committed(now: number) {
    if (this.#state !== "committing") return;
    const { dallyMs } = this.#options;
    if (this.#role !== "master") return this.#finish({ kind: "done" });
    this.#state = "dallying";
    this.#acknowledge(this.#blocks.last, now);
    if (this.#options.dallyMs === 0) return this.#finish({ kind: "done" });
    this.#timer.deadline = now + dallyMs;
  }

  timeout(now: number) {
    if (this.#state === "finished" || now < this.#timer.deadline) return;
    if (this.#state === "dallying") return this.#finish({ kind: "done" });
    if (this.#role === "listener") return this.#open(now);
    if (this.#timer.expire(now) === "give-up") {
      const text = this.isGroupSilent
        ? "Server answered, but nothing came to the group"
        : "Timed out waiting for DATA";
      return this.abort({ kind: "timeout", code: 0, text });
    }
    this.#retransmits++;
    if (this.#role === "opener" || this.#timer.strikes > MASTER_STRIKES_MAX) return this.#open(now);
    this.#repeat(now);
    this.#timer.arm(now);
  }

  /** Tells the server if it waits for our ACKs. */
  abort(failure: Failure) {
    if (this.#state === "finished") return;
    if (this.#role === "master" || this.#answeredAlone) {
      this.#outbox.control({ op: "error", code: failure.code, message: failure.text });
    }
    this.#finish({ kind: "failed", failure });
  }

  #listen(waitMs: number, now: number) {
    this.#role = "listener";
    this.#timer.deadline = now + waitMs;
  }

  #open(now: number) {
    if (this.#role !== "opener") {
      this.#role = "opener";
      this.#answeredAlone = false;
      this.#answeredTogether = false;
    }
    this.#asked = true;
    this.#outbox.request();
    this.#timer.arm(now);
  }

  /** Only who gets block 1 both ways may acknowledge: others open passes at the same time. */
  #confirm(now: number) {
    if (this.#state !== "receiving" || !this.#answeredAlone || !this.#answeredTogether) return;
    this.#role = "master";
    this.#passesOpened++;
    this.#current = 0;
    this.#acked = 0;
    this.#lead(1, now);
  }

  #take(index: BlockIndex, payload: Uint8Array) {
    if (this.#blocks.has(index)) return;
    const { last } = this.#blocks;
    if (payload.length > MTFTP_BLOCK_BYTES || (last > 0 && index > last)) {
      const text = payload.length > MTFTP_BLOCK_BYTES
        ? "DATA longer than 512"
        : "DATA past the end";
      return this.abort({ kind: "protocol", code: 4, text });
    }
    this.#blocks.add(index, { isLast: payload.length < MTFTP_BLOCK_BYTES });
    this.#outbox.write(index, payload);
    if (!this.#blocks.isWhole) return;
    this.#state = "committing";
    this.#timer.disarm();
    // Whoever opened the pass alone has been told nothing yet that would end it.
    if (this.#role === "opener" && this.#answeredAlone) this.#role = "master";
    this.#outbox.commit();
  }

  /** The master's answer to a block; in a pass they only rise. */
  #lead(index: BlockIndex, now: number) {
    if (index < this.#current) return;
    const { last } = this.#blocks;
    if (index > this.#current) {
      this.#current = index;
      this.#repeats = 0;
      const wanted = Math.min(this.#blocks.missingAfter(index) - 1, last || BLOCK_NUMBER_MAX);
      this.#acknowledge(this.#mayLeap ? Math.max(wanted, index) : index, now);
    } else if (now - this.#ackedAt >= REPEAT_MS_MIN) this.#repeat(now);
    // What was missed before this block is for another pass.
    if (this.#acked === last) this.#endPass(now);
    else this.#timer.arm(now);
  }

  /** Our ACK was lost, or the server does not take it. */
  #repeat(now: number) {
    this.#repeats++;
    if (this.#repeats >= REPEATS_MAX) this.#mayLeap = false;
    this.#acknowledge(this.#mayLeap ? this.#acked : this.#current, now);
  }

  #follow(index: BlockIndex, now: number) {
    this.#role = "listener";
    if (index === this.#blocks.last) this.#endPass(now);
    else this.#timer.deadline = now + this.#options.timing.timeoutMs;
  }

  #endPass(now: number) {
    const missing = this.#blocks.last - this.#blocks.received;
    const waitMs = this.#options.listenTimeoutMs - missing * LISTEN_MS_PER_MISSING;
    this.#listen(Math.max(waitMs, LISTEN_MS_MIN), now);
  }

  #acknowledge(block: BlockIndex, now: number) {
    this.#acked = block;
    this.#ackedAt = now;
    this.#outbox.control({ op: "ack", block });
  }

  #finish(result: Result) {
    this.#state = "finished";
    this.#timer.disarm();
    this.#outbox.finish(result);
  }
}
