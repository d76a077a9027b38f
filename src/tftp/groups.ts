// The running RFC 2090 groups: which one a request belongs to, and new ones while the pool lasts.
import type { TftpConfig } from "../config/config.ts";
import type { Failure } from "../proto/machine.ts";
import { describeGroup } from "./group_report.ts";
import { GroupSession, type SessionOptions } from "./group_session.ts";
import { addSums, type GroupSums, NO_GROUPS } from "./group_sums.ts";
import { type GroupAddress, MulticastPool, type PoolOptions } from "./multicast_pool.ts";
import type { Route, Scheduled } from "./transfer.ts";
import type { OpenFile } from "../storage/store.ts";

export interface GroupsOptions {
  readonly random: () => number;
  readonly notice: (text: string) => void;
  /** Something with a deadline has gone. */
  readonly ended: (session: Scheduled) => void;
}

/** What a request wants to join. */
export interface Wanted {
  readonly file: OpenFile;
  readonly blockBytes: number;
  readonly route: Route;
  /** Whether the peer may be served from this TID. */
  readonly isFree: (socket: Route["socket"]) => boolean;
  readonly tftp: TftpConfig;
  readonly now: number;
}

export class Groups {
  readonly #options: GroupsOptions;
  readonly #sessions = new Map<string, GroupSession>();
  readonly #waiting: GroupSession[] = [];
  /** Of groups that have ended. */
  #past = NO_GROUPS;
  readonly #pools = new Map<4 | 6, MulticastPool>();
  #poolsText = "";
  #exhaustedTold = false;

  constructor(options: GroupsOptions) {
    this.#options = options;
  }

  /**
   * The group for a request that asked for one, which may be new; or why it must be served alone,
   * for the log.
   */
  find(wanted: Wanted): GroupSession | string {
    const { file, blockBytes, route, tftp, now } = wanted;
    const { listener, local, peer } = route;
    const { family } = peer;
    // M3: what members must see come from one address of ours leaves by one interface.
    const place = `IPv${family} ${listener.host} ${listener.port} ${local?.host ?? ""}`;
    const key = `${file.key} ${blockBytes} ${place}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) {
      const isFree = wanted.isFree(known.options.socket);
      return isFree ? known : "the group's port has another transfer of this client";
    }
    // No packet to a group can be sent there: Linux has no route for it, unlike for IPv4.
    if (peer.host === "::1") return "the loopback interface has no IPv6 groups";
    const pool = this.#poolFor(family, tftp);
    const address = pool.take();
    if (address === null) return this.#exhausted(pool.options);
    const session = this.#open({
      key,
      address,
      socket: route.socket,
      local,
      file,
      blockBytes,
      now,
      waiting: (session) => this.#waiting.push(session),
      ended: (session, now) => this.#ended(session, { address, now }),
    });
    return session;
  }

  /** All groups there were and are. */
  get sums(): GroupSums {
    return addSums([this.#past, ...Array.from(this.#sessions.values(), ({ sums }) => sums)]);
  }

  /** Sends what the groups were asked for since the last call. */
  flush(now: number) {
    for (const session of this.#waiting) session.flush(now);
    this.#waiting.length = 0;
  }

  /** Ends all groups and tells their members. */
  close(failure: Failure, now: number) {
    for (const session of [...this.#sessions.values()]) {
      session.step(now, (group) => group.abort(failure));
    }
  }

  #open(options: SessionOptions): GroupSession {
    const session = new GroupSession(options);
    this.#sessions.set(options.key, session);
    return session;
  }

  #ended(
    session: GroupSession,
    { address, now }: { readonly address: GroupAddress; readonly now: number },
  ) {
    this.#pools.get(address.family)?.giveBack(address);
    this.#exhaustedTold = false;
    this.#sessions.delete(session.options.key);
    this.#past = addSums([this.#past, session.sums]);
    this.#options.ended(session);
    this.#options.notice(describeGroup(session, now));
  }

  /** Made anew when a reload has changed it; running groups keep their pairs. */
  #poolFor(family: 4 | 6, { multicast }: TftpConfig): MulticastPool {
    const { addresses, addresses6, ports } = multicast;
    const text = `${addresses} ${addresses6} ${ports.first}-${ports.last}`;
    if (text !== this.#poolsText) {
      for (const [family, block] of [[4, addresses], [6, addresses6]] as const) {
        const random = this.#options.random();
        this.#pools.set(family, new MulticastPool({ addresses: block, ports, random }));
      }
      for (const { options: { address } } of this.#sessions.values()) {
        this.#pools.get(address.family)!.keepOff(address);
      }
      this.#poolsText = text;
    }
    return this.#pools.get(family)!;
  }

  #exhausted({ addresses, ports }: PoolOptions): string {
    if (!this.#exhaustedTold) {
      const range = `${addresses} and ports ${ports.first}-${ports.last}`;
      this.#options.notice(`No free pair left of ${range}: serving further files by unicast`);
    }
    this.#exhaustedTold = true;
    return "no address and port is free";
  }
}
