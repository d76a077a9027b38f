// `bootsrv serve`, which is also what `bootsrv` without a command does.
import { type Command, InvalidArgumentError, Option } from "commander";
import { addConfigFlags, flagsOf, type SettingTables } from "./config_flags.ts";
import { EXIT, type Outcome } from "./outcome.ts";
import { VERSION } from "./version.ts";

const EXAMPLES = `
Every key of the configuration file has a flag and an environment variable of the same name:
port in [tftp] is --tftp-port and BOOTSRV_TFTP_PORT. Flags beat variables beat the file.

Examples:
  bootsrv --root /srv/boot
  bootsrv --root /srv/boot --tftp-port 6969 --http-port 8080
  bootsrv --root /srv/boot --writable --upload-create --upload-size-max "1 GiB"
  bootsrv --config /etc/bootsrv.toml --verbose
  tftp dgram udp wait root /usr/bin/bootsrv bootsrv --inetd --config /etc/bootsrv.toml
The last one is a line for /etc/inetd.conf.
`;

/** As long as atftpd and tftpd-hpa wait. */
const INETD_TIMEOUT_SECONDS = 300;

/** Registers the command. */
export function addServe(
  program: Command,
  { outcome, ...tables }: SettingTables & { readonly outcome: Outcome },
): void {
  const command = program.command("serve", { isDefault: true })
    .description("Serve a folder by TFTP and HTTP (the default command).")
    .addHelpText("after", EXAMPLES);
  addConfigFlags(command, tables);
  command
    .addOption(
      new Option("--inetd", "Started by inetd: serve TFTP at standard input, no HTTP.")
        .helpGroup(STARTED),
    )
    .addOption(
      new Option("--inetd-timeout <seconds>", "End after so long without a request.")
        .default(INETD_TIMEOUT_SECONDS).argParser(seconds).helpGroup(STARTED),
    );
  command.action(async () => {
    outcome.code = await runServe(command);
  });
}

const STARTED = "Started by other programs:";

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError("must be a number of seconds up to 86400");
}

async function runServe(command: Command): Promise<number> {
  const { loadAgain, loadRooted, variableWarnings } = await import("./load_config.ts");
  const flags = flagsOf(command);
  const loaded = await loadRooted(flags);
  if (loaded === null) return EXIT.usage;
  const { serve } = await import("../server/serve.ts");
  return await serve(loaded.config, {
    version: VERSION,
    configFile: loaded.file,
    warnings: variableWarnings(),
    reload: () => loadAgain(flags),
    inetd: command.getOptionValue("inetd") === true
      ? { idleMs: command.getOptionValue("inetdTimeout") * 1000 }
      : null,
  });
}
