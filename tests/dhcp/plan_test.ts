// What machines are told, and in which words: for a configuration and a tree.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config, MtftpConfig } from "../../src/config/config.ts";
import { DHCP_SERVERS, dhcpText } from "../../src/dhcp/lines.ts";
import { planBoot, type PlanOptions } from "../../src/dhcp/plan.ts";
import { mtftpOptions, option43Hex } from "../../src/dhcp/pxe_options.ts";
import type { Loader } from "../../src/storage/loaders.ts";

const ENTRY: MtftpConfig = {
  file: "/undionly.kpxe",
  address: "239.255.70.1",
  clientPort: 1758,
  serverPort: 1759,
  openTimeoutMs: 3000,
  reopenTimeoutMs: 6000,
  delayMs: 0,
};
const BIOS: Loader = { platform: "BIOS", file: "undionly.kpxe", rank: 0 };
const X64: Loader = { platform: "x64 UEFI", file: "efi/ipxe.efi", rank: 0 };

function plan(some: Partial<PlanOptions> & { readonly http?: number | null } = {}) {
  const { http = 80, ...rest } = some;
  return planBoot({
    config: config({ http }),
    server: "10.0.0.1",
    survey: { loaders: [BIOS, X64], ipxeScripts: [] },
    byteOrder: "little",
    ...rest,
  });
}

function config({ http = 80, mtftp = [] }: { http?: number | null; mtftp?: MtftpConfig[] }) {
  return { tftp: { port: 69 }, http: { port: http }, mtftp } as unknown as Config;
}

test("each platform gets its loader, by TFTP and to HTTPClient as a URL", () => {
  const rules = plan({ http: 8080 }).rules.map((rule) =>
    `${rule.vendor} ${rule.architectures} ${rule.file}`
  );
  assert.deepEqual(rules, [
    "PXEClient 0 undionly.kpxe",
    "HTTPClient 20 http://10.0.0.1:8080/undionly.kpxe",
    "PXEClient 7,9 efi/ipxe.efi",
    "HTTPClient 16 http://10.0.0.1:8080/efi/ipxe.efi",
  ]);
});

test("without HTTP nothing is said of it", () => {
  assert.ok(plan({ http: null }).rules.every(({ vendor }) => vendor === "PXEClient"));
});

test("iPXE gets the script of the tree, before it is taken for the machine it runs on", () => {
  const survey = { loaders: [BIOS], ipxeScripts: ["boot.ipxe"] };
  const [first] = plan({ survey }).rules;
  assert.equal(first?.platform, "iPXE");
  assert.equal(first?.file, "http://10.0.0.1/boot.ipxe");
});

test("names that could say more to a DHCP server than a name are left out", () => {
  const file = 'x64"\ndhcp-script=/bin/evil.efi';
  const survey = { loaders: [{ ...X64, file }], ipxeScripts: ["a'b.ipxe"] };
  assert.deepEqual(plan({ survey }).rules, []);
});

test("a loader with an MTFTP entry gets option 43, in either byte order", () => {
  assert.equal(option43Hex(mtftpOptions(ENTRY, "little")), OPTION_43_LITTLE);
  assert.equal(
    option43Hex(mtftpOptions(ENTRY, "big")),
    OPTION_43_LITTLE.replace("de06", "06de").replace("df06", "06df"),
  );
  const [bios] = plan({ config: config({ mtftp: [ENTRY] }) }).rules;
  assert.equal(bios?.option43.length, 5);
});

test("timeouts of MTFTP are never zero, which would make clients do without it", () => {
  const options = mtftpOptions({ ...ENTRY, openTimeoutMs: 0, reopenTimeoutMs: 400 }, "big");
  assert.deepEqual(options.slice(3).map(({ octets }) => octets), [[1], [1]]);
});

test("every DHCP server is told file, URL and MTFTP parameters", () => {
  const text = (server: typeof DHCP_SERVERS[number]) =>
    dhcpText(plan({ config: config({ mtftp: [ENTRY] }) }), server);
  const mtftp = {
    dnsmasq: "vendor:PXEClient,2,de:06",
    isc: "option PXE.mtftp-cport 56838;",
    kea: OPTION_43_LITTLE.toUpperCase(),
    openwrt: "list dhcp_option 'vendor:PXEClient,2,de:06'",
    mikrotik: `0x${OPTION_43_LITTLE}`,
  };
  for (const server of DHCP_SERVERS) {
    for (const part of ["undionly.kpxe", "http://10.0.0.1/efi/ipxe.efi", mtftp[server]]) {
      assert.ok(text(server).includes(part), `${server}: ${part}`);
    }
  }
});

test("dhcpd compares architectures as octets", () => {
  assert.match(dhcpText(plan(), "isc"), /option client-architecture = 00:07 or/);
});

test("Kea's part is JSON", () => {
  const text = dhcpText(plan(), "kea").replaceAll(/^\/\/.*$/gm, "");
  assert.equal(JSON.parse(`{${text}}`)["client-classes"].length, 4);
});

const OPTION_43_LITTLE = "0104efff46010202de060302df06040103050106ff";
