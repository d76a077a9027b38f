// `bootsrv schema`: the JSON Schema of the configuration file.
import type { Command } from "commander";
import { EXIT, type Outcome, print } from "./outcome.ts";

const EXAMPLES = `
Editors with a TOML language server complete and check the file with it. Name it on line 1:
  #:schema ./bootsrv.schema.json

Example:
  bootsrv schema > bootsrv.schema.json
`;

/** Registers the command. */
export function addSchema(program: Command, outcome: Outcome): void {
  program.command("schema")
    .description("Print the JSON Schema of the configuration file, for editors.")
    .addHelpText("after", EXAMPLES)
    .action(async () => {
      const { jsonSchema } = await import("../config/json_schema.ts");
      print(`${JSON.stringify(await jsonSchema(), null, 2)}\n`);
      outcome.code = EXIT.fine;
    });
}
