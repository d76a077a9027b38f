// What the endpoint keeps for each of its sockets.
import type { UdpSocket } from "../net/driver.ts";

export interface Port {
  /** Requests are taken here. */
  readonly listens: boolean;
  /** The pool of TIDs that belongs to this port's listener. */
  readonly tids: readonly UdpSocket[];
}
