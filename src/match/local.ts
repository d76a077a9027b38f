// Where a request came in: the interface, and the address of ours that was asked. Rules may hold
// for some of them only.
import { compileGlob, type Glob } from "./glob.ts";
import { type Address, inNetworks, type Network, parseNetwork } from "./network.ts";

/** Where one request came in. */
export interface LocalEnd {
  /** The address of ours; null where it is not known. */
  readonly address: Address | null;
  /** The interfaces it may have come in by; none where that is not known. */
  interfaces(): readonly string[];
}

/** Where a rule holds. No interfaces mean all of them, no networks all addresses. */
export interface LocalRule {
  readonly interfaces: readonly Glob[];
  readonly networks: readonly Network[];
}

/** The same as it is written in the configuration. */
export interface LocalTexts {
  /** Globs over names of interfaces. */
  readonly interfaces: readonly string[];
  /** Addresses of ours, or CIDR blocks. */
  readonly addresses: readonly string[];
}

/**
 * Whether a rule holds for what came in there. `ifUnknown` is said where the rule asks for what is
 * not known: a rule that refuses must hold then, one that allows must not.
 */
export function holdsAt(
  { interfaces, networks }: LocalRule,
  end: LocalEnd,
  ifUnknown = false,
): boolean {
  const isAsked = end.address === null && networks.length > 0
    ? ifUnknown
    : inNetworks(end.address, networks);
  if (!isAsked || interfaces.length === 0) return isAsked;
  const names = end.interfaces();
  if (names.length === 0) return ifUnknown;
  return names.some((name) => interfaces.some((glob) => glob.matches(name)));
}

/** Whether a rule is for some interfaces or addresses only. */
export function isLocalRule({ interfaces, addresses }: LocalTexts): boolean {
  return interfaces.length + addresses.length > 0;
}

/** Compiles the texts; `fault` is told of each that is none. */
export function compileLocal(
  { interfaces, addresses }: LocalTexts,
  fault: (key: keyof LocalTexts, detail: string) => void,
): LocalRule {
  const rule = { interfaces: new Array<Glob>(), networks: new Array<Network>() };
  for (const text of interfaces) {
    const glob = compileGlob(text);
    if (glob.kind === "glob") rule.interfaces.push(glob);
    else fault("interfaces", `"${text}": ${glob.detail}`);
  }
  for (const text of addresses) {
    const network = parseNetwork(text);
    if (network.kind === "network") rule.networks.push(network);
    else fault("addresses", network.detail);
  }
  return rule;
}
