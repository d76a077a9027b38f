// What the log says of an RFC 2090 group: a line for each member, and one for the whole.
import { authority } from "../match/authority.ts";
import type { Result } from "../proto/machine.ts";
import type { Report } from "../resolve/report.ts";
import { describe, type Ending } from "./describe.ts";
import type { GroupSession } from "./group_session.ts";

/** A member's group, and whether it asked for the first block as the master and never got it. */
export interface Membership {
  readonly session: GroupSession;
  readonly isDeaf: boolean;
}

/** The report of one member. */
export function describeMember(
  ending: Ending,
  result: Result,
  { session, isDeaf }: Membership,
): Report {
  const { address } = session.options;
  const report = describe.report(ending, result);
  return {
    ...report,
    via: "multicast",
    options: report.options.replace("multicast=", `multicast=${address.host},${address.port}`),
    limiter: "",
    hint: isDeaf && result.kind === "failed"
      ? `${ending.route.peer.host} answers but does not get the packets of ${address.host}: ` +
        `${address.family === 4 ? "IGMP" : "MLD"} snooping without a querier? A firewall?`
      : report.hint,
  };
}

/** The line for the group, when its last member has gone. */
export function describeGroup(session: GroupSession, now: number): string {
  const { group, joined, content, options: { address } } = session;
  const cost = (group.blocksSent / (content.lastBlock() * joined)).toFixed(2);
  const seconds = ((now - session.options.now) / 1000).toFixed(1);
  return `Group ${
    authority(address.host, address.port)
  } ended after ${seconds} s: members=${joined} ` +
    `master-changes=${group.masterChanges} blocks-sent=${group.blocksSent} ` +
    `repeats=${group.repeats}; each member cost ${cost} of a unicast transfer`;
}
