// The plan in the words of Kea.
import type { BootRule, Plan } from "./plan.ts";
import { option43Hex } from "./pxe_options.ts";

/** Lines for the object "Dhcp4" of kea-dhcp4.conf. */
export function forKea({ rules, server }: Plan): string[] {
  const ipxe = rules.find(({ vendor }) => vendor === null);
  const classes = rules.map((rule) => clientClass(rule, { server, ipxe }));
  return `"client-classes": ${JSON.stringify(classes, null, 2)}`.split("\n");
}

function clientClass(
  rule: BootRule,
  { server, ipxe }: { readonly server: string; readonly ipxe: BootRule | undefined },
) {
  const { vendor, file, option43 } = rule;
  const data: unknown[] = [];
  if (vendor !== null) data.push({ name: "vendor-class-identifier", data: vendor });
  if (vendor === "PXEClient") data.push({ name: "tftp-server-name", data: server });
  if (option43.length > 0) {
    const hex = option43Hex(option43).toUpperCase();
    data.push({ name: "vendor-encapsulated-options", "csv-format": false, data: hex });
  }
  return {
    name: className(rule),
    test: test(rule, ipxe),
    ...(vendor === "PXEClient" ? { "next-server": server } : {}),
    "boot-file-name": file,
    "option-data": data,
  };
}

function test({ vendor, architectures }: BootRule, ipxe: BootRule | undefined): string {
  if (vendor === null) return "option[77].exists and substring(option[77].hex, 0, 4) == 'iPXE'";
  const codes = architectures.map((code) =>
    `option[93].hex == 0x${code.toString(16).padStart(4, "0")}`
  );
  const other = ipxe === undefined ? "" : ` and not member('${className(ipxe)}')`;
  return `substring(option[60].hex, 0, ${vendor.length}) == '${vendor}' and ` +
    `(${codes.join(" or ")})${other}`;
}

function className({ label }: BootRule): string {
  return `bootsrv-${label}`;
}
