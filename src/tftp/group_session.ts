// A running RFC 2090 group: its machine, the file, the one socket all its packets leave from (M3)
// and its members. The members are transfers of the endpoint; what they hear comes in here.
import type { Local, Peer, UdpSocket } from "../net/driver.ts";
import { Group, type GroupOutbox } from "../proto/group.ts";
import type { JoinOptions, MemberId } from "../proto/group_member.ts";
import type { BlockIndex, Failure, Packet, Result } from "../proto/machine.ts";
import type { OpenFile } from "../storage/store.ts";
import { OctetContent } from "./content.ts";
import { DataRun } from "./data_run.ts";
import type { GroupSums } from "./group_sums.ts";
import type { GroupAddress } from "./multicast_pool.ts";
import { errorText, type Scheduled } from "./transfer.ts";

/** A member as its session sees it: what it was granted, and the way to it. */
export interface SessionMember extends JoinOptions {
  /** Given by the session. */
  id: MemberId;
  /** Sends a packet to it alone. */
  control(packet: Packet): void;
  /** It has left the group; told once the machine's call is over. */
  endWith(result: Result, now: number): void;
}

export interface SessionOptions {
  /** What members must have in common. */
  readonly key: string;
  readonly address: GroupAddress;
  readonly socket: UdpSocket;
  readonly local: Local | null;
  /** Kept open by the members. */
  readonly file: OpenFile;
  readonly blockBytes: number;
  readonly now: number;
  /** Blocks wait: `flush` is wanted before the turn of the driver is over. */
  readonly waiting: (session: GroupSession) => void;
  /** The last member has gone. */
  readonly ended: (session: GroupSession, now: number) => void;
}

/**
 * Blocks in flight. Not of RFC 2090, whose masters acknowledge block by block, but in its spirit:
 * they take blocks in any order, because they may join in the middle. More would outrun listeners
 * on busy machines: they lose what does not fit their buffers and have it sent again.
 */
const AHEAD_BLOCKS_MAX = 3;
/** Machines that are switched on together ask within moments of each other. */
const GATHER_MS = 50;

export class GroupSession implements Scheduled, GroupOutbox {
  heapIndex = -1;
  checkAt = Infinity;
  readonly options: SessionOptions;
  readonly group: Group;
  readonly content: OctetContent;
  /** Members there ever were. */
  joined = 0;
  readonly #members = new Map<MemberId, SessionMember>();
  readonly #results: { readonly member: SessionMember; readonly result: Result }[] = [];
  readonly #peer: Peer;
  readonly #run: DataRun;
  /** Blocks that wait to be sent, from `#first` on. */
  #first: BlockIndex = 0;
  #waiting = 0;
  /** Octets of payload, those sent again among them. */
  #bytesSent = 0;
  #unreadable = false;
  #finished = false;
  #ended = false;

  constructor(options: SessionOptions) {
    this.options = options;
    const { address, file, blockBytes } = options;
    this.content = new OctetContent(file, blockBytes);
    this.#run = new DataRun(this.content, { blockBytes, rollover: 0 });
    this.#peer = { family: address.family, host: address.host, port: address.port };
    this.group = new Group({
      address: address.host,
      port: address.port,
      lastBlock: this.content.lastBlock(),
      aheadBlocksMax: AHEAD_BLOCKS_MAX,
      gatherMs: GATHER_MS,
      outbox: this,
    });
  }

  get deadline(): number {
    return this.group.deadline;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** As those of one group. */
  get sums(): GroupSums {
    const { blocksSent, repeats, masterChanges } = this.group;
    const running = this.#ended ? 0 : 1;
    return { running, started: 1, blocksSent, repeats, bytesSent: this.#bytesSent, masterChanges };
  }

  /** Takes a member in and tells it its role. */
  join(member: SessionMember, now: number) {
    const id = this.joined++;
    member.id = id;
    this.#members.set(id, member);
    const { options, timing } = member;
    this.step(now, (group) => group.join(id, { options, timing }, now));
  }

  timeout(now: number) {
    this.step(now, (group) => group.timeout(now));
  }

  /** One input of the machine and what follows from it; a fault ends this group and nothing else. */
  step(now: number, input: (group: Group) => void) {
    if (this.#ended) return;
    let failure: Failure | null = null;
    try {
      input(this.group);
    } catch (error) {
      failure = { kind: "storage", code: 0, text: errorText(error) };
    }
    if (failure !== null) this.group.abort(failure);
    this.#settle(now);
  }

  control(id: MemberId, packet: Packet) {
    this.#members.get(id)?.control(packet);
  }

  /** Sent by `flush`: what the ACKs of one batch ask for leaves as one run. */
  blocks(first: BlockIndex, count: number) {
    if (this.#waiting > 0 && first !== this.#first + this.#waiting) this.#send();
    if (this.#waiting === 0) {
      this.#first = first;
      this.options.waiting(this);
    }
    this.#waiting += count;
  }

  /** Sends the blocks that wait. */
  flush(now: number) {
    this.#send();
    if (!this.#unreadable || this.#ended) return;
    this.group.abort({ kind: "storage", code: 0, text: "File changed while it was sent" });
    this.#settle(now);
  }

  memberFinished(id: MemberId, result: Result) {
    const member = this.#members.get(id);
    if (member !== undefined) this.#results.push({ member, result });
    this.#members.delete(id);
  }

  finish() {
    this.#finished = true;
  }

  #send() {
    const { socket, local } = this.options;
    for (let done = 0; done < this.#waiting;) {
      done += this.#run.take(this.#first + done, this.#waiting - done);
      this.#bytesSent += this.#run.totalBytes;
      if (socket.sendRun(this.#peer, this.#run, local) === "unreadable") this.#unreadable = true;
    }
    this.#waiting = 0;
  }

  /** Members end after the machine's call, since what they do may come back to it. */
  #settle(now: number) {
    for (const { member, result } of this.#results.splice(0)) member.endWith(result, now);
    if (!this.#finished || this.#ended) return;
    this.#ended = true;
    this.#waiting = 0;
    this.options.ended(this, now);
  }
}
