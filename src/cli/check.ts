// `bootsrv check`: is the configuration right, and what is it in the end.
import type { Command } from "commander";
import { addConfigFlags, flagsOf, type SettingTables } from "./config_flags.ts";
import { complain, EXIT, type Outcome, print } from "./outcome.ts";

const EXAMPLES = `
Every fault is reported at once, with its line and a hint. Exit code 2 means that there were some.

Examples:
  bootsrv check --config ./bootsrv.toml
  bootsrv check --print > effective.toml
  BOOTSRV_TFTP_PORT=6969 bootsrv check --print --single-port
`;

/** Registers the command. */
export function addCheck(
  program: Command,
  { outcome, ...tables }: SettingTables & { readonly outcome: Outcome },
): void {
  const command = program.command("check")
    .description("Check the configuration, report every fault in it.")
    .option("-p, --print", "Print the effective configuration as TOML.")
    .addHelpText("after", EXAMPLES);
  addConfigFlags(command, tables).action(async () => {
    outcome.code = await runCheck(command);
  });
}

async function runCheck(command: Command): Promise<number> {
  const { complainOfVariables, loadOrComplain } = await import("./load_config.ts");
  const loaded = await loadOrComplain(flagsOf(command));
  if (loaded === null) return EXIT.usage;
  complainOfVariables();
  const { hookFault } = await import("../server/hooks/program.ts");
  const fault = hookFault(loaded.config.hooks);
  if (fault !== "") {
    complain(`${fault}\n`);
    return EXIT.usage;
  }
  const what = loaded.file ?? "no file, only defaults, flags and variables";
  const verdict = `Configuration is valid: ${what}\n`;
  if (command.getOptionValue("print") !== true) {
    print(verdict);
    return EXIT.fine;
  }
  // Standard output holds nothing but TOML, so that it can be kept as a file.
  complain(verdict);
  const { printConfig } = await import("../config/print.ts");
  print(printConfig(loaded.config, { sources: loaded.sources }));
  return EXIT.fine;
}
