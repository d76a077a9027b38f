// One configuration for several TFTP workers: what only one may have is given to the first, what
// can be divided is divided.
import type { Config } from "../../config/config.ts";

/** Which worker of how many, counted from 0. */
export interface WorkerNumber {
  readonly index: number;
  readonly workers: number;
}

/**
 * The part of `config` for one worker. Ports to answer from and ports of groups are divided, and so
 * is `transfers-max`, rounded up. The limits for each client hold in each worker. MTFTP has one
 * port for each file, so the first worker serves all of it.
 */
export function shareOf(config: Config, { index, workers }: WorkerNumber): Config {
  if (workers === 1) return config;
  const { tftp, limits, mtftp } = config;
  const { multicast, portRange } = tftp;
  const ports = pieceOf(multicast.ports, { index, workers });
  return {
    ...config,
    mtftp: index === 0 ? mtftp : [],
    limits: { ...limits, transfersMax: Math.ceil(limits.transfersMax / workers) },
    tftp: {
      ...tftp,
      portRange: portRange === null ? null : pieceOf(portRange, { index, workers }) ?? portRange,
      multicast: ports === null ? { ...multicast, enabled: false } : { ...multicast, ports },
    },
  };
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Null where there are too few ports for this worker to have one. */
function pieceOf({ first, last }: Range, { index, workers }: WorkerNumber): Range | null {
  const count = last - first + 1;
  const cut = (number: number) => first + Math.floor((count * number) / workers);
  const piece = { first: cut(index), last: cut(index + 1) - 1 };
  return piece.first > piece.last ? null : piece;
}
