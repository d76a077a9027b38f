// Networks less other networks, as CIDR blocks again: what a list with exceptions stands for.
import { addressText, inNetwork, type Network } from "./network.ts";

/** What is left of `networks` without `taken`; each block is as large as it can be. */
export function withoutNetworks(
  networks: readonly Network[],
  taken: readonly Network[],
): readonly Network[] {
  return networks.flatMap((network) => without(network, taken));
}

function without(network: Network, taken: readonly Network[]): readonly Network[] {
  if (taken.some((each) => holds(each, network))) return [];
  const inside = taken.filter((each) => holds(network, each));
  return inside.length === 0 ? [network] : withoutNetworks(halvesOf(network), inside);
}

function holds(outer: Network, inner: Network): boolean {
  return outer.prefixBits <= inner.prefixBits && inNetwork(inner, outer);
}

function halvesOf({ family, octets, prefixBits }: Network): readonly Network[] {
  const upper = octets.map((octet, index) =>
    index === prefixBits >> 3 ? octet | (0x80 >> (prefixBits & 7)) : octet
  );
  return [octets, upper].map((octets) => {
    const text = `${addressText({ family, octets })}/${prefixBits + 1}`;
    return { kind: "network", text, family, octets, prefixBits: prefixBits + 1 };
  });
}
