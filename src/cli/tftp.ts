// `bootsrv tftp`: the prompt of old clients and the form of the Windows command; the client does
// the work.
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import type { Outcome } from "./outcome.ts";
import { addTransferFlags, integer, transferOptions } from "./transfer_flags.ts";

const HELP = `
With a command it moves one file, as the command of Windows does: netascii unless -i is given.
Without one it reads commands: at a prompt on a terminal, or from a pipe or file, and then exits
with 1 if any of them failed. The prompt begins in mode octet. "?" lists the commands:

  connect HOST [PORT]                     choose the server
  get [HOST:]FILE [LOCAL]                 fetch a file; with three names or more, all of them
  put LOCAL [[HOST:]FILE]                 send a file; with three names or more, to a folder
  mtftp ADDRESS:CLIENT-PORT:SERVER-PORT   where mget receives
  mget [HOST:]FILE [LOCAL]                fetch by PXE MTFTP
  mode, octet, binary, netascii, ascii    transfer mode
  blksize, windowsize, tsize, multicast, option, disable
                                          options to offer
  rexmt SECONDS, timeout SECONDS          first repetition; patience
  interface, verbose, trace, status, help, ?, quit

Examples:
  bootsrv tftp -i 10.0.0.1 GET pxelinux.0
  bootsrv tftp 10.0.0.1 PUT switch.cfg backups/switch.cfg
  bootsrv tftp 10.0.0.1
  printf 'connect 10.0.0.1\\nget vmlinuz\\nget initrd.img\\n' | bootsrv tftp
`;

/** Registers the command. */
export function addTftp(program: Command, outcome: Outcome): void {
  const command = program.command("tftp")
    .description("Move files at a prompt, or as the tftp command of Windows.")
    .argument("[host]", "Server.")
    .addArgument(new Argument("[command]", "get or put; a port for the prompt.").argParser(verb))
    .argument("[source]", "File to move.")
    .argument("[destination]", "Its name at the other end (default: the same).")
    .option("-i", "Transfer the file as it is (mode octet).", false)
    .addOption(
      new Option("--port <port>", "Port of the server.").argParser(integer(1, 65535)).default(69),
    )
    .addHelpText("after", HELP);
  addTransferFlags(command).action(
    async (host?: string, verb?: Verb, source?: string, destination?: string) => {
      const { runTftpCommand } = await import("../client/run_prompt.ts");
      if (typeof verb === "string" && source === undefined) {
        command.error("error: missing required argument 'source'", {
          code: "commander.missingArgument",
        });
      }
      const port: number = typeof verb === "number" ? verb : command.getOptionValue("port");
      const { url: _, ...settings } = transferOptions("", command);
      const image: boolean = command.getOptionValue("i");
      const mode = image
        ? "octet"
        : settings.mode ?? (typeof verb === "string" ? "netascii" : null);
      outcome.code = await runTftpCommand({
        settings: { ...settings, mode },
        server: host === undefined ? null : { host, port },
        move: typeof verb === "string"
          ? { verb, source: source!, destination: destination ?? null }
          : null,
      });
    },
  );
}

type Verb = "get" | "put" | number;

function verb(text: string): Verb {
  const lower = text.toLowerCase();
  if (lower === "get" || lower === "put") return lower;
  if (/^\d+$/.test(text)) return integer(1, 65535)(text);
  throw new InvalidArgumentError("Allowed choices are get, put.");
}
