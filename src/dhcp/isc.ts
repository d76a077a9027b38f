// The plan in the words of ISC dhcpd.
import type { BootRule, Plan } from "./plan.ts";
import { hex } from "./pxe_options.ts";

/** Lines for dhcpd.conf. */
export function forIsc({ rules, server }: Plan): string[] {
  const lines = ["option client-architecture code 93 = unsigned integer 16;"];
  if (rules.some(({ option43 }) => option43.length > 0)) lines.push(...MTFTP_SPACE);
  rules.forEach((rule, at) => {
    lines.push("", `# ${rule.platform}`);
    lines.push(`${at === 0 ? "if" : "elsif"} ${condition(rule)} {`);
    lines.push(...statements(rule, server).map((line) => `  ${line}`), "}");
  });
  return lines;
}

const MTFTP_SPACE: readonly string[] = [
  "option space PXE;",
  "option PXE.mtftp-ip code 1 = ip-address;",
  "option PXE.mtftp-cport code 2 = unsigned integer 16;",
  "option PXE.mtftp-sport code 3 = unsigned integer 16;",
  "option PXE.mtftp-tmout code 4 = unsigned integer 8;",
  "option PXE.mtftp-delay code 5 = unsigned integer 8;",
];
const NAMES = ["", "mtftp-ip", "mtftp-cport", "mtftp-sport", "mtftp-tmout", "mtftp-delay"];

function condition({ vendor, architectures }: BootRule): string {
  if (vendor === null) return 'exists user-class and option user-class = "iPXE"';
  // Compared as octets: a number would be of 32 bits.
  const codes = architectures.map((code) =>
    `option client-architecture = ${hex([code >> 8, code & 0xff], ":")}`
  ).join(" or ");
  return `substring(option vendor-class-identifier, 0, ${vendor.length}) = "${vendor}" and ` +
    `(${codes})`;
}

function statements({ vendor, file, option43 }: BootRule, server: string): string[] {
  const lines = [`filename "${file}";`];
  if (vendor === "HTTPClient") lines.push('option vendor-class-identifier "HTTPClient";');
  if (vendor !== "PXEClient") return lines;
  lines.push(
    `next-server ${server};`,
    `option tftp-server-name "${server}";`,
    'option vendor-class-identifier "PXEClient";',
  );
  if (option43.length === 0) return lines;
  lines.push("vendor-option-space PXE;");
  for (const { code, octets, text } of option43) {
    // dhcpd sends numbers in network order: one with its octets turned round is another number.
    const number = octets.length === 4 ? octets.join(".") : octets.reduce((n, o) => n * 256 + o, 0);
    lines.push(`option PXE.${NAMES[code]} ${number}; # ${text}`);
  }
  return lines;
}
