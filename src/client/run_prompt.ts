// `bootsrv tftp`: the prompt on the terminal or pipe of this process, or one transfer in the form of
// the Windows command.
import { basename } from "node:path";
import process from "node:process";
import { processEnvironment } from "./environment.ts";
import { completions, runPrompt } from "./prompt.ts";
import { openLines } from "./prompt_lines.ts";
import {
  fetchFile,
  initialState,
  type PromptState,
  sendFile,
  type Server,
  type Settings,
} from "./prompt_state.ts";
import { EXIT } from "./session.ts";

/** What the command line asks for. */
export interface TftpOptions {
  readonly settings: Settings;
  /** Null where the prompt shall begin unconnected. */
  readonly server: Server | null;
  /** The one file to move; null for the prompt. */
  readonly move: Move | null;
}

/** In the words of the Windows command. */
export interface Move {
  readonly verb: "get" | "put";
  readonly source: string;
  /** Null for the last part of the source. */
  readonly destination: string | null;
}

/** Runs it and gives the exit code. */
export async function runTftpCommand(options: TftpOptions): Promise<number> {
  const state: PromptState = initialState(options.settings, {
    server: options.server,
    print: (text) => void process.stdout.write(text + "\n"),
    complain: (text) => void process.stderr.write(text + "\n"),
    environment: processEnvironment,
  });
  const { server, move } = options;
  if (server !== null && move !== null) {
    return await moveFile(state, server, move) ? EXIT.done : EXIT.failed;
  }
  const { stdin, stdout } = process;
  return await runPrompt(state, openLines({ stdin, stdout, complete: completions }));
}

function moveFile(state: PromptState, server: Server, move: Move): Promise<boolean> {
  const { verb, source, destination } = move;
  if (verb === "get") {
    return fetchFile(state, { ...server, name: source }, { output: destination, mtftp: null });
  }
  return sendFile(state, source, { ...server, name: destination ?? basename(source) });
}
