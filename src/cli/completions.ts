// `bootsrv completions SHELL`: a script for the shell, which calls the hidden `complete`.
import { Argument, type Command } from "commander";

const SHELLS = ["bash", "zsh", "fish", "powershell"];

/** The first words on the command line that need the completions themselves. */
export const COMPLETION_COMMANDS: ReadonlySet<string> = new Set(["completions", "complete"]);

/** Registers the command for the help alone, without loading what it needs. */
export function addCompletions(program: Command): void {
  program.command("completions")
    .description("Print a completion script for a shell.")
    .addArgument(new Argument("<shell>").choices(SHELLS));
}

/** Registers the commands to be run; every other command must be there already. */
export async function addWorkingCompletions(program: Command): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  tab(program, { completionCommandName: "completions" });
}
