// What a reload replaces.
import type { MtftpConfig, TftpConfig } from "../config/config.ts";
import type { Limits } from "../resolve/admission.ts";
import type { Resolver } from "../resolve/resolution.ts";

/** What new requests are judged by; replaced as a whole on reload. */
export interface Settings {
  readonly tftp: TftpConfig;
  /** Gives what holds for a client instead of `tftp`; left out where nothing does. */
  readonly tftpFor?: (client: string) => TftpConfig;
  /** Files served by MTFTP; left out where there are none. */
  readonly mtftp?: readonly MtftpConfig[];
  readonly limits: Limits;
  readonly resolver: Resolver;
}
