// What drives a TFTP conversation of the client, and what comes of it.
import type { Pace, Peer, UdpSocket } from "../net/driver.ts";
import type { BlockIndex, Failure, Result } from "../proto/machine.ts";
import type { Opened } from "../proto/opening.ts";

/** Told how far a transfer is, for each block that moved; `totalBytes` is null where unknown. */
export type Watcher = (doneBytes: number, totalBytes: number | null) => void;

/** What an exchange asks of the driver. */
export interface Network {
  now(): number;
  /** Asks for a turn soon. */
  wake(): void;
  /** A socket that receives what is sent to this group and port; the exchange closes it. */
  joinGroup(address: string, port: number): Promise<UdpSocket>;
}

/** What is driven by a driver's calls. */
export interface Conversation {
  /** Resolves with the outcome, never rejects. */
  readonly ended: Promise<Outcome>;
  /** Sends the request. */
  start(now: number): void;
  /** A datagram on any socket. */
  receive(socket: UdpSocket, datagram: Datagram, now: number): void;
  /** Does what is due; gives the next deadline. */
  turn(now: number): number;
  /** How soon `receive` wants its datagrams. */
  readonly pace: Pace;
  /** The user has had enough. A file that is complete already stays. */
  abort(now: number): void;
}

/** `bytes` is valid during the call only. */
export interface Datagram {
  readonly peer: Peer;
  readonly bytes: Uint8Array;
}

/** How an attempt ended, with all that its report needs. */
export interface Outcome {
  readonly result: Result;
  readonly server: Peer;
  /** Null while the server had not agreed to anything. */
  readonly opened: Opened | null;
  readonly blocks: BlockIndex;
  /** Payload octets received in order, or acknowledged. */
  readonly bytes: number;
  readonly retransmits: number;
  readonly elapsedMs: number;
  /** Since the server last brought the transfer further, or since the request. */
  readonly silentMs: number;
  /** What went wrong with our file, in words, or null. */
  readonly fileFault: string | null;
  /** Another host than the server that answered our socket, or null. */
  readonly strangerHost: string | null;
  /** What there is to say of a transfer to a group; null for one to us alone. */
  readonly group: GroupFigures | null;
}

/** Our part in a group. */
export interface GroupFigures {
  /** Address and port. */
  readonly name: string;
  /** How often it was us who acknowledged. */
  readonly timesMaster: number;
  /** Blocks that were not there when they should have been, but came later. */
  readonly missedBlocks: number;
  /** Why the group could not be joined, or null. */
  readonly joinFault: string | null;
}

/** What the server is told when the user stops us. */
export const USER_FAILURE: Failure = { kind: "aborted", code: 0, text: "Transfer aborted by user" };
