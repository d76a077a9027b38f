// `bootsrv get`: its flags; the client does the work.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { GetOptions, MtftpTarget } from "../client/options.ts";
import type { Outcome } from "./outcome.ts";
import { addTransferFlags, transferOptions } from "./transfer_flags.ts";

const EXAMPLES = `
URLs are tftp://host[:port]/name[;mode=netascii] (RFC 3617) or http://host[:port]/name.

Examples:
  bootsrv get tftp://10.0.0.1/pxelinux.0
  bootsrv get tftp://10.0.0.1:6969/boot/vmlinuz -o - --windowsize 64 | sha256sum
  bootsrv get tftp://10.0.0.1/menu.cfg --blksize off --windowsize off --no-tsize --trace
  bootsrv get tftp://10.0.0.1/winpe.img --multicast
  bootsrv get tftp://10.0.0.1/winpe.img --mtftp 239.255.70.1:1758:1759
`;

/** Registers the command. */
export function addGet(program: Command, outcome: Outcome): void {
  const command = program.command("get").argument("<url>", "What to fetch.")
    .description("Fetch a file by TFTP, multicast TFTP or HTTP.")
    .option("-o, --output <file>", 'File to write, "-" for standard output (default: its name).')
    .addHelpText("after", EXAMPLES);
  addTransferFlags(command)
    .addOption(
      new Option("--multicast", "Offer the multicast option (RFC 2090).")
        .default(false).conflicts("mtftp"),
    )
    .addOption(
      new Option("--mtftp <address:client-port:server-port>", "Fetch by Intel PXE MTFTP.")
        .argParser(mtftpTarget),
    )
    .addOption(
      new Option("--interface <address>", "Own IPv4 address to receive multicast at.")
        .argParser(ownAddress),
    )
    .action(async (url: string) => {
      const { runGet } = await import("../client/get.ts");
      outcome.code = await runGet(getOptions(url, command));
    });
}

/** The options of `get` for the flags given. */
function getOptions(url: string, command: Command): GetOptions {
  const multicast: boolean = command.getOptionValue("multicast");
  const shared = transferOptions(url, command);
  // In a group every block is asked for by itself, so a window is offered only on demand.
  const lockStep = multicast && command.getOptionValueSource("windowsize") === "default";
  return {
    ...shared,
    windowsize: lockStep ? null : shared.windowsize,
    output: command.getOptionValue("output") ?? null,
    multicast,
    mtftp: command.getOptionValue("mtftp") ?? null,
    interfaceHost: command.getOptionValue("interface") ?? null,
  };
}

function ownAddress(text: string): string {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return text;
  throw new InvalidArgumentError("must be an IPv4 address of this machine");
}

function mtftpTarget(text: string): MtftpTarget {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5}):(\d{1,5})$/.exec(text);
  const octets = (match?.[1] ?? "").split(".").map(Number);
  const ports = [Number(match?.[2]), Number(match?.[3])] as const;
  const multicast = octets[0] !== undefined && octets[0] >= 224 && octets[0] <= 239;
  const valid = match !== null && multicast && octets.every((octet) => octet <= 255) &&
    ports.every((port) => port >= 1 && port <= 65535);
  if (valid) return { address: octets.join("."), clientPort: ports[0], serverPort: ports[1] };
  throw new InvalidArgumentError(
    "must be a multicast address and two ports such as 239.255.70.1:1758:1759",
  );
}
