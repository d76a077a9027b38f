// The lines that make a DHCP server send machines here: one plan, said in the words of five servers.
import { forDnsmasq } from "./dnsmasq.ts";
import { forIsc } from "./isc.ts";
import { forKea } from "./kea.ts";
import { forMikrotik } from "./mikrotik.ts";
import { forOpenWrt } from "./openwrt.ts";
import type { Plan } from "./plan.ts";

/** DHCP servers whose words we know. */
export const DHCP_SERVERS = ["dnsmasq", "isc", "kea", "openwrt", "mikrotik"] as const;
export type DhcpServer = typeof DHCP_SERVERS[number];

/** The text to be put into the server's configuration, notes first. */
export function dhcpText(plan: Plan, server: DhcpServer): string {
  const { comment, file, render } = WORDS[server];
  const notes = [`Boot from ${plan.server}: for ${file}`, ...plan.notes];
  const lines = [...notes.map((note) => `${comment} ${note}.`), ...render(plan)];
  return `${lines.join("\n")}\n`;
}

interface Words {
  readonly comment: string;
  readonly file: string;
  readonly render: (plan: Plan) => string[];
}

const WORDS: Readonly<Record<DhcpServer, Words>> = {
  dnsmasq: { comment: "#", file: "dnsmasq.conf", render: forDnsmasq },
  isc: { comment: "#", file: "dhcpd.conf", render: forIsc },
  kea: { comment: "//", file: '"Dhcp4" in kea-dhcp4.conf', render: forKea },
  openwrt: { comment: "#", file: "/etc/config/dhcp", render: forOpenWrt },
  mikrotik: { comment: "#", file: "the terminal of RouterOS 7", render: forMikrotik },
};
