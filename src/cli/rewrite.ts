// `bootsrv rewrite-test`: its flags; rewrite_test.ts does the work.
import process from "node:process";
import { type Command, InvalidArgumentError, Option } from "commander";
import { addConfigFlags, flagsOf, type SettingTables } from "./config_flags.ts";
import { EXIT, type Outcome, print } from "./outcome.ts";

const EXAMPLES = `
Shows, name by name, which rules match, what comes out and which file that is.
Without names, reads them from standard input, one a line.

Examples:
  bootsrv rewrite-test --config ./bootsrv.toml pxelinux.cfg/default
  bootsrv rewrite-test --client 10.1.2.3 --via http boot/grub.cfg
  bootsrv rewrite-test --client 10.1.2.3 --local eth1 boot/grub.cfg
  bootsrv rewrite-test --all pxelinux.cfg/default
  cut -f 3 requests.log | bootsrv rewrite-test --root /srv/boot
`;

/** Registers the command. */
export function addRewriteTest(
  program: Command,
  { outcome, ...tables }: SettingTables & { readonly outcome: Outcome },
): void {
  const command = program.command("rewrite-test")
    .argument("[name...]", "Names as clients send them.")
    .description("Show what the rules make of names, without serving.")
    .addOption(
      new Option("--client <address>", "Who asks.").default("127.0.0.1").argParser(clientAddress),
    )
    .option("--local <where>", "Where it is asked: an address of ours, or an interface.")
    .addOption(
      new Option("--op <operation>", "What is asked for.").choices(["read", "write"])
        .default("read"),
    )
    .addOption(
      new Option("--via <protocol>", "How it is asked.").choices(["tftp", "http"]).default("tftp"),
    )
    .option("--all", "Show the rules that do not hold, too, and why.")
    .addHelpText("after", EXAMPLES);
  addConfigFlags(command, tables).action(async (names: readonly string[]) => {
    outcome.code = await runCommand(names, command);
  });
}

async function runCommand(names: readonly string[], command: Command): Promise<number> {
  const { loadRooted } = await import("./load_config.ts");
  const loaded = await loadRooted(flagsOf(command));
  if (loaded === null) return EXIT.usage;
  const { runRewriteTest } = await import("./rewrite_test.ts");
  return await runRewriteTest({
    config: loaded.config,
    names,
    client: command.getOptionValue("client"),
    local: command.getOptionValue("local") ?? null,
    operation: command.getOptionValue("op"),
    via: command.getOptionValue("via"),
    all: command.getOptionValue("all") === true,
    input: process.stdin,
    output: { write: print },
  });
}

function clientAddress(text: string): string {
  if (/^[0-9.]+$/.test(text) || text.includes(":")) return text;
  throw new InvalidArgumentError("must be a numeric address");
}
