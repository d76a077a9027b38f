// The flags that `get` and `put` share.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { TransferOptions } from "../client/options.ts";

const WINDOWSIZE = 16;

/** Adds the flags. */
export function addTransferFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--blksize <octets>",
        'Block size to offer (RFC 2348); "auto" is 1468, over IPv6 1448, or "off".',
      ).argParser(blockSize).default("auto"),
    )
    .addOption(
      new Option("--windowsize <blocks>", 'Window to offer (RFC 7440), or "off".')
        .argParser(offer(1, 65535)).default(WINDOWSIZE),
    )
    .addOption(
      new Option("--tsize", "Ask for or announce the size (RFC 2349).").default(true).hideHelp(),
    )
    .option("--no-tsize", "Do not ask for or announce the size (RFC 2349).")
    .addOption(
      new Option("--timeout <seconds>", "Retransmission timeout to offer and keep (RFC 2349).")
        .argParser(integer(1, 255)),
    )
    .addOption(
      new Option("--retries <count>", "Retransmissions of one packet before giving up.")
        .argParser(integer(0, 1000)).default(6),
    )
    .addOption(
      new Option("--mode <mode>", "Transfer mode (default: that of the URL, or octet).")
        .choices(["octet", "netascii"]),
    )
    .option("--trace", "Print every packet.", false)
    .option("-q, --quiet", "Print errors only.", false);
}

/** The values of those flags. */
export function transferOptions(url: string, command: Command): TransferOptions {
  const value = (name: string) => command.getOptionValue(name);
  return {
    url,
    blksize: offered(value("blksize")),
    windowsize: offered(value("windowsize")),
    tsize: value("tsize"),
    timeoutSeconds: value("timeout") ?? null,
    retries: value("retries"),
    mode: value("mode") ?? null,
    trace: value("trace"),
    quiet: value("quiet"),
  };
}

/** A parser of integers within bounds. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`must be an integer from ${min} to ${max}`);
  };
}

function blockSize(text: string): number | "auto" | "off" {
  return text === "auto" ? text : offer(8, 65464)(text);
}

// Commander takes null from a parser for no value at all, so "off" stays what it is till the end.
function offer(min: number, max: number): (text: string) => number | "off" {
  const parse = integer(min, max);
  return (text) => text === "off" ? text : parse(text);
}

/** Null means that the option is not offered at all. */
function offered<T>(value: T | "off"): T | null {
  return value === "off" ? null : value;
}
