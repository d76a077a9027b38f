// What commander says about wrong usage, in the words of this program.
import type { CommanderError } from "commander";
import { closest } from "../match/distance.ts";
import { quote } from "../config/text.ts";

/** What is needed to name the way out. */
export interface UsageContext {
  readonly argv: readonly string[];
  readonly commands: readonly string[];
}

/** The complaint for a usage error, ending in a newline. */
export function usageText(error: CommanderError, context: UsageContext): string {
  const [first] = context.argv;
  const command = first !== undefined && context.commands.includes(first) ? ` ${first}` : "";
  return `${sentence(error, context)}\nSee "bootsrv${command} --help"\n`;
}

function sentence(error: CommanderError, context: UsageContext): string {
  const text = error.message.replace(/^error: /, "");
  const [, name = ""] = /'([^']*)'/.exec(text) ?? [];
  switch (error.code) {
    case "commander.unknownOption": {
      const [, near] = /Did you mean (?:one of )?(--[^ ,?]+)/.exec(text) ?? [];
      return `Unknown option ${quote(name)}${
        near === undefined ? "" : `: did you mean "${near}"?`
      }`;
    }
    case "commander.optionMissingArgument":
      return `Option ${quote(name)} needs a value`;
    case "commander.missingArgument":
      return `Missing argument ${quote(name)}`;
    case "commander.excessArguments":
      return excess(firstExcess(text), context);
    case "commander.invalidArgument": {
      const [, given, argument, choices] = BAD_CHOICE.exec(text) ?? [];
      if (given !== undefined && argument !== undefined) {
        return `Argument ${quote(argument)} must be one of ${choices}, not ${quote(given)}`;
      }
      const [, option, value, why] = /'([^']*)' .*?'(.*)' is invalid\.? ?(.*)$/s.exec(text) ?? [];
      if (option === undefined || value === undefined) return text;
      return `Option ${quote(option)} ${why}, not ${quote(value)}`
        .replace(/Allowed choices are (.*)\., not/, "must be one of $1, not");
    }
    case "commander.conflictingOption":
      return text.replace(
        /^option '(\S+).*' cannot be used with option '(\S+).*'$/,
        (_, a, b) => `Options ${quote(a)} and ${quote(b)} cannot be used together`,
      );
    default:
      return text;
  }
}

// An argument in place, of which commander names the value first.
const BAD_CHOICE = /value '(.*)' is invalid for argument '(.*)'\. Allowed choices are (.*)\.$/s;

// Commander names all the arguments, after how many it expected.
function firstExcess(text: string): string {
  const [, expected, given] = /Expected (\d+) .*but got \d+: (.*)\.$/s.exec(text) ?? [];
  return given?.split(", ")[Number(expected)] ?? "";
}

// An extra word in front is a command that does not exist; elsewhere it may be one out of place.
function excess(word: string, { argv, commands }: UsageContext): string {
  if (argv[0] === word) {
    const near = closest(word, commands, Math.max(1, Math.floor(word.length / 3)));
    return `Unknown command ${quote(word)}${near === null ? "" : `: did you mean "${near}"?`}`;
  }
  const place = commands.includes(word)
    ? `: the command comes first, as in "bootsrv ${word} …"`
    : "";
  return `Unexpected argument ${quote(word)}${place}`;
}
