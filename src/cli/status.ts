// `bootsrv status`: asks a running server what it does.
import type { Command } from "commander";
import { authority } from "../match/authority.ts";
import { complain, EXIT, type Outcome, print } from "./outcome.ts";

const EXAMPLES = `
Asks the status pages, which [http] status = true serves: the UDP driver and why, listeners,
transfers under way, counters, recent errors. Without --url it asks 127.0.0.1 at the port of
[http] in the configuration file. Exit code 1 means that no server has answered.

Examples:
  bootsrv status
  bootsrv status --url http://10.0.0.1:8080
  bootsrv status --json | jq .counts
`;

/** How long a server may take to answer. */
const ANSWER_MS_MAX = 10_000;

/** Registers the command. */
export function addStatus(program: Command, outcome: Outcome): void {
  const command = program.command("status")
    .description("Ask a running server what it does.")
    .option("--url <url>", "Where it serves HTTP, such as http://127.0.0.1:8080.")
    .option("-c, --config <file>", "Configuration file to take the port from.")
    .option("--json", "Print the answer as it came.")
    .addHelpText("after", EXAMPLES)
    .action(async () => {
      const { url, config, json } = command.opts<
        { readonly url?: string; readonly config?: string; readonly json?: boolean }
      >();
      const base = url ?? await configuredUrl(config);
      outcome.code = await showStatus(base, json === true);
    });
}

async function showStatus(base: string, asJson: boolean): Promise<number> {
  let text: string;
  try {
    text = await askStatus(base);
    if (!asJson) text = await readable(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    complain(`No server answers at "${base}": ${why}\n`);
    return EXIT.failed;
  }
  print(text);
  return EXIT.fine;
}

async function askStatus(base: string): Promise<string> {
  if (!URL.canParse(base)) throw new Error("that is no URL");
  const url = new URL("/.bootsrv/api/status", base);
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  const text = await answer.text();
  if (answer.ok) return text;
  const hint = answer.status === 404 ? ", is [http] status switched off?" : "";
  throw new Error(`it says ${answer.status}${hint}`);
}

async function readable(text: string): Promise<string> {
  const { statusText } = await import("../server/status_text.ts");
  try {
    return statusText(JSON.parse(text), Date.now());
  } catch {
    throw new Error("what answers there is no bootsrv");
  }
}

/** On this machine, at the port that the configuration gives; 80 where none does. */
async function configuredUrl(config: string | undefined): Promise<string> {
  const { loadWith } = await import("./load_config.ts");
  const loaded = await loadWith(config === undefined ? {} : { config });
  const configured = loaded.kind === "config" ? loaded.config : null;
  const host = configured?.addresses[0] ?? "127.0.0.1";
  const port = configured?.http.port || 80;
  return `http://${authority(host, port)}`;
}
