// A member of an RFC 2090 group as the endpoint sees it: one transfer of one peer. All it hears
// goes to its group, which decides when it ends.
import { authority } from "../match/authority.ts";
import type { Failure, Granted, Result, Timing } from "../proto/machine.ts";
import type { MemberId } from "../proto/group_member.ts";
import type { LiveTransfer, Report } from "../resolve/report.ts";
import type { FileName } from "../resolve/name.ts";
import type { OpenFile } from "../storage/store.ts";
import type { Option, RequestPacket } from "../wire/packet.ts";
import { blockOf, DATA_HEADER_BYTES, decodePacket, OPCODE, opcodeOf } from "../wire/packet.ts";
import type { Ending } from "./describe.ts";
import { describeMember } from "./group_report.ts";
import type { GroupSession, SessionMember } from "./group_session.ts";
import { Transfer, type TransferOptions } from "./transfer.ts";

export interface MemberOptions extends TransferOptions {
  readonly session: GroupSession;
  /** Given back through `released` at the end. */
  readonly file: OpenFile;
  readonly name: FileName;
  readonly granted: Granted;
  readonly timing: Timing;
  readonly released: (file: OpenFile) => void;
}

export class MemberTransfer extends Transfer implements SessionMember {
  id: MemberId = -1;
  readonly session: GroupSession;
  /** Its machine is the group's. */
  protected readonly machine = null;
  readonly #options: MemberOptions;
  /** Blocks the group had sent when this member joined. */
  readonly #blocksBefore: number;
  #confirmed = false;
  /** As the master it has asked for the first block; it has acknowledged one. */
  #begins = false;
  #hears = false;

  constructor(options: MemberOptions) {
    super(options);
    this.#options = options;
    this.session = options.session;
    this.#blocksBefore = options.session.group.blocksSent;
  }

  /** The options of its OACK; the group fills in the value of `multicast`. */
  get options(): readonly Option[] {
    return this.#options.granted.options;
  }

  get timing(): Timing {
    return this.#options.timing;
  }

  /** The deadline is the group's. */
  override get timed(): GroupSession {
    return this.session;
  }

  /** Never: its request is folded whenever it comes again, in the role it has by then (M19). */
  get confirmed(): boolean {
    return false;
  }

  override isRepeatedBy(packet: RequestPacket): boolean {
    return super.isRepeatedBy(packet) && sameOptions(packet.options, this.request.options);
  }

  requestedAgain(now: number) {
    this.session.step(now, (group) => group.requestedAgain(this.id));
  }

  receive(bytes: Uint8Array, now: number) {
    this.heardAt = now;
    const { session, id } = this;
    if (opcodeOf(bytes) === OPCODE.ack && bytes.length >= DATA_HEADER_BYTES) {
      this.#confirmed = true;
      const block = blockOf(bytes);
      if (block > 0) this.#hears = true;
      else if (session.group.isMaster(id)) this.#begins = true;
      return session.step(now, (group) => group.acknowledge(id, block, now));
    }
    const packet = decodePacket(bytes);
    if (packet.op === "error") session.step(now, (group) => group.error(id, packet, now));
  }

  override abort(failure: Failure, now: number) {
    this.control({ op: "error", code: failure.code, message: failure.text });
    this.session.step(now, (group) => group.leave(this.id, failure, now));
  }

  override discard(text: string, now: number) {
    const failure: Failure = { kind: "aborted", code: 0, text };
    this.session.step(now, (group) => group.leave(this.id, failure, now));
  }

  endWith(result: Result, now: number) {
    this.end(result, now);
  }

  blocks() {}

  write() {}

  commit() {}

  live(now: number): LiveTransfer {
    const { group, options: { address } } = this.session;
    const role = group.isMaster(this.id) ? "master" : "listener";
    const { file, name } = this.#options;
    return {
      via: "multicast",
      operation: "read",
      client: this.route.peer.host,
      port: this.route.peer.port,
      name,
      bytes: this.#bytesHeard,
      size: file.size,
      durationMs: now - this.startedAt,
      options:
        `${role} in group ${authority(address.host, address.port)}, members=${group.members} ` +
        `blocks-sent=${group.blocksSent} repeats=${group.repeats}`,
    };
  }

  protected release() {
    this.#options.released(this.#options.file);
  }

  protected reportOf(result: Result, now: number): Report {
    const { file, name, granted } = this.#options;
    const complete = result.kind === "done" || result.kind === "done-unacknowledged";
    const ending: Ending = {
      operation: "read",
      route: this.route,
      request: this.request,
      trail: this.trail,
      file: name,
      path: file.path,
      bytes: complete ? file.size : this.#bytesHeard,
      durationMs: now - this.startedAt,
      retransmits: 0,
      roundTripMs: this.session.group.roundTripMs,
      confirmed: this.#confirmed,
      granted,
    };
    const isDeaf = this.#begins && !this.#hears;
    return describeMember(ending, result, { session: this.session, isDeaf });
  }

  /** Octets sent since it joined: what a listener has heard at best. */
  get #bytesHeard(): number {
    const { group, content } = this.session;
    return content.bytesUpTo(group.blocksSent - this.#blocksBefore);
  }
}

function sameOptions(one: readonly Option[], other: readonly Option[]): boolean {
  return one.length === other.length &&
    one.every(({ name, value }, at) => name === other[at]!.name && value === other[at]!.value);
}
