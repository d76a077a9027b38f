// What a group tells its members: that one of them is the master and the others listen, and why one
// has to go. Which member is the master is not decided here.
import type { Packet } from "../wire/packet.ts";
import type { Member } from "./group_member.ts";
import type { Failure } from "./machine.ts";

export interface RolesOptions {
  /** Numeric group address and port, as OACKs name them. */
  readonly address: string;
  readonly port: number;
  /** Sends to one member. */
  readonly send: (member: Member, packet: Packet) => void;
}

/** Corrections of a member that takes itself for the master: at doubling intervals, so many. */
const CORRECTION_MS = 50;
const CORRECTIONS_MAX = 12;

export class GroupRoles {
  readonly #options: RolesOptions;
  /** Listeners to be told their role once more, in the order of joining. */
  readonly #echoes = new Set<Member>();

  constructor(options: RolesOptions) {
    this.#options = options;
  }

  /** When `echo` is due; Infinity for never. */
  get echoAt(): number {
    const [first] = this.#echoes;
    return first?.echoAt ?? Infinity;
  }

  /** M10: always with address and port, which atftp and U-Boot want every time. */
  tell(member: Member, role: "master" | "listener") {
    const { address, port, send } = this.#options;
    const value = `${address},${port},${role === "master" ? 1 : 0}`;
    const options = member.options.map((option) =>
      option.name.toLowerCase() === "multicast" ? { name: option.name, value } : option
    );
    send(member, { op: "oack", options });
  }

  /** Tells a new listener its role, and once more later. */
  tellTwice(member: Member) {
    this.#echoes.add(member);
    this.tell(member, "listener");
  }

  /** The member need not be told once more: it was heard, has another role, or has gone. */
  forget(member: Member) {
    this.#echoes.delete(member);
  }

  forgetAll() {
    this.#echoes.clear();
  }

  /** Tells those once more whose time has come. */
  echo(now: number) {
    for (const member of this.#echoes) {
      if (member.echoAt > now) return;
      this.#echoes.delete(member);
      this.tell(member, "listener");
    }
  }

  /**
   * M8: an OACK with mc=0 for a listener that acknowledges, never so often that it makes a
   * ping-pong. False where it was told so often enough.
   */
  correct(member: Member, now: number): boolean {
    if (now < member.correctAt) return true;
    if (member.corrections === CORRECTIONS_MAX) return false;
    member.correctAt = now + CORRECTION_MS * 2 ** member.corrections;
    member.corrections++;
    this.tell(member, "listener");
    return true;
  }

  tellError(member: Member, { code, text }: Failure) {
    this.#options.send(member, { op: "error", code, message: text });
  }
}
