// The command line: which command, with which flags, and what its exit code is. Each command
// loads what it needs when it runs, so that none waits for the others' libraries.
import { Command, CommanderError } from "commander";
import { addCheck } from "./check.ts";
import { addCompletions, addWorkingCompletions, COMPLETION_COMMANDS } from "./completions.ts";
import { addDhcp } from "./dhcp.ts";
import { addGet } from "./get.ts";
import { addImport } from "./import.ts";
import { addMan } from "./man.ts";
import { complain, EXIT, type Outcome, print } from "./outcome.ts";
import { addPut } from "./put.ts";
import { addRewriteTest } from "./rewrite.ts";
import { addSchema } from "./schema.ts";
import { addServe } from "./serve.ts";
import { addStatus } from "./status.ts";
import { addTftp } from "./tftp.ts";
import { usageText } from "./usage.ts";
import { versionLine } from "./version.ts";

const EXAMPLES = `
Common options of serve, which is what bootsrv does without a command:
  --root <folder>            Folder to serve
  --config <file>            Configuration file
  --address <address>        Address to listen on; may be repeated
  --tftp-port <port>         UDP port; 0 picks a free one, "off" disables (default: 69)
  --http-port <port>         TCP port; 0 picks a free one, "off" disables (default: 80)
  --writable                 Accept uploads
  --single-port              Answer from the listening port itself, for firewalls and NAT
  --port-range <first-last>  Ports to answer from
  --log-format <format>      pretty, json or logfmt
  --verbose                  Log more
  --ready-file <file>        Written once everything listens
All of them: bootsrv serve --help

Environment:
  BOOTSRV_ROOT, BOOTSRV_CONFIG, BOOTSRV_TFTP_PORT and so on: one variable for each flag.
  Flags beat variables beat the file beats the defaults.

Exit codes: 0 fine, 1 failed, 2 wrong usage or wrong configuration.

Examples:
  bootsrv --root /srv/boot
  bootsrv --root /srv/boot --tftp-port 6969 --http-port 8080 --single-port
  bootsrv check --config ./bootsrv.toml --print
  bootsrv rewrite-test --client 10.1.2.3 pxelinux.cfg/default
  bootsrv get tftp://10.0.0.1/pxelinux.0
  bootsrv status
`;

/** First words after which no flag of the configuration can follow. */
const WITHOUT_CONFIG: ReadonlySet<string> = new Set([
  ...["get", "put", "tftp", "import", "schema", "status", "--version", "-V"],
]);

/** Runs one command line, without the program's own name, and gives the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const outcome: Outcome = { code: EXIT.fine };
  const program = await buildProgram(argv, outcome);
  try {
    await program.parseAsync(argv, { from: "user" });
    return outcome.code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.fine;
      const commands = program.commands.map((command) => command.name());
      complain(usageText(error, { argv, commands }));
      return EXIT.usage;
    }
    complain(`Internal error: ${error instanceof Error ? error.stack ?? error.message : error}\n`);
    return EXIT.failed;
  }
}

async function buildProgram(argv: readonly string[], outcome: Outcome): Promise<Command> {
  const first = argv[0] ?? "";
  const program = new Command("bootsrv")
    .description("Boot server: one folder by TFTP, multicast TFTP and HTTP.")
    .usage("[command] [options]")
    .version(versionLine(), "-V, --version", "Print the version.")
    .helpOption("-h, --help", "Print this help.")
    .helpCommand("help [command]", "Print the help of a command.")
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: complain, outputError: () => {} })
    .addHelpText("after", EXAMPLES);
  const context = { ...await loadTables(first), outcome };
  addServe(program, context);
  addCheck(program, context);
  addRewriteTest(program, context);
  addDhcp(program, context);
  addGet(program, outcome);
  addPut(program, outcome);
  addTftp(program, outcome);
  addImport(program, outcome);
  addSchema(program, outcome);
  addStatus(program, outcome);
  addMan(program, outcome);
  if (COMPLETION_COMMANDS.has(first)) await addWorkingCompletions(program);
  else addCompletions(program);
  return program;
}

async function loadTables(first: string) {
  if (WITHOUT_CONFIG.has(first)) return { SETTINGS: [], ALIASES: [] };
  const { SETTINGS, ALIASES } = await import("../config/settings.ts");
  return { SETTINGS, ALIASES };
}
