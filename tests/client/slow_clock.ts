// A driver on whose clock a minute is a second, so that a machine that stands still for a while
// makes nobody repeat himself.
import type { UdpDriver } from "../../src/net/driver.ts";

const SLOWNESS = 60;

/** The driver, with its clock slowed down. */
export function slowed(driver: UdpDriver): UdpDriver {
  return {
    name: driver.name,
    now: () => driver.now() / SLOWNESS,
    bind: (options) => driver.bind(options),
    expand: (host) => driver.expand(host),
    release: (source) => driver.release(source),
    wake: () => driver.wake(),
    stop: () => driver.stop(),
    run: (host) =>
      driver.run({
        receive: (socket, peer, bytes, local, now) =>
          host.receive(socket, peer, bytes, local, now / SLOWNESS),
        turn: (now) => host.turn(now / SLOWNESS) * SLOWNESS,
        holds: (peer) => host.holds?.(peer) ?? false,
      }),
  };
}
