// Files such as /etc/default/tftpd-hpa: assignments that a start script reads.
import { splitWords } from "./words.ts";

/** Variables by name if the text is such a file, else null; one may name those above it. */
export function assignmentsOf(text: string): ReadonlyMap<string, string> | null {
  const lines = text.replace(/\\\n/g, " ").split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const variables = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^(?:export\s+)?([A-Z_][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    variables.set(name, expanded(splitWords(value)[0] ?? "", variables));
  }
  return variables.size > 0 ? variables : null;
}

function expanded(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (token, braced?: string, bare?: string) => variables.get(braced ?? bare ?? "") ?? token,
  );
}
