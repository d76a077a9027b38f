// Two network namespaces joined by a link that loses UDP datagrams both ways. Needs root, ip and
// nft. What a killed run has left behind is removed by the next one.
import { spawnSync } from "node:child_process";
import process from "node:process";
import { which } from "../../scripts/lib/command.ts";
import { NAMESPACE_PREFIX, removeStale } from "../../scripts/lib/namespaces.ts";

export interface LossyLink {
  readonly serverHost: string;
  /** To be put before a command line that shall run at this end. */
  readonly atServer: readonly string[];
  readonly atClient: readonly string[];
  /** Removes both namespaces. Whatever runs in them should have ended. */
  remove(): void;
}

/** Whether this process may make namespaces and filter rules. */
export function canMakeLinks(): boolean {
  if (which("ip") === null || which("nft") === null) return false;
  const name = `${NAMESPACE_PREFIX}${process.pid}-trial`;
  const made = spawnSync("ip", ["netns", "add", name]).status === 0;
  if (made) spawnSync("ip", ["netns", "del", name]);
  return made;
}

/** Makes the link; throws with the words of the tool that failed. */
export function makeLossyLink(lossPercent: number): LossyLink {
  removeStale();
  const server = `${NAMESPACE_PREFIX}${process.pid}-s`;
  const client = `${NAMESPACE_PREFIX}${process.pid}-c`;
  const remove = () => {
    for (const name of [server, client]) spawnSync("ip", ["netns", "del", name]);
  };
  process.on("exit", remove);
  try {
    sh(["ip", "netns", "add", server]);
    sh(["ip", "netns", "add", client]);
    sh([
      "ip",
      "-n",
      server,
      "link",
      "add",
      "eth0",
      "type",
      "veth",
      "peer",
      "eth0",
      "netns",
      client,
    ]);
    prepareEnd(server, { address: SERVER_HOST, lossPercent });
    prepareEnd(client, { address: CLIENT_HOST, lossPercent });
  } catch (error) {
    remove();
    throw error;
  }
  return {
    serverHost: SERVER_HOST,
    atServer: ["ip", "netns", "exec", server],
    atClient: ["ip", "netns", "exec", client],
    remove: () => {
      process.off("exit", remove);
      remove();
    },
  };
}

const SERVER_HOST = "192.0.2.1";
const CLIENT_HOST = "192.0.2.2";

function prepareEnd(name: string, options: { address: string; lossPercent: number }): void {
  sh(["ip", "-n", name, "link", "set", "lo", "up"]);
  // Batches that the kernel would cut into datagrams later are cut here, before any is lost.
  sh(["ip", "-n", name, "link", "set", "eth0", "gso_max_segs", "1", "up"]);
  sh(["ip", "-n", name, "address", "add", `${options.address}/24`, "dev", "eth0"]);
  const rules = `table inet loss {
    chain input {
      type filter hook input priority 0;
      iifname "eth0" meta l4proto udp numgen random mod 100 < ${options.lossPercent} drop
    }
  }\n`;
  sh(["ip", "netns", "exec", name, "nft", "-f", "-"], rules);
}

function sh(command: readonly string[], input = ""): void {
  const [program, ...args] = command;
  const result = spawnSync(program!, args, { input, encoding: "utf8" });
  if (result.status !== 0) throw new Error(`"${command.join(" ")}" failed: ${result.stderr}`);
}
