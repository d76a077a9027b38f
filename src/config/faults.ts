// Faults in the configuration as their readers see them: where, what, the line itself with a
// mark under the spot, and what to do about it.

/** Where a fault is. Line and column count from 1. */
export type FaultSource =
  | {
    readonly kind: "file";
    readonly file: string;
    /** Null where the text could not be read at all. */
    readonly line: number | null;
    readonly column: number | null;
    /** The line of the file, and how many characters of it are meant; "" for none. */
    readonly text: string;
    readonly length: number;
  }
  | { readonly kind: "flag"; readonly name: string }
  | { readonly kind: "environment"; readonly name: string }
  | { readonly kind: "default" };

/** One thing wrong with the configuration. */
export interface Fault {
  readonly source: FaultSource;
  readonly message: string;
  /** What to do about it, or "". */
  readonly hint: string;
}

/** How to render. */
export interface RenderOptions {
  /** Use the colours of ANSI terminals. */
  readonly color: boolean;
}

/** Text for people, one block a fault, ending in a newline. */
export function renderFaults(faults: readonly Fault[], options: RenderOptions): string {
  return faults.map((fault) => renderFault(fault, options)).join("");
}

/** The fault on one line, without the frame: for logs. */
export function faultLine(fault: Fault): string {
  const hint = fault.hint === "" ? "" : ` (${fault.hint})`;
  return `${whereOf(fault.source)}${fault.message}${hint}`;
}

function renderFault(fault: Fault, { color }: RenderOptions): string {
  const paint = (code: number, text: string) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const lines = [`${paint(1, whereOf(fault.source))}${paint(31, fault.message)}`];
  const { source } = fault;
  if (source.kind === "file" && source.line !== null && source.column !== null) {
    const number = String(source.line);
    const margin = " ".repeat(number.length);
    const frame = frameOf(source.text, { column: source.column, length: source.length });
    lines.push(`  ${paint(2, `${number} |`)} ${frame.text}`);
    lines.push(`  ${paint(2, `${margin} |`)} ${paint(31, frame.mark)}`);
  }
  if (fault.hint !== "") lines.push(`  ${paint(36, "hint:")} ${fault.hint}`);
  return `${lines.join("\n")}\n`;
}

function whereOf(source: FaultSource): string {
  switch (source.kind) {
    case "file":
      return source.line === null
        ? `${source.file}: `
        : `${source.file}:${source.line}:${source.column}: `;
    case "flag":
      return "command line: ";
    case "environment":
      return "environment: ";
    case "default":
      return "";
  }
}

/** Characters of a line shown on either side of the spot. */
const FRAME_CHARS_MAX = 100;

// A long line is cut around the spot; every character that could move the cursor becomes a space.
function frameOf(
  line: string,
  at: { readonly column: number; readonly length: number },
): { readonly text: string; readonly mark: string } {
  const start = Math.max(0, at.column - 1 - FRAME_CHARS_MAX / 2);
  const text = line.slice(start, start + FRAME_CHARS_MAX)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ");
  const indent = at.column - 1 - start;
  const length = Math.max(1, Math.min(at.length, text.length - indent));
  return { text: text.trimEnd(), mark: `${" ".repeat(indent)}${"^".repeat(length)}` };
}
