// The plan in the words of dnsmasq.
import type { BootRule, Plan } from "./plan.ts";
import { hex } from "./pxe_options.ts";

/** Lines for dnsmasq.conf. */
export function forDnsmasq({ rules, server }: Plan): string[] {
  const hasIpxe = rules.some(({ vendor }) => vendor === null);
  return rules.flatMap((rule) => ["", ...lines(rule, { server, hasIpxe })]);
}

function lines(
  { label, platform, vendor, architectures, file, option43 }: BootRule,
  { server, hasIpxe }: { readonly server: string; readonly hasIpxe: boolean },
): string[] {
  if (vendor === null) {
    return [
      "# iPXE, whichever machine it runs on",
      `dhcp-match=set:${label},175`,
      `dhcp-userclass=set:${label},iPXE`,
      `dhcp-boot=tag:${label},${file}`,
    ];
  }
  const tags = `tag:${label}${hasIpxe ? ",tag:!ipxe" : ""}`;
  const vendorTags = option43.map(({ code, octets, text }) =>
    `# ${text}\ndhcp-option=${tags},vendor:PXEClient,${code},${value(octets)}`
  );
  return [
    `# ${platform} by ${vendor === "PXEClient" ? "TFTP" : "HTTP"}`,
    ...architectures.map((code) => `dhcp-match=set:${label},option:client-arch,${code}`),
    vendor === "PXEClient"
      ? `dhcp-boot=${tags},${file},,${server}`
      : `dhcp-boot=${tags},${file}\ndhcp-option-force=${tags},60,HTTPClient`,
    ...vendorTags,
  ];
}

/** An address as such; hex octets for what must have a certain length. */
function value(octets: readonly number[]): string {
  if (octets.length === 4) return octets.join(".");
  return octets.length === 1 ? `${octets[0]}b` : hex(octets, ":");
}
