// What an importer is given and what it gives back.
import type { Note } from "./draft.ts";

/** A file of the other daemon. */
export interface SourceFile {
  /** As it was named. */
  readonly source: string;
  readonly text: string;
}

/** All that an importer reads. */
export interface ImportInput {
  readonly files: readonly SourceFile[];
  /** The daemon's command line, with or without its name; null if none was given. */
  readonly args: string | null;
  /** The release the files were written for, such as "0.7.5"; "" for the latest. */
  readonly release: string;
  /** The text of a file that a command line names, null if it cannot be read. */
  readFile(path: string): string | null;
}

/** A configuration that behaves the same, as far as that can be. */
export interface Imported {
  /** Valid TOML that loads. */
  readonly toml: string;
  /** What has no equal; each note stands in the TOML as a comment, too. */
  readonly notes: readonly Note[];
}
