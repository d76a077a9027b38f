// The interactive prompt of old TFTP clients: reads lines, finds the command, runs it.
import type { PromptCommand } from "./prompt_command.ts";
import { COMMANDS } from "./prompt_commands.ts";
import type { PromptState } from "./prompt_state.ts";
import { EXIT } from "./session.ts";
import { shown } from "./text.ts";

/** Where commands come from. */
export interface CommandLines {
  /** Whether somebody sits there: then failures are theirs to see, and no exit code tells of them. */
  readonly isTerminal: boolean;
  /** The next line, null at the end. */
  next(): Promise<string | null>;
  close(): void;
}

/** Runs commands to their end or to `quit`; gives the exit code. */
export async function runPrompt(state: PromptState, lines: CommandLines): Promise<number> {
  let failed = false;
  try {
    while (!state.over) {
      const line = await lines.next();
      if (line === null) break;
      if (!await runLine(state, line)) failed = true;
    }
  } finally {
    lines.close();
  }
  return failed && !lines.isTerminal ? EXIT.failed : EXIT.done;
}

/** Runs one command; false where it failed. */
async function runLine(state: PromptState, line: string): Promise<boolean> {
  const words = splitWords(line);
  if (words === null) {
    state.complain("A quotation mark is not closed");
    return false;
  }
  const [first, ...args] = words;
  if (first === undefined || first.startsWith("#")) return true;
  const command = findCommand(first);
  if (typeof command === "string") {
    state.complain(command);
    return false;
  }
  return await command.run(state, args);
}

/** Commands whose names begin with these letters; for completion. */
export function completions(letters: string): string[] {
  return COMMANDS.flatMap(({ names }) => names).filter((name) => name.startsWith(letters)).sort();
}

/** A command by its name or the first letters of it, or what is wrong with the name. */
function findCommand(text: string): PromptCommand | string {
  const wanted = text.toLowerCase();
  const exact = COMMANDS.find(({ names }) => names.includes(wanted));
  if (exact !== undefined) return exact;
  const near = COMMANDS.filter(({ names }) => names.some((name) => name.startsWith(wanted)));
  if (near.length === 1) return near[0]!;
  if (near.length === 0) return `Unknown command ${shown(text)}: "?" lists all`;
  const names = near.map((command) => `"${command.names[0]}"`).join(", ");
  return `Command ${shown(text)} is ambiguous: ${names}`;
}

/** Words between blanks; quotation marks keep blanks. Null where one is not closed. */
function splitWords(line: string): string[] | null {
  const words: string[] = [];
  const pattern = /\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)|(["']))/gy;
  for (;;) {
    const match = pattern.exec(line);
    if (match === null) return words;
    if (match[4] !== undefined) return null;
    words.push(match[1] ?? match[2] ?? match[3]!);
  }
}
