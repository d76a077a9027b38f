// How much fits a datagram to a client unfragmented, by the MTU of the route to it; remembered for
// a while, as a machine that boots asks for many files.
import type { Libc } from "../sys/libc.ts";
import { routeMtu } from "../sys/socket.ts";
import type { Local, Peer } from "./driver.ts";

/** How long an answer holds: routes change, and the kernel learns of narrower ones on the way. */
const FRESH_MS = 60_000;
const ROUTES_MAX = 4096;
/** IP and UDP headers. */
const HEADER_BYTES = { 4: 28, 6: 48 } as const;
/** What the 16-bit length of UDP leaves over IPv4. */
const PAYLOAD_BYTES_MAX = 65_507;

interface Route {
  readonly payloadBytesMax: number | null;
  readonly until: number;
}

/** The routes that were asked for lately. */
export class RouteBook {
  readonly #libc: Libc;
  readonly #now: () => number;
  /** By both addresses, the oldest first. */
  readonly #known = new Map<string, Route>();

  /** `now` gives milliseconds of the driver's clock. */
  constructor(libc: Libc, now: () => number) {
    this.#libc = libc;
    this.#now = now;
  }

  /** The largest UDP payload in octets from `local` to `peer`; null where there is no route. */
  payloadBytesMax({ family, host }: Peer, local: Local | null): number | null {
    const from = local?.host ?? null;
    const key = `${from} ${host}`;
    const now = this.#now();
    const known = this.#known.get(key);
    if (known !== undefined && now < known.until) return known.payloadBytesMax;
    const mtu = routeMtu(this.#libc, { host, from });
    const payloadBytesMax = mtu === null
      ? null
      : Math.min(mtu - HEADER_BYTES[family], PAYLOAD_BYTES_MAX);
    this.#known.delete(key);
    if (this.#known.size >= ROUTES_MAX) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.set(key, { payloadBytesMax, until: now + FRESH_MS });
    return payloadBytesMax;
  }
}
