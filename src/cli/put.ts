// `bootsrv put`: its flags; the client does the work.
import type { Command } from "commander";
import type { Outcome } from "./outcome.ts";
import { addTransferFlags, transferOptions } from "./transfer_flags.ts";

const EXAMPLES = `
URLs are tftp://host[:port]/name[;mode=netascii] (RFC 3617) or http://host[:port]/name.

Examples:
  bootsrv put switch.cfg tftp://10.0.0.1/backups/switch.cfg
  bootsrv put - tftp://10.0.0.1/backups/notes.txt --mode netascii < notes.txt
`;

/** Registers the command. */
export function addPut(program: Command, outcome: Outcome): void {
  const command = program.command("put")
    .argument("<file>", 'What to send, "-" for standard input.')
    .argument("<url>", "Where to.")
    .description("Store a file by TFTP or HTTP.")
    .addHelpText("after", EXAMPLES);
  addTransferFlags(command).action(async (file: string, url: string) => {
    const { runPut } = await import("../client/put.ts");
    outcome.code = await runPut({ ...transferOptions(url, command), file });
  });
}
