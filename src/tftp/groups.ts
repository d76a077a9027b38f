// The running RFC 2090 groups: which one a request belongs to, and new ones while the pool lasts.
import type { TftpConfig } from "../config/config.ts";
import type { Failure } from "../proto/machine.ts";
import { describeGroup } from "./group_report.ts";
import { GroupSession, type SessionOptions } from "./group_session.ts";
import { addSums, type GroupSums, NO_GROUPS } from "./group_sums.ts";
import { type GroupAddress, MulticastPool } from "./multicast_pool.ts";
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
  #pool: MulticastPool | null = null;
  #poolText = "";
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
    // M3: what members must see come from one address of ours leaves by one interface.
    const place = `${route.listener.host} ${route.listener.port} ${route.local?.host ?? ""}`;
    const key = `${file.key} ${blockBytes} ${place}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) {
      const isFree = wanted.isFree(known.options.socket);
      return isFree ? known : "the group's port has another transfer of this client";
    }
    const pool = this.#poolOf(tftp);
    if (pool.family === null) return `no group can have an address of ${tftp.multicast.addresses}`;
    if (pool.family !== route.peer.family) return `groups are IPv${pool.family}, the client is not`;
    const address = pool.take();
    if (address === null) return this.#exhausted(tftp);
    const session = this.#open({
      key,
      address,
      socket: route.socket,
      local: route.local,
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
    this.#pool?.giveBack(address);
    this.#exhaustedTold = false;
    this.#sessions.delete(session.options.key);
    this.#past = addSums([this.#past, session.sums]);
    this.#options.ended(session);
    this.#options.notice(describeGroup(session, now));
  }

  /** Made anew when a reload has changed it; running groups keep their pairs. */
  #poolOf({ multicast: { addresses, ports } }: TftpConfig): MulticastPool {
    const text = `${addresses} ${ports.first}-${ports.last}`;
    if (this.#pool === null || text !== this.#poolText) {
      this.#pool = new MulticastPool({ addresses, ports, random: this.#options.random() });
      for (const { options } of this.#sessions.values()) this.#pool.keepOff(options.address);
      this.#poolText = text;
    }
    return this.#pool;
  }

  #exhausted({ multicast }: TftpConfig): string {
    if (!this.#exhaustedTold) {
      const range =
        `${multicast.addresses} and ports ${multicast.ports.first}-${multicast.ports.last}`;
      this.#options.notice(`No free pair left of ${range}: serving further files by unicast`);
    }
    this.#exhaustedTold = true;
    return "no address and port is free";
  }
}
