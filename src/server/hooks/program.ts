// Whether the programs that hooks name can be run at all.
import { accessSync, constants, statSync } from "node:fs";
import type { HooksConfig } from "../../config/config.ts";

/** What is wrong with them, as one line; "" where nothing is. As this process, where it is now. */
export function hookFault({ transferEnd: program }: HooksConfig): string {
  if (program === "") return "";
  const cannot = `Cannot run "${program}", the "transfer-end" of [hooks]`;
  try {
    if (!statSync(program).isFile()) return `${cannot}: it is no file`;
    accessSync(program, constants.X_OK);
    return "";
  } catch (error) {
    const { code } = error as { readonly code?: string };
    return `${cannot}: ${WORDS[code ?? ""] ?? code ?? error}`;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  ENOTDIR: "it is not there",
  EACCES: "permission denied",
};
