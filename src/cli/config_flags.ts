// The flags of every setting, on the commands that load the configuration.
import { type Command, Option } from "commander";
import type { Flags } from "../config/layers.ts";
import type { Setting } from "../config/settings.ts";

/** The tables that flags are made from; loaded only for commands that have such flags. */
export type SettingTables = Pick<
  typeof import("../config/settings.ts"),
  "SETTINGS" | "ALIASES"
>;

/** Headings of the help, by the first words of a key. */
const GROUPS: readonly (readonly [string, string])[] = [
  ["tftp.multicast.", "TFTP multicast (RFC 2090):"],
  ["tftp.", "TFTP:"],
  ["http.", "HTTP:"],
  ["upload.", "Uploads:"],
  ["log.", "Log:"],
  ["limits.", "Limits:"],
  ["", "Files and privileges:"],
];

/** What stands for a value in the help, by the last word of a key. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  root: "folder",
  search: "folder",
  address: "address",
  addresses: "network",
  port: "port",
  "port-range": "first-last",
  ports: "first-last",
  "size-max": "size",
  timeout: "seconds",
  user: "name",
  group: "name",
  syslog: "target",
  "options-disabled": "option",
  symlinks: "which",
  driver: "driver",
  format: "format",
  level: "level",
};

/** Keys whose flag is listed first in the help. */
const COMMON: ReadonlySet<string> = new Set(["root", "address", "tftp.port", "http.port"]);

/** Adds every flag of the configuration, in groups. */
export function addConfigFlags(
  command: Command,
  tables: SettingTables,
): Command {
  const common = "Common options:";
  command.addOption(
    new Option(
      "-c, --config <file>",
      "Configuration file (default: /etc/bootsrv.toml if it exists).",
    )
      .helpGroup(common),
  );
  const sorted = [...tables.SETTINGS].sort((a, b) => Number(isCommon(b)) - Number(isCommon(a)));
  for (const setting of sorted) {
    for (const option of optionsFor(setting)) {
      const key = setting.path.join(".");
      option.helpGroup(isCommon(setting) ? common : groupOf(key));
      command.addOption(option);
    }
  }
  for (const alias of tables.ALIASES) {
    const setting = tables.SETTINGS.find((each) => each.flag === alias.for);
    const takesValue = alias.value === undefined && setting?.kind !== "boolean";
    const value = takesValue && setting !== undefined ? ` <${placeholder(setting)}>` : "";
    command.addOption(new Option(`--${alias.flag}${value}`, alias.text).helpGroup(common));
  }
  command.addOption(
    new Option("--ready-file <file>", "Written whole once everything listens: addresses, ports.")
      .helpGroup(common),
  );
  return command;
}

/** The flags given on the command line, by name; defaults are left out. */
export function flagsOf(command: Command): Flags {
  const flags: Record<string, string | boolean | readonly string[]> = {};
  for (const option of command.options) {
    const attribute = option.attributeName();
    if (option.long === undefined || command.getOptionValueSource(attribute) !== "cli") continue;
    const name = option.long.replace(/^--(no-)?/, "");
    flags[name] = command.getOptionValue(attribute);
  }
  return flags;
}

// A boolean has two flags, of which the help lists the one that changes something.
function optionsFor(setting: Setting): readonly Option[] {
  if (setting.kind !== "boolean") {
    const option = new Option(`--${setting.flag} <${placeholder(setting)}>`, describe(setting));
    // For the help and the completions; the checks of the configuration refuse any other value.
    if (setting.values.length > 0) option.argChoices = [...setting.values];
    if (setting.kind === "list") option.argParser(append);
    return [option];
  }
  const on = new Option(`--${setting.flag}`, setting.text);
  const off = new Option(`--no-${setting.flag}`, `Switch off: ${lowerFirst(setting.text)}`);
  (setting.fallback === true ? on : off).hideHelp();
  return [on, off];
}

function append(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

function placeholder(setting: Setting): string {
  const word = String(setting.path.at(-1));
  return PLACEHOLDERS[word] ?? (typeof setting.fallback === "number" ? "number" : "text");
}

function describe(setting: Setting): string {
  const { fallback } = setting;
  const notes: string[] = [];
  if (setting.kind === "list") notes.push("may be repeated");
  if (typeof fallback === "number" || (typeof fallback === "string" && fallback !== "")) {
    notes.push(`default: ${fallback}`);
  }
  return notes.length === 0
    ? setting.text
    : `${setting.text.replace(/\.$/, "")} (${notes.join("; ")})`;
}

function isCommon(setting: Setting): boolean {
  return COMMON.has(setting.path.join("."));
}

function groupOf(key: string): string {
  return GROUPS.find(([prefix]) => key.startsWith(prefix))?.[1] ?? "";
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
