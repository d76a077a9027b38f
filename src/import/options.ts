// Options of a daemon's command line, each with what it becomes.
import type { Draft, Place } from "./draft.ts";
import { type OptionSpec, readOptions, splitWords } from "./words.ts";

/** What an option becomes; left out where bootsrv does the same unasked. */
export type Apply = (draft: Draft, value: string, place: Place) => void;

/** An option of a daemon. */
export interface DaemonOption extends OptionSpec {
  readonly apply?: Apply;
}

/** A daemon's options. */
export interface Daemon {
  /** Names the program goes by, for the first word of a command line. */
  readonly programs: readonly string[];
  readonly options: readonly DaemonOption[];
}

/** Applies the options of a command line to the draft; gives the words that are no options. */
export function applyOptions(
  draft: Draft,
  { source, text }: { readonly source: string; readonly text: string },
  daemon: Daemon,
): readonly string[] {
  const [first = "", ...rest] = splitWords(text);
  const name = first.slice(first.lastIndexOf("/") + 1);
  const words = daemon.programs.includes(name) ? rest : splitWords(text);
  const operands: string[] = [];
  for (const word of readOptions(words, daemon.options)) {
    const place = { source, line: 0, text: word.text };
    if (word.kind === "operand" && /^\$\{?\w+\}?$/.test(word.text)) {
      draft.note(place, "What this variable stands for is said elsewhere", VARIABLE_HINT);
    } else if (word.kind === "operand") operands.push(word.text);
    else if (word.kind === "unknown") draft.note(place, `${daemon.programs[0]} has no such option`);
    else {
      const option = daemon.options.find(({ names }) => names[0] === word.name);
      option?.apply?.(draft, word.value, place);
    }
  }
  return operands;
}

const VARIABLE_HINT = "Give that file, too, or the command line of the running daemon with --args";

/** Sets `key` to a whole number within bounds. */
export function number(key: string, min: number, max: number): Apply {
  return (draft, value, place) => {
    const whole = /^\s*\d{1,12}$/.test(value) ? Number(value) : NaN;
    if (whole >= min && whole <= max) draft.set(key, whole, place.text);
    else draft.note(place, `"${value}" is not a number from ${min} to ${max}`);
  };
}

/** Sets `key` to `value`, whatever the option says. */
export function fixed(key: string, value: string | number | boolean): Apply {
  return (draft, _, place) => draft.set(key, value, place.text);
}

/** Names the option as one without an equal. */
export function none(why: string, hint = ""): Apply {
  return (draft, _, place) => draft.note(place, why, hint);
}

/** For an option that wants a file with the process id. */
export const pidFile: Apply = none(
  "There is no file for the process id alone",
  "--ready-file has it, with the ports, once everything listens",
);

/** For an option that only tries the rules out. */
export const rulesTest: Apply = none(
  "A test is a command of its own",
  "bootsrv rewrite-test --config FILE < names",
);

/** Sets the user to become. Nobody becomes root: who is started as root then stays it. */
export const user: Apply = (draft, value, place) => {
  if (value !== "root" && value !== "0") return draft.set("user", value, place.text);
  draft.set("user", "", `${place.text}: it stays what it is started as`);
};

/** Adds `value` to the list `key`, once. */
export function add(draft: Draft, key: string, value: string): void {
  const known = draft.value(key);
  const list = Array.isArray(known) ? known : [];
  if (!list.includes(value)) draft.set(key, [...list, value]);
}
