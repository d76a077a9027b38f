// The plan in the words of OpenWrt, whose dnsmasq reads /etc/config/dhcp.
import type { BootRule, Plan } from "./plan.ts";
import { hex } from "./pxe_options.ts";

/** Lines for /etc/config/dhcp. */
export function forOpenWrt({ rules, server }: Plan): string[] {
  const hasIpxe = rules.some(({ vendor }) => vendor === null);
  return rules.flatMap((rule) => ["", ...sections(rule, { server, hasIpxe })]);
}

function sections(
  rule: BootRule,
  { server, hasIpxe }: { readonly server: string; readonly hasIpxe: boolean },
): string[] {
  const { label, platform, vendor, architectures, file, option43 } = rule;
  const matches = vendor === null ? ["175"] : architectures.map((code) => `93,${code}`);
  const options = vendor === "HTTPClient" ? ["60,HTTPClient"] : [];
  // Handed to dnsmasq as it is, which takes several tags there.
  const tags = hasIpxe && vendor !== null ? `${label},tag:!ipxe` : label;
  for (const { code, octets } of option43) {
    const value = octets.length === 4 ? octets.join(".") : hex(octets, ":");
    options.push(`vendor:PXEClient,${code},${octets.length === 1 ? `${octets[0]}b` : value}`);
  }
  return [
    `# ${platform}`,
    ...matches.flatMap((match) => [
      "config match",
      `\toption networkid '${label}'`,
      `\toption match '${match}'`,
    ]),
    "config boot",
    `\toption networkid '${tags}'`,
    `\toption filename '${file}'`,
    ...(vendor === "PXEClient"
      ? [`\toption servername '${server}'`, `\toption serveraddress '${server}'`]
      : []),
    ...options.map((option) => `\tlist dhcp_option '${option}'`),
    ...(options.length > 0 ? ["\toption force '1'"] : []),
  ];
}
