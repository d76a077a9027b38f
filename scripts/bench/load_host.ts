// All readers of a load behind one door: hands them their datagrams, keeps each of them busy, and
// looks after their deadlines.
import type { Local, Peer, UdpHost, UdpSocket } from "../../src/net/driver.ts";
import { Meter } from "./meter.ts";
import type { LoadOrder } from "./order.ts";
import { Reader, type Reading } from "./reader.ts";

/** How often the deadlines of all readers are looked at. */
const SCAN_MS = 5;

/** The readers of one order, as the driver sees them. */
export class Load implements UdpHost {
  /** To be filled before the load runs, with as many as ordered. */
  readonly sockets: UdpSocket[] = [];
  readonly meter: Meter;
  readonly #order: LoadOrder;
  readonly #readers: Reader[] = [];
  readonly #byHost = new Map<string, Reader>();
  readonly #over: () => void;
  /** Readers without a transfer, and for each reader how many it has begun. */
  readonly #idle: number[] = [];
  readonly #begun: number[] = [];
  #scanAt = -Infinity;

  constructor(
    order: LoadOrder,
    more: { readonly locals: readonly Local[]; readonly over: () => void },
  ) {
    this.#order = order;
    this.#over = more.over;
    this.meter = new Meter(order, this.#readers);
    const reading = readingOf(order);
    more.locals.forEach((local, index) => {
      const reader = new Reader(reading, local, (failure) => {
        this.#idle.push(index);
        this.meter.ended(failure);
      });
      this.#readers.push(reader);
      this.#byHost.set(local.host, reader);
      this.#idle.push(index);
      this.#begun.push(0);
    });
  }

  readonly receive: UdpHost["receive"] = (socket, peer, bytes, local, now) => {
    const reader = local === null ? undefined : this.#byHost.get(local.host);
    if (reader?.socket === socket) reader.receive(peer, bytes, now);
  };

  turn(now: number): number {
    if (this.meter.turn(now)) {
      for (const reader of this.#readers) reader.abort();
      this.#over();
      return Infinity;
    }
    while (this.#idle.length > 0 && this.meter.mayBegin()) this.#begin(this.#idle.pop()!, now);
    if (now >= this.#scanAt) {
      for (const reader of this.#readers) if (now >= reader.deadline) reader.timeout(now);
      this.#scanAt = now + SCAN_MS;
    }
    return Math.min(this.#scanAt, this.meter.deadline);
  }

  #begin(index: number, now: number): void {
    // Another port each time: what is late from the last transfer must not meet the next.
    const turn = this.#begun[index]!++;
    const socket = this.sockets[(index + turn) % this.#order.sockets]!;
    this.#readers[index]!.start(socket, now);
  }
}

function readingOf(order: LoadOrder): Reading {
  const { blksize, windowsize, target } = order;
  const options = [
    ...(blksize === null ? [] : [{ name: "blksize", value: String(blksize) }]),
    ...(windowsize === null ? [] : [{ name: "windowsize", value: String(windowsize) }]),
  ];
  const server: Peer = { family: 4, host: target.host, port: target.port };
  return {
    server,
    request: { op: "rrq", name: order.file, mode: "octet", options },
    fileBytes: order.fileBytes,
    patterned: order.patterned,
    receiver: order.receiver,
  };
}
