// Server TIDs (RFC 1350 §4): a small pool of sockets for each listener, shared by all transfers
// and told apart by (our port, peer). Few sockets let one system call serve many clients, keep
// descriptors bounded and give a firewall its range. Single-port mode is a pool of the listener.
import type { UdpDriver, UdpSocket } from "../net/driver.ts";

/** Enough that a client's next transfer never has the TID of the last one. */
const POOL_SOCKETS = 4;
/** Sockets bound from a configured range. */
const RANGE_SOCKETS_MAX = 16;

export interface TidOptions {
  readonly driver: UdpDriver;
  readonly host: string;
  readonly portRange: { readonly first: number; readonly last: number } | null;
  /** For the groups that are served from these TIDs. */
  readonly multicastHops: number;
}

/** Binds the pool; with a range, as many of its ports as are free. Rejects with `BindError`. */
export async function bindTids(options: TidOptions): Promise<UdpSocket[]> {
  const { driver, host, portRange, multicastHops } = options;
  const sockets: UdpSocket[] = [];
  if (portRange === null) {
    for (let i = 0; i < POOL_SOCKETS; i++) {
      sockets.push(await driver.bind({ host, port: 0, multicastHops }));
    }
    return sockets;
  }
  let fault: unknown = null;
  for (let port = portRange.first; port <= portRange.last; port++) {
    if (sockets.length === RANGE_SOCKETS_MAX) break;
    try {
      sockets.push(await driver.bind({ host, port, multicastHops }));
    } catch (error) {
      fault = error;
    }
  }
  if (sockets.length === 0) throw fault;
  return sockets;
}

/**
 * A socket of the pool that this peer does not use, nor has just used; null if there is none.
 * `random` is a number in [0, 1): a TID should not be guessed.
 */
export function pickTid(
  sockets: readonly UdpSocket[],
  choice: { readonly random: number; readonly inUse: (socket: UdpSocket) => boolean },
): UdpSocket | null {
  const start = Math.floor(choice.random * sockets.length);
  for (let i = 0; i < sockets.length; i++) {
    const socket = sockets[(start + i) % sockets.length]!;
    if (!choice.inUse(socket)) return socket;
  }
  return null;
}
