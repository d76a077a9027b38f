// The command line of a script: what it says, a usage text for who asks, one line for who errs.
import process from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<Given extends Options> = ReturnType<typeof parseArgs<{ options: Given }>>["values"];

/** What a script takes. */
export interface Wanted<Given extends Options, Meaning> {
  /** As `parseArgs` of `node:util` has them; `--help` is added. */
  readonly options: Given;
  /** From the options as they were typed to what they mean. Throws `UsageError`. */
  readonly read: (values: Values<Given>) => Meaning;
}

/** What came of a command line. */
export type Outcome<Meaning> =
  | { readonly kind: "given"; readonly meaning: Meaning }
  | { readonly kind: "help" }
  /** Why it cannot be meant, on one line. */
  | { readonly kind: "wrong"; readonly text: string };

/** An option has a value that it cannot have; the message is for who typed it. */
export class UsageError extends Error {}

/** What this script was told; ends the process where there is nothing to do: 0 for help, 2 if wrong. */
export function commandLine<const Given extends Options, Meaning>(
  usage: string,
  wanted: Wanted<Given, Meaning>,
): Meaning {
  const outcome = readCommandLine(process.argv.slice(2), wanted);
  switch (outcome.kind) {
    case "given":
      return outcome.meaning;
    case "help":
      console.log(usage);
      return process.exit(0);
    case "wrong":
      console.error(`${outcome.text}; --help shows the usage`);
      return process.exit(2);
  }
}

/** For a script that takes nothing but `--help`. */
export function withoutOptions(usage: string): void {
  commandLine(usage, { options: {}, read: () => {} });
}

/** Reads the arguments that follow the name of the script. */
export function readCommandLine<const Given extends Options, Meaning>(
  args: readonly string[],
  { options, read }: Wanted<Given, Meaning>,
): Outcome<Meaning> {
  if (args.includes("--help") || args.includes("-h")) return { kind: "help" };
  try {
    const { values } = parseArgs({ args: [...args], options });
    return { kind: "given", meaning: read(values as Values<Given>) };
  } catch (error) {
    if (!(error instanceof UsageError) && !isOfParseArgs(error)) throw error;
    // What follows explains how values that begin with a dash are written.
    return { kind: "wrong", text: (error as Error).message.split("\n")[0]! };
  }
}

/** The number that `text` is, as the value of `--name`. Throws `UsageError`. */
export function numberOf(
  text: string,
  { name, least, most = Infinity, whole = true }: {
    readonly name: string;
    readonly least: number;
    readonly most?: number;
    /** No fraction; true when left out. */
    readonly whole?: boolean;
  },
): number {
  const number = /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most && (!whole || Number.isSafeInteger(number))) return number;
  const kind = whole ? "a whole number" : "a number";
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(`--${name} must be ${kind} ${range}, not "${text}"`);
}

/** `text`, if it is one of `words`, as the value of `--name`. Throws `UsageError`. */
export function wordOf<Word extends string>(
  text: string,
  { name, words }: { readonly name: string; readonly words: readonly Word[] },
): Word {
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw new UsageError(`--${name} must be ${words.join(" or ")}, not "${text}"`);
}

function isOfParseArgs(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return code?.startsWith("ERR_PARSE_ARGS_") === true;
}
