// The plan in the words of RouterOS 7, whose matchers look at option 93.
import type { BootRule, Plan } from "./plan.ts";
import { option43Hex } from "./pxe_options.ts";

/** Commands for the terminal. */
export function forMikrotik({ rules, server }: Plan): string[] {
  return rules.flatMap((rule) => ["", ...commands(rule, server)]);
}

function commands(rule: BootRule, server: string): string[] {
  const { label, platform, vendor, file, option43 } = rule;
  const options = new Map<string, [code: number, value: string]>();
  if (vendor !== null) options.set("class", [60, text(vendor)]);
  if (vendor === "PXEClient") options.set("server", [66, text(server)]);
  options.set("file", [67, text(file)]);
  if (option43.length > 0) options.set("mtftp", [43, `0x${option43Hex(option43)}`]);
  const names = [...options.keys()].map((name) => `bootsrv-${label}-${name}`).join(",");
  return [
    `# ${platform}`,
    "/ip dhcp-server option",
    ...Array.from(
      options,
      ([name, [code, value]]) => `add name=bootsrv-${label}-${name} code=${code} value="${value}"`,
    ),
    "/ip dhcp-server option sets",
    `add name=bootsrv-${label} options=${names}`,
    "/ip dhcp-server matcher",
    ...matches(rule).map(([code, value], at) =>
      `add name=bootsrv-${label}${at === 0 ? "" : `-${at + 1}`} server=all code=${code} ` +
      `value="${value}" option-set=bootsrv-${label}`
    ),
  ];
}

function matches({ vendor, architectures }: BootRule): [code: number, value: string][] {
  if (vendor === null) return [[77, text("iPXE")]];
  return architectures.map((code) => [93, `0x${code.toString(16).padStart(4, "0")}`]);
}

/** Text stands in quotes of its own inside the value. */
function text(value: string): string {
  return `'${value}'`;
}
