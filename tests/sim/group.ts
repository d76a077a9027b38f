// A whole RFC 2090 group in virtual time: the server's group machine, many members with machines
// of their own, and a network that loses each copy of a multicast datagram by itself. All the
// promises the machines make are asserted.
import assert from "node:assert/strict";
import { Group } from "../../src/proto/group.ts";
import type { Packet, Result, Timing } from "../../src/proto/machine.ts";
import { parseGroupPlace } from "../../src/proto/group_place.ts";
import { GroupMember } from "../../src/proto/member.ts";
import { Random } from "./random.ts";
import { Alarm, World } from "./world.ts";

/** How one member behaves. */
export interface MemberPlan {
  readonly joinMs: number;
  /** Share of the datagrams lost on the way to it and from it. */
  readonly loss: number;
  readonly delayMs: number;
  readonly jitterMs: number;
  /** From here on it neither hears nor speaks; Infinity for never. */
  readonly deathMs: number;
  /** Leaves without a word when it has all and is passive, as iPXE does. */
  readonly leavesSilently: boolean;
  /** As master it takes the next block only, as atftp 0.8 and EDK2 do. */
  readonly strict: boolean;
}

export interface GroupPlan {
  readonly blocks: number;
  readonly aheadBlocksMax: number;
  readonly gatherMs: number;
  readonly seed: number;
  readonly members: readonly MemberPlan[];
  /** Virtual time after which somebody is said to wait for ever. */
  readonly endMs: number;
  /** Gets a line for each datagram. */
  readonly trace?: (line: string) => void;
}

export interface GroupOutcome {
  /** What became of each member, on its own side and on the server's; null where nothing did. */
  readonly ends: readonly { readonly client: Result | null; readonly server: Result | null }[];
  /** When the last member had all. */
  readonly deliveredMs: number;
  readonly blocksSent: number;
  readonly repeats: number;
  readonly masterChanges: number;
  /** Groups that were needed: who comes after the last member has gone begins another. */
  readonly groups: number;
  /** OACK and ERROR packets of the server, requests and ACKs of the members. */
  readonly controlSent: number;
  /** Copies of datagrams lost to members that lived. */
  readonly lost: number;
  /** Blocks sent before a member joined, over all members. */
  readonly missedByJoining: number;
  readonly finished: boolean;
}

const TIMING: Timing = { timeoutMs: 1000, retries: 6 };
const BLOCK_BYTES = 8;
const PLACE = { address: "239.255.69.1", port: 1758 };

/** Runs the group until all is over. */
export function runGroup(plan: GroupPlan): GroupOutcome {
  return new GroupWorld(plan).run();
}

class GroupWorld {
  readonly world = new World();
  readonly plan: GroupPlan;
  readonly random: Random;
  readonly members: Member[];
  readonly #alarm: Alarm;
  readonly #listed = new Map<number, Result | null>();
  readonly #last: number;
  /** The groups so far, the current one last. */
  readonly #groups: Group[] = [];
  controlSent = 0;
  lost = 0;
  missedByJoining = 0;
  deliveredMs = 0;
  #finished = false;

  constructor(plan: GroupPlan) {
    this.plan = plan;
    this.random = new Random(plan.seed);
    this.#last = plan.blocks;
    this.#alarm = new Alarm(this.world, () => this.drive((now) => this.group.timeout(now), true));
    this.members = plan.members.map((one, id) => new Member(this, one, id));
    this.#open();
  }

  get group(): Group {
    return this.#groups.at(-1)!;
  }

  /** A group comes into being with its first member and ends with its last. */
  #open() {
    this.#finished = false;
    const group = new Group({
      ...PLACE,
      lastBlock: this.#last,
      aheadBlocksMax: this.plan.aheadBlocksMax,
      gatherMs: this.plan.gatherMs,
      outbox: {
        control: (id, packet) => {
          this.controlSent++;
          this.plan.trace?.(`${this.world.now.toFixed(2)} server to ${id}: ${text(packet)}`);
          this.#carry(this.members[id]!, () => this.members[id]!.receive(packet));
        },
        blocks: (first, count) => this.#multicast(first, count),
        memberFinished: (id, result) => {
          assert.ok(!this.#finished, "Member finished after the group");
          assert.equal(this.#listed.get(id), null, `Member ${id} finished twice`);
          this.plan.trace?.(`${this.world.now.toFixed(2)} ${id} finished: ${result.kind}`);
          this.#listed.set(id, result);
        },
        finish: () => {
          assert.ok(!this.#finished, "Group finished twice");
          this.#finished = true;
        },
      },
    });
    this.#groups.push(group);
  }

  run(): GroupOutcome {
    this.world.run(this.plan.endMs);
    return {
      ends: this.members.map(({ id, result }) => ({
        client: result,
        server: this.#listed.get(id) ?? null,
      })),
      deliveredMs: this.deliveredMs,
      blocksSent: this.#sum((group) => group.blocksSent),
      repeats: this.#sum((group) => group.repeats),
      masterChanges: this.#sum((group) => group.masterChanges),
      groups: this.#groups.length,
      controlSent: this.controlSent,
      lost: this.lost,
      missedByJoining: this.missedByJoining,
      finished: this.group.members === 0,
    };
  }

  #sum(of: (group: Group) => number): number {
    return this.#groups.reduce((sum, group) => sum + of(group), 0);
  }

  /** One input of the group. */
  drive(call: (now: number) => void, isTimeout = false) {
    const { now } = this.world;
    call(now);
    const { deadline } = this.group;
    assert.ok(deadline >= now, `Deadline ${deadline} is before ${now}`);
    if (isTimeout) assert.ok(deadline > now, "Deadline stays where it was after a timeout");
    if (this.#finished) assert.equal(deadline, Infinity, "Deadline after finish");
    else if (this.group.members > 0) assert.ok(deadline < Infinity, "Nothing is waited for");
    this.#alarm.set(deadline);
  }

  /** From a member to the server. */
  toServer(member: Member, packet: Packet | "request") {
    this.controlSent++;
    this.plan.trace?.(`${this.world.now.toFixed(2)} ${member.id} sends ${text(packet)}`);
    this.#carry(member, () => this.drive((now) => this.#serve(member.id, packet, now)));
  }

  payload(index: number): Uint8Array {
    const bytes = new Uint8Array(index === this.#last ? BLOCK_BYTES - 1 : BLOCK_BYTES);
    return bytes.fill(index % 251);
  }

  #serve(id: number, packet: Packet | "request", now: number) {
    if (packet === "request") {
      if (this.#finished) this.#open();
      if (this.#listed.get(id) === null) return this.group.requestedAgain(id);
      this.#listed.set(id, null);
      this.missedByJoining += this.group.highestBlock;
      const options = [{ name: "multicast", value: "" }];
      return this.group.join(id, { options, timing: TIMING }, now);
    }
    if (packet.op === "ack") this.group.acknowledge(id, packet.block, now);
    else if (packet.op === "error") this.group.error(id, packet, now);
  }

  #multicast(first: number, count: number) {
    assert.ok(!this.#finished, "DATA after finish");
    assert.ok(first >= 1 && count >= 1 && first + count - 1 <= this.#last, "Block out of range");
    for (let index = first; index < first + count; index++) {
      this.plan.trace?.(`${this.world.now.toFixed(2)} DATA ${index}`);
      for (const member of this.members) {
        if (member.listens) this.#carry(member, () => member.data(index));
      }
    }
  }

  #carry(member: Member, deliver: () => void) {
    const { now } = this.world;
    if (now >= member.plan.deathMs) return;
    if (this.random.chance(member.plan.loss)) {
      this.lost++;
      return;
    }
    const { delayMs, jitterMs } = member.plan;
    const at = Math.max(now + delayMs + this.random.next() * jitterMs, member.lastArrivalAt);
    member.lastArrivalAt = at;
    this.world.schedule(at, () => {
      if (at < member.plan.deathMs) deliver();
    });
  }
}

class Member {
  readonly id: number;
  readonly plan: MemberPlan;
  result: Result | null = null;
  lastArrivalAt = 0;
  readonly #home: GroupWorld;
  readonly #alarm: Alarm;
  readonly #stored = new Set<number>();
  #machine: GroupMember | null = null;
  #gone = false;
  /** It has answered a block out of order, once. */
  #complained = false;

  constructor(home: GroupWorld, plan: MemberPlan, id: number) {
    this.id = id;
    this.plan = plan;
    this.#home = home;
    this.#alarm = new Alarm(home.world, () => this.#drive((machine, now) => machine.timeout(now)));
    home.world.schedule(plan.joinMs, () => this.#ask());
  }

  /** Whether copies of group datagrams come this way. */
  get listens(): boolean {
    return this.#machine !== null && this.result === null && !this.#gone;
  }

  data(index: number) {
    if (!this.listens) return;
    if (this.plan.strict && this.#machine!.isMaster && index !== this.#expected) {
      if (!this.#complained) this.#home.toServer(this, { op: "ack", block: this.#expected - 1 });
      this.#complained = true;
      return;
    }
    this.#complained = false;
    this.#drive((machine, now) => machine.data(index, this.#home.payload(index), now));
  }

  receive(packet: Packet) {
    if (this.#gone) return;
    if (this.#machine !== null) return this.#drive((one, now) => one.receive(packet, now));
    if (packet.op !== "oack") return;
    const place = parseGroupPlace(packet.options[0]!.value);
    assert.ok(place !== null && place.address === PLACE.address && place.port === PLACE.port);
    this.#machine = new GroupMember({
      blockBytes: BLOCK_BYTES,
      timing: TIMING,
      now: this.#home.world.now,
      master: place.master,
      dallyMs: 3000,
      outbox: {
        control: (packet) => this.#home.toServer(this, packet),
        request: () => this.#home.toServer(this, "request"),
        write: (index, bytes) => {
          assert.ok(!this.#stored.has(index), `Block ${index} written twice`);
          assert.deepEqual(bytes, this.#home.payload(index));
          this.#stored.add(index);
        },
        commit: () => this.#complete(),
        finish: (result) => {
          if (result.kind === "done") assert.equal(this.#stored.size, this.#home.plan.blocks);
          this.result = result;
        },
      },
    });
    this.#drive((machine, now) => machine.start(now));
  }

  get #expected(): number {
    let index = 1;
    while (this.#stored.has(index)) index++;
    return index;
  }

  /** Until the first answer comes. */
  #ask() {
    const { world } = this.#home;
    if (this.#machine !== null || world.now >= this.plan.deathMs) return;
    this.#home.toServer(this, "request");
    world.schedule(world.now + 1000, () => this.#ask());
  }

  #complete() {
    const { world } = this.#home;
    assert.equal(this.#stored.size, this.#home.plan.blocks);
    this.#home.deliveredMs = Math.max(this.#home.deliveredMs, world.now);
    if (this.plan.leavesSilently && !this.#machine!.isMaster) {
      this.#gone = true;
      this.result = { kind: "done" };
      return;
    }
    world.schedule(world.now, () => this.#drive((machine, now) => machine.committed(now)));
  }

  #drive(call: (machine: GroupMember, now: number) => void) {
    const { now } = this.#home.world;
    if (this.#gone || now >= this.plan.deathMs) return;
    const machine = this.#machine!;
    call(machine, now);
    if (this.#gone) return this.#alarm.set(Infinity);
    assert.ok(machine.deadline >= now, `Deadline ${machine.deadline} is before ${now}`);
    this.#alarm.set(machine.deadline);
  }
}

function text(packet: Packet | "request"): string {
  if (packet === "request") return "RRQ";
  if (packet.op === "ack") return `ACK ${packet.block}`;
  if (packet.op === "oack") return `OACK ${packet.options.map((option) => option.value).join(" ")}`;
  return packet.op;
}
