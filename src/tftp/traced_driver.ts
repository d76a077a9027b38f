// A driver whose packets are told, one line each: what came in, what goes out, on which of our
// ports. Only put around a driver where somebody wants to see it, for it costs time.
import { authority } from "../match/authority.ts";
import type { BindOptions, Local, Peer, Run, Sent, UdpDriver, UdpSocket } from "../net/driver.ts";
import { dataText, packetText } from "../wire/packet_text.ts";
import { decodePacket } from "../wire/packet.ts";

/** `driver`, and `write` is given a line for each packet. */
export function tracedDriver(driver: UdpDriver, write: (line: string) => void): UdpDriver {
  const sockets = new Map<UdpSocket, TracedSocket>();
  const traced = (inner: UdpSocket): UdpSocket => {
    const socket = new TracedSocket(inner, { write, closed: () => sockets.delete(inner) });
    sockets.set(inner, socket);
    return socket;
  };
  const { adopt } = driver;
  return {
    name: driver.name,
    now: () => driver.now(),
    bind: async (options: BindOptions) => traced(await driver.bind(options)),
    ...(adopt === undefined ? {} : {
      adopt: async (fd: number) => traced(await adopt.call(driver, fd)),
    }),
    expand: (host) => driver.expand(host),
    release: (source) => driver.release(source),
    run: (host) =>
      driver.run({
        receive(inner, peer, bytes, local, now) {
          const socket = sockets.get(inner) ?? inner;
          write(line("<", { peer, socket, text: packetText(decodePacket(bytes)) }));
          host.receive(socket, peer, bytes, local, now);
        },
        turn: (now) => host.turn(now),
        holds: (peer) => host.holds?.(peer) ?? true,
      }),
    wake: () => driver.wake(),
    stop: () => driver.stop(),
  };
}

interface Tracing {
  readonly write: (line: string) => void;
  readonly closed: () => void;
}

class TracedSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  readonly #inner: UdpSocket;
  readonly #tracing: Tracing;

  constructor(inner: UdpSocket, tracing: Tracing) {
    this.host = inner.host;
    this.port = inner.port;
    this.#inner = inner;
    this.#tracing = tracing;
  }

  send(peer: Peer, bytes: Uint8Array, local: Local | null): void {
    this.#sent(peer, packetText(decodePacket(bytes)));
    this.#inner.send(peer, bytes, local);
  }

  sendRun(peer: Peer, run: Run, local: Local | null): Sent {
    const { headers, headerBytes, segmentBytes, totalBytes, count } = run;
    for (let index = 0; index < count; index++) {
      const at = index * headerBytes + BLOCK_AT;
      const block = headers[at]! << 8 | headers[at + 1]!;
      const payloadBytes = Math.min(segmentBytes, totalBytes - index * segmentBytes);
      this.#sent(peer, dataText(block, payloadBytes));
    }
    return this.#inner.sendRun(peer, run, local);
  }

  payloadBytesMax(peer: Peer, local: Local | null): number | null {
    return this.#inner.payloadBytesMax?.(peer, local) ?? null;
  }

  close(): void {
    this.#tracing.closed();
    this.#inner.close();
  }

  #sent(peer: Peer, text: string) {
    this.#tracing.write(line(">", { peer, socket: this, text }));
  }
}

/** Where the block number is in a DATA packet (RFC 1350 §5). */
const BLOCK_AT = 2;

interface Line {
  readonly peer: Peer;
  readonly socket: UdpSocket;
  readonly text: string;
}

function line(direction: "<" | ">", { peer, socket, text }: Line): string {
  return `${direction} ${authority(peer.host, peer.port)} at ${socket.port}: ${text}`;
}
