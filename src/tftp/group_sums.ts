// What the RFC 2090 groups have come to together, for the metrics.

/** Sums over groups since the start. */
export interface GroupSums {
  /** Groups under way. */
  readonly running: number;
  readonly started: number;
  /** DATA blocks, those sent again among them. */
  readonly blocksSent: number;
  readonly repeats: number;
  /** Octets of payload in those blocks. */
  readonly bytesSent: number;
  readonly masterChanges: number;
}

export const NO_GROUPS: GroupSums = {
  ...{ running: 0, started: 0, blocksSent: 0, repeats: 0, bytesSent: 0, masterChanges: 0 },
};

/** All of them together. */
export function addSums(all: Iterable<GroupSums>): GroupSums {
  let total = NO_GROUPS;
  for (const each of all) {
    total = {
      running: total.running + each.running,
      started: total.started + each.started,
      blocksSent: total.blocksSent + each.blocksSent,
      repeats: total.repeats + each.repeats,
      bytesSent: total.bytesSent + each.bytesSent,
      masterChanges: total.masterChanges + each.masterChanges,
    };
  }
  return total;
}
