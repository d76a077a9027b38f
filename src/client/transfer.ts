// One TFTP transfer from the client's side, sans-IO: the opening, then the receiver, sender or group
// member that takes over from it. To its host it is one machine.
import type { GroupPlace } from "../proto/group_place.ts";
import { GroupMember } from "../proto/member.ts";
import { type Opened, Opening } from "../proto/opening.ts";
import { Receiver } from "../proto/receiver.ts";
import { Sender } from "../proto/sender.ts";
import type { Failure, Machine, Outbox, Packet, Timing } from "../proto/machine.ts";
import { lastBlockOf } from "../wire/block.ts";
import type { RequestPacket } from "../wire/packet.ts";

/** Where the outputs of a transfer go. `finish` comes once, whatever happens. */
export interface TransferOutbox extends Outbox {
  /** The server agreed; blocks follow. Its grant says how long they are. */
  opened(opened: Opened): void;
  /** Receive from this group, whose address and port are known, then call `joined`. */
  join(place: GroupPlace): void;
  /** Send the request again, to where it was sent first. */
  requestAgain(): void;
}

export interface TransferSettings {
  /** RRQ fetches, WRQ sends. */
  readonly request: RequestPacket;
  /** Octets to send, as they stand on the wire; ignored when fetching. */
  readonly sizeBytes: number;
  readonly timing: Timing;
  readonly outbox: TransferOutbox;
  readonly now: number;
}

/** Stay no longer than this for a server that may have missed the last ACK. */
const DALLY_MS_MAX = 1000;

/** The machine of one `get` or `put`. */
export class ClientTransfer implements Machine {
  readonly #settings: TransferSettings;
  readonly #opening: Opening;
  #mover: Receiver | Sender | GroupMember | null = null;
  #finished = false;
  #progressAt: number;

  constructor(settings: TransferSettings) {
    this.#settings = settings;
    this.#opening = new Opening(settings);
    this.#progressAt = settings.now;
  }

  /** Infinity while the host joins a group. */
  get deadline(): number {
    return (this.#mover ?? this.#opening).deadline;
  }

  get retransmits(): number {
    return this.#opening.retransmits + (this.#mover?.retransmits ?? 0);
  }

  /** Blocks received in order, or sent and acknowledged. */
  get blocks(): number {
    if (this.#mover === null) return 0;
    return this.#mover instanceof Sender ? this.#mover.ackedBlocks : this.#mover.receivedBlocks;
  }

  /** The group this is a member of, if it is. */
  get member(): GroupMember | null {
    return this.#mover instanceof GroupMember ? this.#mover : null;
  }

  /** When the transfer got further for the last time. */
  get progressAt(): number {
    return this.#progressAt;
  }

  start(now: number) {
    this.#opening.start(now);
  }

  receive(packet: Packet, now: number) {
    const before = this.blocks;
    if (this.#mover !== null) this.#mover.receive(packet, now);
    else this.#open(packet, now);
    if (this.blocks > before) this.#progressAt = now;
  }

  timeout(now: number) {
    (this.#mover ?? this.#opening).timeout(now);
  }

  abort(failure: Failure) {
    if (this.#mover !== null || this.#opening.opened === null) {
      return (this.#mover ?? this.#opening).abort(failure);
    }
    if (this.#finished) return;
    this.#finished = true;
    const { outbox } = this.#settings;
    outbox.control({ op: "error", code: failure.code, message: failure.text });
    outbox.finish({ kind: "failed", failure });
  }

  /** The host has made the fetched file safe. */
  committed(now: number) {
    if (this.#mover !== null && !(this.#mover instanceof Sender)) this.#mover.committed(now);
  }

  /** The host receives from the group that `join` named. */
  joined(now: number) {
    const opened = this.#opening.opened;
    if (this.#mover !== null || this.#finished || opened?.place == null) return;
    const { outbox } = this.#settings;
    const dallyMs = () => this.#dallyMs();
    const member = new GroupMember({
      blockBytes: opened.granted.blockBytes,
      timing: this.#timing(opened),
      now,
      master: opened.place.master,
      get dallyMs() {
        return dallyMs();
      },
      outbox: {
        control: (packet) => outbox.control(packet),
        request: () => outbox.requestAgain(),
        write: (index, bytes) => outbox.write(index, bytes),
        commit: () => outbox.commit(),
        finish: (result) => outbox.finish(result),
      },
    });
    this.#mover = member;
    member.start(now);
  }

  #open(packet: Packet, now: number) {
    this.#opening.receive(packet, now);
    const opened = this.#opening.opened;
    if (opened === null) return;
    this.#progressAt = now;
    this.#settings.outbox.opened(opened);
    if (opened.place !== null) return this.#settings.outbox.join(opened.place);
    const common = {
      granted: opened.granted,
      timing: this.#timing(opened),
      outbox: this.#settings.outbox,
      now,
      answered: true,
      roundTripMs: this.#opening.roundTripMs,
    };
    if (this.#settings.request.op === "wrq") {
      const last = lastBlockOf(this.#settings.sizeBytes, opened.granted.blockBytes);
      this.#mover = new Sender({
        ...common,
        extent: { lastBlock: () => last },
      });
      return this.#mover.start(now);
    }
    // Without OACK the answer itself was block 1, and the receiver gets it next.
    const opening: Packet | null = opened.oack === null ? null : { op: "ack", block: 0 };
    const dallyMs = () => this.#dallyMs();
    const receiver = new Receiver({
      ...common,
      opening,
      get dallyMs() {
        return dallyMs();
      },
    });
    this.#mover = receiver;
    receiver.start(now);
    if (opening === null) receiver.receive(packet, now);
  }

  #timing({ granted }: Opened): Timing {
    const { timeoutMs, retries } = this.#settings.timing;
    return { timeoutMs: granted.timeoutMs ?? timeoutMs, retries };
  }

  /**
   * RFC 1350 §6: whoever sends the last ACK should stay to repeat it. On a link that lost nothing
   * nobody has to wait for that; the machine asks when it has sent that ACK.
   */
  #dallyMs(): number {
    const lost = this.retransmits + (this.member?.missedBlocks ?? 0);
    return lost > 0 ? Math.min(this.#settings.timing.timeoutMs, DALLY_MS_MAX) : 0;
  }
}
