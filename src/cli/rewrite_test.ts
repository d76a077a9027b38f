// `bootsrv rewrite-test`: what would become of these names. Asks the resolver that the server asks,
// with the config and the tree as they are, and opens no socket.
import process from "node:process";
import { createInterface } from "node:readline";
import type { Config } from "../config/config.ts";
import { parseAddress } from "../match/network.ts";
import { httpStatus, tftpError } from "../resolve/refusal.ts";
import type { Ask, Resolution, Resolver } from "../resolve/resolution.ts";
import { openTools, openTree } from "../server/tree.ts";

/** What to test, as whom, and where to write. */
export interface RewriteTestOptions {
  readonly config: Config;
  /** Names to test; if there are none, each line of `input` is one. */
  readonly names: readonly string[];
  /** Numeric address of the client. */
  readonly client: string;
  /** Where it asks: an address of ours, or the name of an interface; null for nowhere known. */
  readonly local: string | null;
  readonly operation: "read" | "write";
  readonly via: "tftp" | "http";
  /** Adds the rules that do not hold, and why. */
  readonly all: boolean;
  readonly input: NodeJS.ReadableStream;
  /** Standard output, unless something else is given. */
  readonly output?: { write(text: string): unknown };
}

/** Prints each name with what became of it; always gives exit code 0. */
export async function runRewriteTest(options: RewriteTestOptions): Promise<number> {
  const { config, names, input, output = process.stdout } = options;
  const resolver = openTree(config, await openTools(endlessSeconds()));
  const lines = names.length > 0 ? names : createInterface({ input, crlfDelay: Infinity });
  for await (const name of lines) {
    if (names.length === 0 && name === "") continue;
    const text = explain(resolver, name, options).map((line) => `${printable(line)}\n`);
    output.write(text.join(""));
  }
  return 0;
}

// The resolver looks for near names a few times a second; here every name may have one.
function endlessSeconds(): () => number {
  let now = 0;
  return () => now += 1000;
}

function explain(resolver: Resolver, name: string, options: RewriteTestOptions): readonly string[] {
  const { client, operation, via, all } = options;
  const local = localOf(options.local);
  const ask = { operation, via, name, client, port: 0, local, size: null, explain: all };
  const resolution = resolver.resolve(ask);
  if (resolution.kind === "read") resolution.file.close();
  const steps = resolution.trail.filter((step) => step !== `requested "${name}"`);
  return [name, ...[...steps, ...outcome(resolution, options)].map((line) => `  ${line}`)];
}

// What is no address is the name of an interface, which this machine need not have.
function localOf(text: string | null): Ask["local"] {
  if (text === null) return null;
  return parseAddress(text) === null ? { host: "", interface: text } : { host: text };
}

function outcome(resolution: Resolution, { via }: RewriteTestOptions): readonly string[] {
  if (resolution.kind === "read") {
    const { path, size } = resolution.file;
    return [`reads "${path}", ${size} ${size === 1 ? "octet" : "octets"}`];
  }
  if (resolution.kind === "write") {
    return [`writes "${resolution.place.name}" below "${resolution.place.root}"`];
  }
  const { refusal } = resolution;
  const why = `refused: ${refusal.detail}`;
  if (via === "tftp") {
    const { code, message } = tftpError(refusal);
    return [why, `the client is told: ERROR ${code} "${message}"`];
  }
  const { status, text } = httpStatus(refusal);
  return [why, `the client is told: ${status} "${text}"`];
}

// A name may hold what a terminal would obey.
function printable(line: string): string {
  // deno-lint-ignore no-control-regex
  return line.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
