// A manual page in roff (man(7)) from the definitions of commander: whatever the help says, the
// page says, so neither can be forgotten.
import type { Command, Option } from "commander";

/** The page for `program`, ending in a newline. */
export function manPage(program: Command, version: string): string {
  const commands = program.createHelp().visibleCommands(program);
  const serve = commands.find((command) => command.name() === "serve");
  const known = new Set(serve === undefined ? [] : optionsOf(serve).map(({ flags }) => flags));
  const lines = [
    `.TH BOOTSRV 8 "" "bootsrv ${roff(version)}" "System Manager's Manual"`,
    ".SH NAME",
    `bootsrv \\- ${roff(lowerFirst(program.description()).replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    ...commands.flatMap(synopsis),
    ".SH DESCRIPTION",
    roff(program.description()),
    "Without a command, bootsrv serves.",
    ".SH COMMANDS",
    ...commands.flatMap((command) => section(command, command === serve ? new Set() : known)),
    ...ENDING,
  ];
  return `${lines.join("\n")}\n`;
}

const ENDING: readonly string[] = [
  ".SH ENVIRONMENT",
  "One variable for each option that is a key of the configuration file: BOOTSRV_TFTP_PORT for",
  "\\-\\-tftp\\-port and so on, BOOTSRV_CONFIG for \\-\\-config.",
  "Options beat variables, variables beat the file, the file beats the defaults.",
  "NOTIFY_SOCKET, WATCHDOG_USEC, LISTEN_FDS and LISTEN_PID are those of systemd.",
  ".SH FILES",
  ".TP",
  "/etc/bootsrv.toml",
  "The configuration, unless another file is named.",
  ".SH SIGNALS",
  ".TP",
  "SIGHUP",
  "Read the configuration again. Whatever is wrong in it, the old one stays in force.",
  ".TP",
  "SIGTERM, SIGINT",
  "Tell the clients, and end within two seconds.",
  ".SH EXIT STATUS",
  "0 fine, 1 failed, 2 wrong usage or wrong configuration.",
];

function synopsis(command: Command): readonly string[] {
  const name = command.name() === "serve" ? "[serve]" : command.name();
  const words = [
    name,
    "[options]",
    ...command.registeredArguments.map((argument) => {
      const word = argument.name() + (argument.variadic ? "..." : "");
      return argument.required ? `<${word}>` : `[${word}]`;
    }),
  ];
  return [".br", `.B bootsrv`, roff(words.join(" "))];
}

function section(command: Command, known: ReadonlySet<string>): readonly string[] {
  const options = optionsOf(command);
  const own = options.filter(({ flags }) => !known.has(flags));
  const lines = [`.SS ${roff(command.name())}`, roff(command.description())];
  for (const argument of command.registeredArguments) {
    if (argument.description === "") continue;
    lines.push(".TP", `.I ${roff(argument.name())}`, roff(argument.description));
  }
  let group = "";
  for (const option of own) {
    const heading = option.helpGroupHeading ?? "";
    if (heading !== group && heading !== "") lines.push(".PP", roff(heading));
    group = heading;
    lines.push(".TP", `.B ${roff(option.flags)}`, roff(descriptionOf(option)));
  }
  if (own.length < options.length) lines.push(".PP", "And the options of serve.");
  const after = textAfterHelp(command);
  return after === "" ? lines : [...lines, ".PP", ".nf", ...after.split("\n").map(roff), ".fi"];
}

/** Those that the help lists, without the help itself. */
function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command).filter(({ long }) => long !== "--help");
}

function descriptionOf(option: Option): string {
  const text = option.description.replace(/\.?$/, ".");
  return option.argChoices === undefined ? text : `${text} One of ${option.argChoices.join(", ")}.`;
}

/** What `addHelpText("after", …)` has added: commander tells it only when it prints. */
function textAfterHelp(command: Command): string {
  const output = command.configureOutput();
  let text = "";
  command.configureOutput({ ...output, writeOut: (more) => text += more });
  command.outputHelp();
  command.configureOutput(output);
  return text.slice(command.helpInformation().length).trim();
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Text that roff takes literally: no escape, no request at the start of a line. */
function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
}
