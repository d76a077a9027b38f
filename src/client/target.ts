// Which address of a server to talk to.
import { inNetwork, parseAddress, parseNetwork } from "../match/network.ts";
import type { HostAddress, OwnNetwork } from "./environment.ts";

/**
 * The addresses worth trying, in order: the first one the system names and, where that fails, the
 * first one of the other family.
 */
export function pickTargets(addresses: readonly HostAddress[]): HostAddress[] {
  const first = addresses[0];
  if (first === undefined) return [];
  const other = addresses.find((address) => address.family !== first.family);
  return other === undefined ? [first] : [first, other];
}

/** The address of ours in the network of `host`; null where no network of ours has it. */
export function ownHostTowards(host: string, own: readonly OwnNetwork[]): string | null {
  const address = parseAddress(host);
  if (address === null) return null;
  const near = own.find(({ cidr }) => {
    const network = cidr === null ? null : parseNetwork(cidr);
    return network?.kind === "network" && inNetwork(address, network);
  });
  return near?.host ?? null;
}

/** Whether two numeric addresses are the same one, however they are written. */
export function sameHost(a: { readonly host: string }, b: { readonly host: string }): boolean {
  if (a.host === b.host) return true;
  const [left, right] = [parseAddress(a.host), parseAddress(b.host)];
  if (left === null || right === null || left.family !== right.family) return false;
  return left.octets.every((octet, i) => octet === right.octets[i]);
}
