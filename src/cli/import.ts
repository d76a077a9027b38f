// `bootsrv import`: the configuration of another TFTP server as TOML.
import { readFileSync } from "node:fs";
import process from "node:process";
import { Argument, type Command } from "commander";
import type { Imported } from "../import/imported.ts";
import { complain, EXIT, type Outcome, print } from "./outcome.ts";

const EXAMPLES = `
Prints TOML that behaves as the other server does. What has no equal is named in a comment and on
standard error. Files are told apart by what is in them, hosts.allow and hosts.deny by their names; "-" is standard
input.

  atftpd      --pcre files, --mtftp files, /etc/default/atftpd, hosts.allow, hosts.deny
  tftpd-hpa   map files, /etc/default/tftpd-hpa, hosts.allow, hosts.deny
              For both also inetd.conf, a service of xinetd, a systemd unit.
  dnsmasq     configuration files, of which the TFTP lines are taken

Examples:
  bootsrv import atftpd /etc/atftpd.pcre > bootsrv.toml
  bootsrv import tftpd-hpa --args "-l -s -m /etc/tftpd.map /srv/tftp" > bootsrv.toml
  bootsrv import dnsmasq /etc/dnsmasq.conf | bootsrv check --config /dev/stdin
`;

/** Registers the command. */
export function addImport(program: Command, outcome: Outcome): void {
  const command = program.command("import")
    .description("Print the TOML equal to another server's configuration.")
    .addArgument(
      new Argument("<daemon>", "Whose configuration it is.")
        .choices(["atftpd", "tftpd-hpa", "dnsmasq"]),
    )
    .argument("[file...]", "Its files.")
    .option("--args <line>", "Its command line.")
    .option("--release <version>", "The release the files were written for, such as 0.7.5.", "")
    .addHelpText("after", EXAMPLES)
    .action(async (daemon: "atftpd" | "tftpd-hpa" | "dnsmasq", files: readonly string[]) => {
      const args: string | undefined = command.getOptionValue("args");
      if (files.length === 0 && args === undefined) {
        complain(`Nothing to import: name a file, or give the command line with --args\n`);
        outcome.code = EXIT.usage;
        return;
      }
      const { importFrom } = await import("../import/import.ts");
      const sources = readFiles(files);
      if (sources === null) {
        outcome.code = EXIT.failed;
        return;
      }
      const release: string = command.getOptionValue("release");
      const input = { files: sources, args: args ?? null, release, readFile };
      await show(importFrom(daemon, input));
    });
}

async function show({ toml, notes }: Imported): Promise<void> {
  print(toml);
  const { describeNote } = await import("../import/draft.ts");
  for (const note of notes) complain(`${describeNote(note)}\n`);
  const faults = await faultsOf(toml);
  if (faults !== "") complain(`What was printed does not load as it is:\n${faults}`);
}

// Nobody can foresee all that a file may hold, so what was made is checked as `check` would.
async function faultsOf(toml: string): Promise<string> {
  const { loadConfig } = await import("../config/load.ts");
  const { renderFaults } = await import("../config/faults.ts");
  const file = "imported.toml";
  const readFile = () => toml;
  const loaded = await loadConfig({
    flags: { config: file },
    env: {},
    cwd: process.cwd(),
    readFile,
  });
  return loaded.kind === "faults" ? renderFaults(loaded.faults, { color: false }) : "";
}

/** Null where one cannot be read, once that has been said. */
function readFiles(
  paths: readonly string[],
): readonly { readonly source: string; readonly text: string }[] | null {
  const files = [];
  for (const path of paths) {
    try {
      const text = decode(readFileSync(path === "-" ? 0 : path));
      files.push({ source: path === "-" ? "standard input" : path, text });
    } catch (error) {
      complain(`Cannot read "${path}": ${error instanceof Error ? error.message : error}\n`);
      return null;
    }
  }
  return files;
}

function readFile(path: string): string | null {
  try {
    return decode(readFileSync(path));
  } catch {
    return null;
  }
}

// UTF-8 where that is valid, else Latin-1, as names in TFTP are read.
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}
