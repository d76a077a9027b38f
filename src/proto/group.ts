// One RFC 2090 group as the server sees it: many members, one of them the master, whose ACKs alone
// move the transfer. Names blocks, never carries them. The rules M1 to M20 of the comments are
// those of the RFC as real clients keep it.
import { GroupFlow } from "./group_flow.ts";
import { Gathering } from "./group_gathering.ts";
import type { BlockIndex, Failure, Packet, Result } from "./machine.ts";
import { type JoinOptions, type Member, type MemberId, newMember } from "./group_member.ts";
import { GroupRoles } from "./group_roles.ts";
import { blockWaitMs, heirPatienceMs, masterPatienceMs, offerWaitMs } from "./group_timing.ts";

/** Where a group puts what it wants done. The host must not call the group from inside. */
export interface GroupOutbox {
  /** Send this OACK or ERROR to one member. */
  control(member: MemberId, packet: Packet): void;
  /** Send DATA `first` … `first + count - 1` to the group. */
  blocks(first: BlockIndex, count: number): void;
  /** This member's transfer has ended. */
  memberFinished(member: MemberId, result: Result): void;
  /** The last member has gone; nothing follows. */
  finish(): void;
}

export interface GroupOptions {
  /** Numeric group address and port, as OACKs name them. */
  readonly address: string;
  readonly port: number;
  /** Index of the last block: at most 65535, a group cannot roll over (M14). */
  readonly lastBlock: BlockIndex;
  /** Blocks in flight at most; 1 is lock-step. */
  readonly aheadBlocksMax: number;
  /** A file of many blocks waits at least so long for further members after each early one. */
  readonly gatherMs: number;
  readonly outbox: GroupOutbox;
}

/** An heir is asked so often before its silence counts. */
const OFFERS_MIN = 3;
/** What answers nothing at all is asked this often while it is alone: it may be forged. */
const UNCONFIRMED_OFFERS_MAX = 4;
const ERROR_ILLEGAL = 4;

export class Group {
  readonly #options: GroupOptions;
  readonly #outbox: GroupOutbox;
  readonly #flow: GroupFlow;
  readonly #gathering: Gathering;
  readonly #roles: GroupRoles;
  readonly #members = new Map<MemberId, Member>();
  /** Heirs, the next one first: joiners and those passed over go to the end. */
  readonly #heirs = new Set<Member>();
  #master: Member | null = null;
  /** Whether the master has taken office; until then any member that was asked may. */
  #driving = false;
  #deadline = Infinity;
  /** Timeouts since the last progress, and when the master made it. */
  #strikes = 0;
  #progressAt = 0;
  /** When the master was asked last to be one. */
  #askedAt = 0;
  #masterChanges = 0;
  #finished = false;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#gathering = new Gathering({ lastBlock: options.lastBlock, quietMs: options.gatherMs });
    this.#flow = new GroupFlow({
      lastBlock: options.lastBlock,
      aheadBlocksMax: options.aheadBlocksMax,
      send: (first, count) => options.outbox.blocks(first, count),
    });
    this.#roles = new GroupRoles({
      address: options.address,
      port: options.port,
      send: (member, packet) => options.outbox.control(member.id, packet),
    });
  }

  /** When `timeout` is due; Infinity for never. */
  get deadline(): number {
    return Math.min(this.#deadline, this.#roles.echoAt);
  }

  get members(): number {
    return this.#members.size;
  }

  get blocksSent(): number {
    return this.#flow.blocksSent;
  }

  /** Blocks sent that had been sent before. */
  get repeats(): number {
    return this.#flow.repeats;
  }

  /** Highest block sent so far. */
  get highestBlock(): BlockIndex {
    return this.#flow.highest;
  }

  /** How often another member took over. */
  get masterChanges(): number {
    return this.#masterChanges;
  }

  /** Smoothed round trip to the masters; 0 before it was measured. */
  get roundTripMs(): number {
    return Math.max(this.#flow.roundTripMs, 0);
  }

  isMaster(id: MemberId): boolean {
    return this.#master?.id === id;
  }

  /** True once the member has answered anything. */
  hasAnswered(id: MemberId): boolean {
    return this.#members.get(id)?.heard ?? false;
  }

  /** A new member, with an id not in use; it may be told at once that it is the master (M5). */
  join(id: MemberId, options: JoinOptions, now: number) {
    if (this.#finished) return;
    const member = newMember(id, options, { now, joinedAt: this.#flow.highest });
    this.#members.set(id, member);
    this.#gather(now);
    if (this.#master === null) return this.#offer(member, now);
    this.#heirs.add(member);
    this.#roles.tellTwice(member);
    this.#hurry(this.#master, now);
  }

  /** A listed member repeated its request: its OACK once more, with its role of now (M19). */
  requestedAgain(id: MemberId) {
    const member = this.#members.get(id);
    if (member !== undefined) this.#roles.tell(member, this.isMaster(id) ? "master" : "listener");
  }

  /** An ACK: of the master a request for the next block, of others perhaps their last (M4, M7). */
  acknowledge(id: MemberId, block: BlockIndex, now: number) {
    const member = this.#members.get(id);
    if (member === undefined || block > this.#options.lastBlock) return;
    member.heard = true;
    member.isSilent = false;
    this.#roles.forget(member);
    if (block === this.#options.lastBlock) return this.#gone(member, { kind: "done" }, now);
    if (member === this.#master) return this.#driven(member, block, now);
    // One that was passed over answers late, and nobody else has yet.
    if (!this.#driving && member.offers > 0) {
      this.#heirs.add(this.#master!);
      this.#heirs.delete(member);
      this.#master = member;
      return this.#driven(member, block, now);
    }
    member.offers = 0;
    // M8: EDK2 acknowledges every OACK, and ACK 0 after the first one is just that.
    if (block > 0) this.#correct(member, now);
  }

  /** The member sent ERROR: it leaves, master or not (M6, M7). */
  error(id: MemberId, error: { readonly code: number; readonly message: string }, now: number) {
    const member = this.#members.get(id);
    if (member === undefined) return;
    const { code, message: text } = error;
    const result: Result = member.heard
      ? { kind: "failed", failure: { kind: "peer", code, text } }
      : { kind: "probe", text };
    this.#gone(member, result, now);
  }

  /** The host removes a member without a word to it. */
  leave(id: MemberId, failure: Failure, now: number) {
    const member = this.#members.get(id);
    if (member !== undefined) this.#gone(member, { kind: "failed", failure }, now);
  }

  /** `now` has reached `deadline`; harmless if it has not. */
  timeout(now: number) {
    this.#roles.echo(now);
    const master = this.#master;
    if (this.#finished || master === null || now < this.#deadline) return;
    if (!this.#driving) return this.#unanswered(master, now);
    if (this.#flow.held) {
      this.#flow.resume(now);
      return this.#progress(now);
    }
    this.#strikes++;
    if (now - this.#progressAt < masterPatienceMs(master.timing, this.#heirs.size)) {
      this.#flow.again(now);
      return this.#arm(now);
    }
    if (this.#heirs.size === 0) return this.#lost(master, now);
    // M9: it gets another chance when the others are through.
    master.offers = 0;
    master.offeredAt = now;
    master.isSilent = true;
    this.#master = null;
    this.#roles.tell(master, "listener");
    this.#heirs.add(master);
    this.#next(now);
  }

  /** Tells every member why, and ends. */
  abort(failure: Failure) {
    if (this.#finished) return;
    for (const member of [...this.#members.values()]) {
      this.#roles.tellError(member, failure);
      this.#members.delete(member.id);
      this.#outbox.memberFinished(member.id, { kind: "failed", failure });
    }
    this.#end();
  }

  #driven(master: Member, block: BlockIndex, now: number) {
    if (!this.#driving) return this.#takeOffice(master, block, now);
    if (this.#flow.acknowledge(block, now)) this.#progress(now);
  }

  /** The master's first ACK. */
  #takeOffice(master: Member, block: BlockIndex, now: number) {
    this.#driving = true;
    master.offers = 0;
    master.corrections = 0;
    this.#flow.restart(block, now);
    if (this.#flow.held && now >= this.#gathering.until) this.#flow.resume(now);
    this.#progress(now);
  }

  #progress(now: number) {
    this.#strikes = 0;
    this.#progressAt = now;
    this.#arm(now);
  }

  /** Holds the blocks back for those who may come next. */
  #gather(now: number) {
    if (!this.#gathering.joined(this.#flow.highest, now)) return;
    this.#flow.hold();
    if (this.#driving) this.#deadline = this.#gathering.until;
  }

  /** Somebody waits from here on: a master that was waited for alone, at length, may be due. */
  #hurry(master: Member, now: number) {
    if (this.#flow.held) return;
    const rivals = this.#heirs.size;
    const dueAt = this.#driving
      ? this.#progressAt + masterPatienceMs(master.timing, rivals)
      : this.#askedAt + offerWaitMs(master.timing, this.#flow, { offers: 1, rivals });
    this.#deadline = Math.min(this.#deadline, Math.max(dueAt, now));
  }

  /** The master has not answered what made it one: asks the next, in turns. */
  #unanswered(master: Member, now: number) {
    if (this.#heirs.size > 0) {
      this.#heirs.add(master);
      this.#next(now);
    } else if (this.#isOverdue(master, now)) this.#lost(master, now);
    else this.#offer(master, now);
  }

  /** Asks the first heir; who is overdue has had all the others' turns to answer in. */
  #next(now: number) {
    this.#driving = false;
    while (!this.#finished) {
      const [heir] = this.#heirs;
      if (heir === undefined) return this.#end();
      this.#heirs.delete(heir);
      if (!this.#isOverdue(heir, now)) return this.#offer(heir, now);
      this.#master = null;
      this.#lost(heir, now);
    }
  }

  #isOverdue(heir: Member, now: number): boolean {
    const wasOfferedAll = this.#wasOfferedAll(heir);
    const patienceMs = heirPatienceMs(heir, { rivals: this.#heirs.size, wasOfferedAll });
    return heir.offers >= OFFERS_MIN && now - heir.offeredAt >= patienceMs;
  }

  /** Asks a member to be the master (M6). */
  #offer(member: Member, now: number) {
    if (this.#flow.highest > 0 && member !== this.#master) this.#masterChanges++;
    this.#master = member;
    this.#roles.forget(member);
    this.#driving = false;
    if (member.offers === 0) member.offeredAt = now;
    member.offers++;
    this.#askedAt = now;
    const rivals = this.#heirs.size;
    this.#deadline = now +
      offerWaitMs(member.timing, this.#flow, { offers: member.offers, rivals });
    if (member.heard || member.offers <= UNCONFIRMED_OFFERS_MAX) {
      this.#roles.tell(member, "master");
    }
  }

  #arm(now: number) {
    if (this.#flow.held) {
      this.#deadline = this.#gathering.until;
      return;
    }
    this.#deadline = now + blockWaitMs(this.#master!.timing, this.#flow, this.#strikes);
  }

  /** Whether every block was sent while it was a member. */
  #wasOfferedAll(member: Member): boolean {
    return member.joinedAt === 0 && this.#flow.highest === this.#options.lastBlock;
  }

  /** The member does not answer any more. */
  #lost(member: Member, now: number) {
    const { acked, highest } = this.#flow;
    const onlyLastAck = this.#driving && highest === this.#options.lastBlock &&
      acked === highest - 1;
    if (onlyLastAck || (this.#wasOfferedAll(member) && !member.isSilent)) {
      return this.#gone(member, { kind: "done-unacknowledged" }, now);
    }
    const failure: Failure = { kind: "timeout", code: 0, text: "Timed out waiting for ACK" };
    this.#roles.tellError(member, failure);
    this.#gone(member, { kind: "failed", failure }, now);
  }

  #gone(member: Member, result: Result, now: number) {
    this.#members.delete(member.id);
    this.#heirs.delete(member);
    this.#roles.forget(member);
    this.#outbox.memberFinished(member.id, result);
    if (this.#members.size === 0) return this.#end();
    if (member === this.#master) this.#next(now);
  }

  /** A listener that acknowledges takes itself for the master, now or for ever. */
  #correct(member: Member, now: number) {
    if (this.#roles.correct(member, now)) return;
    const text = "Only the master client acknowledges";
    const failure: Failure = { kind: "protocol", code: ERROR_ILLEGAL, text };
    this.#roles.tellError(member, failure);
    this.#gone(member, { kind: "failed", failure }, now);
  }

  #end() {
    this.#finished = true;
    this.#roles.forgetAll();
    this.#master = null;
    this.#deadline = Infinity;
    this.#outbox.finish();
  }
}
