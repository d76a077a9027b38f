// One running transfer: a machine, the sockets it speaks through, and what the log will say of
// it. The directions are in sending_transfer.ts and write_transfer.ts.
import type { Local, Peer, UdpSocket } from "../net/driver.ts";
import type { Failure, Machine, Outbox, Result } from "../proto/machine.ts";
import type { LiveTransfer, Report } from "../resolve/report.ts";
import type { BlockIndex } from "../wire/block.ts";
import { encodePacket, type Packet, type RequestPacket } from "../wire/packet.ts";
import type { Timed } from "./deadlines.ts";

/** Where a request came from and on which sockets it is served. */
export interface Route {
  /** The socket the request came to. */
  readonly listener: UdpSocket;
  /** The socket whose port is our TID. */
  readonly socket: UdpSocket;
  readonly peer: Peer;
  readonly local: Local | null;
}

/** What a transfer tells its endpoint. */
export interface TransferEvents {
  /**
   * Its outcome is known. Called once: at the end, or sooner where all that is left is to repeat a
   * last ACK.
   */
  settled(transfer: Transfer, report: Report): void;
  /** It has ended: forget it. Called once. */
  ended(transfer: Transfer): void;
}

/** What the endpoint wakes up. */
export interface Scheduled extends Timed {
  /** It has no deadline any more. */
  readonly ended: boolean;
  timeout(now: number): void;
}

export abstract class Transfer implements Scheduled, Outbox {
  heapIndex = -1;
  checkAt = Infinity;
  readonly route: Route;
  readonly request: RequestPacket;
  readonly startedAt: number;
  /** When the peer was last heard. */
  heardAt: number;
  protected readonly events: TransferEvents;
  protected readonly trail: readonly string[];
  #ended = false;
  #reported = false;
  #result: Result | null = null;

  constructor(options: TransferOptions) {
    this.route = options.route;
    this.request = options.request;
    this.events = options.events;
    this.trail = options.trail;
    this.startedAt = options.now;
    this.heardAt = options.now;
  }

  /** Null while an upload is still being opened, and after the end. */
  protected abstract readonly machine: Machine | null;
  /** True once the peer has answered us. */
  abstract readonly confirmed: boolean;
  /** The peer repeated its request before it had our answer. */
  abstract requestedAgain(now: number): void;
  /** A datagram from the peer, on our TID. */
  abstract receive(bytes: Uint8Array, now: number): void;
  abstract live(now: number): LiveTransfer;
  /** Gives back files and memory; called once, at the end. */
  protected abstract release(): void;
  protected abstract reportOf(result: Result, now: number): Report;

  abstract blocks(first: BlockIndex, count: number): void;
  abstract write(index: BlockIndex, bytes: Uint8Array): void;
  abstract commit(): void;

  get ended(): boolean {
    return this.#ended;
  }

  get deadline(): number {
    return this.machine?.deadline ?? Infinity;
  }

  /** The peer has yet to answer our first packet. */
  get isUnanswered(): boolean {
    return this.machine !== null && !this.confirmed;
  }

  /** Whose deadline is to be kept: its own or that of the group it is in. */
  get timed(): Scheduled {
    return this;
  }

  /** Whether a request is the one that made this transfer. */
  isRepeatedBy({ op, name, mode }: RequestPacket): boolean {
    const { request } = this;
    return request.op === op && request.name === name && request.mode === mode;
  }

  timeout(now: number) {
    this.step(now, (machine) => machine.timeout(now));
  }

  /** Stops the transfer and tells the peer why. */
  abort(failure: Failure, now: number) {
    this.step(now, (machine) => machine.abort(failure));
    if (!this.#ended) this.end({ kind: "failed", failure }, now);
  }

  /** Stops the transfer without a word: the peer has gone on to something else. */
  discard(text: string, now: number) {
    this.end({ kind: "failed", failure: { kind: "aborted", code: 0, text } }, now);
  }

  control(packet: Packet) {
    this.route.socket.send(this.route.peer, encodePacket(packet), this.route.local);
  }

  /** From the machine; the end itself waits until the machine's call is over. */
  finish(result: Result) {
    this.#result = result;
  }

  /**
   * Runs one input of the machine and what follows from it. A fault of storage or of ours ends
   * this transfer and nothing else.
   */
  protected step(now: number, input: (machine: Machine) => void) {
    const machine = this.machine;
    if (machine === null || this.#ended) return;
    try {
      input(machine);
    } catch (error) {
      this.#fail(machine, error);
    }
    this.settle(now);
  }

  /** Ends the transfer if its machine has finished. */
  protected settle(now: number) {
    if (this.#result !== null) this.end(this.#result, now);
  }

  protected end(result: Result, now: number) {
    if (this.#ended) return;
    this.#ended = true;
    this.reportOnce(result, now);
    this.release();
    this.events.ended(this);
  }

  /** Makes the log line: at the end, or sooner where the outcome is settled sooner. */
  protected reportOnce(result: Result, now: number) {
    if (this.#reported) return;
    this.#reported = true;
    this.events.settled(this, this.reportOf(result, now));
  }

  #fail(machine: Machine, error: unknown) {
    if (this.#result !== null) return;
    machine.abort({ kind: "storage", code: 0, text: "Internal error" });
    this.#result = {
      kind: "failed",
      failure: { kind: "storage", code: 0, text: errorText(error) },
    };
  }
}

export interface TransferOptions {
  readonly route: Route;
  readonly request: RequestPacket;
  readonly events: TransferEvents;
  readonly trail: readonly string[];
  readonly now: number;
}

/** The system's words for an error, for the log. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
