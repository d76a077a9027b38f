// Lines for the prompt: from a terminal with editing and history, or from a pipe or file.
import { createInterface } from "node:readline";
import type { CommandLines } from "./prompt.ts";

const PROMPT = "tftp> ";

export interface LinesOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Names that begin with these letters, for the Tab key. */
  readonly complete: (letters: string) => string[];
}

/** A prompt where somebody sits at both ends, else the plain lines of the input. */
export function openLines(options: LinesOptions): CommandLines {
  const { stdin, stdout } = options;
  return stdin.isTTY === true && stdout.isTTY === true
    ? new TerminalLines(options)
    : new PipedLines(stdin);
}

/** One editor for each line, so that between lines the terminal is as transfers expect it. */
class TerminalLines implements CommandLines {
  readonly isTerminal = true;
  readonly #options: LinesOptions;
  #history: string[] = [];

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  next(): Promise<string | null> {
    const { stdin, stdout, complete } = this.#options;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const editor = createInterface({
      input: stdin,
      output: stdout,
      terminal: true,
      prompt: PROMPT,
      history: [...this.#history],
      completer: (line: string) => [/\s/.test(line) ? [] : complete(line), line],
    });
    let answer: string | null = null;
    editor.on("history", (history) => this.#history = history);
    editor.on("line", (line) => {
      answer = line;
      editor.close();
    });
    // Ctrl-C throws the line away, as a shell does; at an empty one it leaves.
    editor.on("SIGINT", () => {
      if (editor.line !== "") answer = "";
      editor.close();
    });
    editor.on("close", () => {
      if (answer === null || answer === "") stdout.write("\n");
      resolve(answer);
    });
    editor.prompt();
    return promise;
  }

  close(): void {}
}

class PipedLines implements CommandLines {
  readonly isTerminal = false;
  readonly #editor: ReturnType<typeof createInterface>;
  readonly #lines: AsyncIterator<string>;

  constructor(stdin: NodeJS.ReadStream) {
    this.#editor = createInterface({ input: stdin, terminal: false, crlfDelay: Infinity });
    this.#lines = this.#editor[Symbol.asyncIterator]();
  }

  async next(): Promise<string | null> {
    const next = await this.#lines.next();
    return next.done === true ? null : next.value;
  }

  close(): void {
    this.#editor.close();
  }
}
