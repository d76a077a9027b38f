// A small Ethernet in network namespaces: one for a server, one for a bridge, one for each receiver,
// where UDP datagrams may be lost. Needs root, ip and nft. What a killed run has left behind is
// removed by the next one.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";
import { which } from "./command.ts";
import { NAMESPACE_PREFIX, removeStale } from "./namespaces.ts";

export interface Bridge {
  readonly serverHost: string;
  /** Null where the machine has no IPv6. */
  readonly serverHost6: string | null;
  /** To be put before a command line that shall run at the server. */
  readonly atServer: readonly string[];
  /** The same for a receiver; they count from 0. */
  atReceiver(index: number): readonly string[];
  /** What the server has sent so far, as the kernel counts it before it cuts batches. */
  sent(): { readonly datagrams: number; readonly bytes: number };
  /** Loses this share of the datagrams that reach a receiver, each by itself. */
  lose(percent: number): void;
  /** Removes all namespaces. Whatever runs in them should have ended. */
  remove(): void;
}

/** The addresses of the server on every bridge. */
export const BRIDGE_HOST = "192.0.2.1";
const BRIDGE_HOST_6 = "2001:db8::1";
/** Namespaces have it where the machine does. */
const HAS_IPV6 = existsSync("/proc/net/if_inet6");

/** Makes a bridge with so many receivers, at most 200; throws with the words of what failed. */
export function makeBridge(receivers: number): Bridge {
  removeStale();
  const server = `${NAMESPACE_PREFIX}${process.pid}-server`;
  const hub = `${NAMESPACE_PREFIX}${process.pid}-hub`;
  const names = Array.from(
    { length: receivers },
    (_, at) => `${NAMESPACE_PREFIX}${process.pid}-r${at}`,
  );
  const remove = () => {
    for (const name of [...names, hub, server]) spawnSync("ip", ["netns", "del", name]);
  };
  process.on("exit", remove);
  try {
    prepareHub(hub, server);
    names.forEach((name, at) => prepareReceiver(name, { hub, at }));
  } catch (error) {
    remove();
    throw error;
  }
  return {
    serverHost: BRIDGE_HOST,
    serverHost6: HAS_IPV6 ? BRIDGE_HOST_6 : null,
    atServer: ["ip", "netns", "exec", server, ...PINNED],
    atReceiver: (index) => ["ip", "netns", "exec", names[index]!],
    sent: () => sentBy(server),
    lose: (percent) => {
      // A batch that the kernel would cut into datagrams later is cut here, before any is lost.
      const segments = percent > 0 ? 1 : 65_535;
      sh(`ip -n ${server} link set eth0 gso_max_segs ${segments}`);
      for (const name of names) loseAt(name, percent);
    },
    remove: () => {
      process.off("exit", remove);
      remove();
    },
  };
}

/**
 * A switch is no work of the server's: its copies are made on the last processor, and the server
 * runs on the first, so that neither the time nor the account of one is charged to the other.
 */
const PINNED = availableParallelism() > 1 && which("taskset") !== null
  ? ["taskset", "--cpu-list", "0"]
  : [];

function prepareHub(hub: string, server: string): void {
  for (const name of [hub, server]) {
    sh(`ip netns add ${name}`);
    sh(`ip -n ${name} link set lo up`);
  }
  // Nobody asks for reports here, so a bridge that listens to them would forget the members.
  sh(`ip -n ${hub} link add br0 type bridge mcast_snooping 0`);
  sh(`ip -n ${hub} link set br0 up`);
  sh(`ip -n ${hub} link add server type veth peer eth0 netns ${server}`);
  sh(`ip -n ${hub} link set server master br0 up`);
  sh(`ip -n ${server} link set eth0 up`);
  sh(`ip -n ${server} address add ${BRIDGE_HOST}/24 dev eth0`);
  sh(`ip -n ${server} route add 224.0.0.0/4 dev eth0`);
  // Nobody else is here whose address it might be.
  if (HAS_IPV6) sh(`ip -n ${server} address add ${BRIDGE_HOST_6}/64 dev eth0 nodad`);
  const processors = (1 << Math.min(availableParallelism() - 1, 30)).toString(16);
  if (PINNED.length > 0) {
    sh(`ip netns exec ${hub} tee /sys/class/net/server/queues/rx-0/rps_cpus`, processors);
  }
}

function prepareReceiver(name: string, { hub, at }: { hub: string; at: number }): void {
  sh(`ip netns add ${name}`);
  sh(`ip -n ${hub} link add v${at} type veth peer eth0 netns ${name}`);
  sh(`ip -n ${hub} link set v${at} master br0 up`);
  sh(`ip -n ${name} link set lo up`);
  sh(`ip -n ${name} link set eth0 up`);
  sh(`ip -n ${name} address add 192.0.2.${at + 10}/24 dev eth0`);
  if (HAS_IPV6) sh(`ip -n ${name} address add 2001:db8::${at + 10}/64 dev eth0 nodad`);
  sh(`ip -n ${name} route add 224.0.0.0/4 dev eth0`);
}

function loseAt(name: string, percent: number): void {
  const rules = `table inet loss {
    chain input {
      type filter hook input priority 0
      iifname "eth0" meta l4proto udp numgen random mod 100 < ${percent} drop
    }
  }\n`;
  const clear = "table inet loss\ndelete table inet loss\n";
  sh(`ip netns exec ${name} nft -f -`, percent > 0 ? clear + rules : clear);
}

function sentBy(name: string): { datagrams: number; bytes: number } {
  const text = sh(`ip -n ${name} -json -statistics link show eth0`);
  const [link] = JSON.parse(text);
  return { datagrams: link.stats64.tx.packets, bytes: link.stats64.tx.bytes };
}

function sh(command: string, input = ""): string {
  const [program, ...args] = command.split(" ");
  const result = spawnSync(program!, args, { input, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`"${command}" failed: ${result.stderr}`);
  return result.stdout;
}
