// What a group knows of each of its members.
import type { Option } from "../wire/packet.ts";
import type { BlockIndex, Timing } from "./machine.ts";

/** A number of the host's choice that stands for a member while it is one. */
export type MemberId = number;

export interface JoinOptions {
  /** The OACK in the order and spelling of the request; the value of `multicast` is filled in. */
  readonly options: readonly Option[];
  readonly timing: Timing;
}

/** What the group knows of one member; M13: they differ in nothing that touches the data. */
export interface Member {
  readonly id: MemberId;
  readonly options: readonly Option[];
  readonly timing: Timing;
  /** Highest block that had been sent when it joined. */
  readonly joinedAt: BlockIndex;
  /** When it is told its role once more. */
  readonly echoAt: number;
  /** It has answered something. */
  heard: boolean;
  /** It was the master, fell silent and has answered nothing since. */
  isSilent: boolean;
  /** Times it was asked to be master since it was last heard, and when first. */
  offers: number;
  offeredAt: number;
  corrections: number;
  correctAt: number;
}

/**
 * When a listener is told its role once more: it acknowledges nothing, and were that one OACK
 * lost, it would ask again seconds later (atftp: 5) and miss all that was sent.
 */
const ECHO_MS = 40;

/** A member that has just joined, when block `joinedAt` was the highest sent. */
export function newMember(
  id: MemberId,
  options: JoinOptions,
  { now, joinedAt }: { readonly now: number; readonly joinedAt: BlockIndex },
): Member {
  return {
    ...options,
    id,
    joinedAt,
    echoAt: now + ECHO_MS,
    heard: false,
    isSilent: false,
    offers: 0,
    offeredAt: 0,
    corrections: 0,
    correctAt: 0,
  };
}
