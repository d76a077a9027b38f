// `bootsrv dhcp`: the lines of a DHCP server that fit this configuration and this tree.
import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { addConfigFlags, flagsOf, type SettingTables } from "./config_flags.ts";
import { complain, EXIT, type Outcome, print } from "./outcome.ts";

const EXAMPLES = `
Looks which boot loaders lie in the tree and prints what makes a DHCP server offer each of them to
the machines it is for, by TFTP and, to HTTPClient, by HTTP. MTFTP entries become option 43.

Examples:
  bootsrv dhcp --for dnsmasq --root /srv/boot
  bootsrv dhcp --for isc --server 10.0.0.1 --byte-order big
`;

/** Registers the command. */
export function addDhcp(
  program: Command,
  { outcome, ...tables }: SettingTables & { readonly outcome: Outcome },
): void {
  const command = program.command("dhcp")
    .description("Print the lines of a DHCP server that fit this configuration and tree.")
    .addOption(
      new Option("--for <server>", "Whose words to use.")
        .choices(["dnsmasq", "isc", "kea", "openwrt", "mikrotik"]).makeOptionMandatory(),
    )
    .addOption(
      new Option("--server <address>", "Address of this server for its clients.")
        .argParser(ownAddressGiven),
    )
    .addOption(
      new Option("--byte-order <order>", "Of the ports in option 43; Intel ROMs want little.")
        .choices(["little", "big"]).default("little"),
    )
    .addHelpText("after", EXAMPLES);
  addConfigFlags(command, tables).action(async () => {
    outcome.code = await runDhcp(command);
  });
}

async function runDhcp(command: Command): Promise<number> {
  const { loadRooted } = await import("./load_config.ts");
  const loaded = await loadRooted(flagsOf(command));
  if (loaded === null) return EXIT.usage;
  const { config } = loaded;
  const { surveyTree } = await import("../storage/loaders.ts");
  const { planBoot } = await import("../dhcp/plan.ts");
  const { dhcpText } = await import("../dhcp/lines.ts");
  const server = command.getOptionValue("server") ?? ownAddress(config.addresses);
  try {
    const survey = await surveyTree(config.root);
    const byteOrder = command.getOptionValue("byteOrder");
    print(dhcpText(planBoot({ config, server, survey, byteOrder }), command.getOptionValue("for")));
    return EXIT.fine;
  } catch (error) {
    complain(`${(error as Error).message}\n`);
    return EXIT.failed;
  }
}

function ownAddressGiven(text: string): string {
  if (isIPv4(text)) return text;
  throw new InvalidArgumentError("must be a numeric IPv4 address");
}

/** The first IPv4 address that is listened on, or that this machine has. */
function ownAddress(addresses: readonly string[]): string {
  const configured = addresses.find((host) => !host.includes(":") && host !== "0.0.0.0");
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal);
  return configured ?? own?.address ?? "127.0.0.1";
}
