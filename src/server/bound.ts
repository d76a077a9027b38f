// What comes of asking for a socket, of whichever protocol and in whichever thread.
import type { BindError } from "../net/driver.ts";

/** A bound socket. */
export interface Bound {
  readonly address: string;
  readonly port: number;
}

/** Why one could not be had. */
export interface BindRefusal {
  readonly text: string;
  readonly reason: BindError["reason"];
  readonly port: number;
}
