// `bootsrv man`: the manual page, made from the commands' own definitions.
import type { Command } from "commander";
import { EXIT, type Outcome, print } from "./outcome.ts";
import { VERSION } from "./version.ts";

const EXAMPLES = `
Examples:
  bootsrv man | man -l -
  bootsrv man > /usr/local/share/man/man8/bootsrv.8
`;

/** Registers the command. */
export function addMan(program: Command, outcome: Outcome): void {
  program.command("man")
    .description("Print the manual page, in roff.")
    .addHelpText("after", EXAMPLES)
    .action(async () => {
      const { manPage } = await import("./man_page.ts");
      print(manPage(program, VERSION));
      outcome.code = EXIT.fine;
    });
}
