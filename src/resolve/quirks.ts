// What is different for some clients: ROMs that ask for options they cannot handle. The first
// [[quirk]] that fits a client holds, and holds alone.
import type { QuirkConfig, TftpConfig, TftpOptionName } from "../config/config.ts";
import { inNetworks, type Network, parseAddress } from "../match/network.ts";
import { compileNetworks, type RuleFault } from "./rewrite_rule.ts";

/** Gives the settings for a client by its numeric address. */
export type TftpFor = (client: string) => TftpConfig;

const ALL_BUT_TSIZE: readonly TftpOptionName[] = [
  ...["blksize", "timeout", "windowsize", "multicast"] as const,
  ...["blksize2", "utimeout", "rollover", "msftwindow"] as const,
];

/** Compiles the quirks over `tftp`. Throws if one does not: the config was to be checked before. */
export function compileQuirks(tftp: TftpConfig, quirks: readonly QuirkConfig[]): TftpFor {
  const faults: RuleFault[] = [];
  const rules = quirks.map((quirk, index) => ({
    networks: compileNetworks(quirk.clients, index, faults),
    tftp: changed(tftp, quirk),
  }));
  const [fault] = faults;
  if (fault !== undefined) {
    throw new Error(`Cannot use [[quirk]] ${fault.index + 1} clients: ${fault.detail}`);
  }
  return rules.length === 0 ? () => tftp : (client) => find(rules, client) ?? tftp;
}

function find(
  rules: readonly { readonly networks: readonly Network[]; readonly tftp: TftpConfig }[],
  client: string,
): TftpConfig | undefined {
  const address = parseAddress(client);
  return rules.find(({ networks }) => inNetworks(address, networks))?.tftp;
}

function changed(tftp: TftpConfig, quirk: QuirkConfig): TftpConfig {
  const { tsizeOnly, blksizeMax, windowsizeMax, rollover } = quirk;
  const more = tsizeOnly ? ALL_BUT_TSIZE : quirk.optionsDisabled;
  return {
    ...tftp,
    optionsDisabled: [...new Set([...tftp.optionsDisabled, ...more])],
    blksizeMax: Math.min(tftp.blksizeMax, blksizeMax),
    windowsizeMax: Math.min(tftp.windowsizeMax, windowsizeMax),
    rollover: rollover ?? tftp.rollover,
  };
}
