// Machines as traces: inputs go in, everything that comes out is one line of text each.
import type { Granted, Outbox, Packet, Result } from "../../src/proto/machine.ts";
import { Receiver, type ReceiverOptions } from "../../src/proto/receiver.ts";
import { Sender, type SenderOptions } from "../../src/proto/sender.ts";
import type { Option } from "../../src/wire/packet.ts";

/** An outbox that keeps one line for each output. */
export class Trace implements Outbox {
  #lines: string[] = [];

  control(packet: Packet) {
    this.#lines.push(printPacket(packet));
  }

  blocks(first: number, count: number) {
    this.#lines.push(count === 1 ? `DATA ${first}` : `DATA ${first}-${first + count - 1}`);
  }

  write(index: number, bytes: Uint8Array) {
    this.#lines.push(`write ${index} (${bytes.length})`);
  }

  commit() {
    this.#lines.push("commit");
  }

  finish(result: Result) {
    this.#lines.push(`finish ${printResult(result)}`);
  }

  /** The lines since the last call. */
  take(): string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}

/** One line for a packet; DATA with its length. */
export function printPacket(packet: Packet): string {
  switch (packet.op) {
    case "rrq":
    case "wrq":
      return [packet.op.toUpperCase(), packet.name, packet.mode, ...packet.options.map(printOption)]
        .join(" ");
    case "data":
      return `DATA ${packet.block} (${packet.payload.length})`;
    case "ack":
      return `ACK ${packet.block}`;
    case "error":
      return `ERROR ${packet.code} ${packet.message}`;
    case "oack":
      return ["OACK", ...packet.options.map(printOption)].join(" ");
  }
}

function printOption({ name, value }: Option): string {
  return `${name}=${value}`;
}

function printResult(result: Result): string {
  if (result.kind === "failed") return `failed: ${result.failure.kind} ${result.failure.text}`;
  return result.kind === "probe" ? `probe: ${result.text}` : result.kind;
}

/** What was granted, by default nothing: 512 octets, lock-step, no OACK. */
export function granting(what: Partial<Granted> = {}): Granted {
  const plain = { blockBytes: 512, windowBlocks: 1, rollover: 0 as const, timeoutMs: null };
  return { ...plain, options: [], ...what };
}

export const TIMING = { timeoutMs: 1000, retries: 3 };
export const OACK: readonly Option[] = [{ name: "blksize", value: "512" }];

/** A sender of `blocks` blocks that has started at time 0; `ack` gives what an ACK led to. */
export function sending(blocks: number, options: Partial<SenderOptions> = {}) {
  const trace = new Trace();
  const sender = new Sender({
    granted: granting(),
    extent: { lastBlock: () => blocks },
    timing: TIMING,
    outbox: trace,
    now: 0,
    ...options,
  });
  sender.start(0);
  const ack = (block: number, now: number) => {
    trace.take();
    sender.receive({ op: "ack", block }, now);
    return trace.take();
  };
  return { sender, trace, ack };
}

/**
 * A receiver of blocks of 4 octets that has started at time 0, with ACK 0; `data` gives what a
 * DATA packet led to.
 */
export function receiving(options: Partial<ReceiverOptions> = {}) {
  const trace = new Trace();
  const receiver = new Receiver({
    granted: granting({ blockBytes: 4 }),
    timing: TIMING,
    outbox: trace,
    now: 0,
    opening: { op: "ack", block: 0 },
    dallyMs: 5000,
    ...options,
  });
  receiver.start(0);
  const data = (block: number, now: number, bytes = 4) => {
    trace.take();
    receiver.receive({ op: "data", block, payload: new Uint8Array(bytes) }, now);
    return trace.take();
  };
  return { receiver, trace, data };
}

/** Lets the deadline come; gives what came out and when. */
export function expire(machine: { deadline: number; timeout(now: number): void }, trace: Trace) {
  const at = machine.deadline;
  machine.timeout(at);
  return { at, lines: trace.take() };
}
