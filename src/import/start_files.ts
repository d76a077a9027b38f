// The command line of a daemon in the files that start it: variables for a start script,
// inetd.conf, a service of xinetd, a systemd unit. Nothing is run.
import type { Draft } from "./draft.ts";
import type { SourceFile } from "./imported.ts";
import { assignmentsOf } from "./shell_file.ts";

/** How a daemon is started. */
export interface Starter {
  /** Names the program goes by. */
  readonly programs: readonly string[];
  /**
   * What start scripts put together: words, of which those with a variable count where it is set.
   * After an option the value of a variable is one word, else it is any number.
   */
  readonly script: readonly string[];
}

/** A command line found in a file. */
export interface Start extends SourceFile {
  /** The daemon serves the socket of inetd, or of xinetd. */
  readonly inetd: boolean;
}

/** The command lines in such a file; null if it is none. What is not taken over becomes a note. */
export function startsIn(
  draft: Draft,
  file: SourceFile,
  starter: Starter,
): readonly Start[] | null {
  const variables = assignmentsOf(file.text);
  const commands = variables !== null
    ? scriptCommand(draft, { file, variables }, starter)
    : /^\[Service\]\s*$/m.test(file.text)
    ? unitCommands(file, starter)
    : /^\s*server\s*=/m.test(file.text) && /^\s*service\s+\S+/m.test(file.text)
    ? xinetdCommands(draft, file, starter)
    : inetdCommands(file, starter);
  if (commands?.length === 0) {
    draft.note({ source: file.source, line: 0, text: "this file" }, NOTHING, NOTHING_HINT);
  }
  return commands;
}

const NOTHING = "Nothing in there is known to start the daemon";
const NOTHING_HINT = "Give the command line of the running one with --args";

type Variables = ReadonlyMap<string, string>;

/** Variables that say how the daemon is started, and nothing of what it does. */
const HOW = ["RUN_DAEMON", "USE_INETD", "ATFTPD_USE_INETD"];

function scriptCommand(
  draft: Draft,
  { file, variables }: { readonly file: SourceFile; readonly variables: Variables },
  { script }: Starter,
): readonly Start[] {
  const nameOf = (piece: string) => /\$(\w+)/.exec(piece)?.[1];
  const taken = script.filter((piece) => (variables.get(nameOf(piece) ?? "") ?? "") !== "");
  const known = new Set([...HOW, ...taken.map(nameOf)]);
  for (const [name, value] of variables) {
    const used = known.has(name) || new RegExp(`\\$\\{?${name}\\b`).test(file.text);
    const place = { source: file.source, line: 0, text: `${name}=${value}` };
    if (!used && value !== "") draft.note(place, "The importer does not know this variable");
  }
  if (taken.length === 0) return [];
  const fixed = script.filter((piece) => nameOf(piece) === undefined);
  const words = taken.map((piece) => filledIn(piece, variables.get(nameOf(piece)!)!));
  return [{ source: file.source, text: [...fixed, ...words].join(" "), inetd: false }];
}

function filledIn(piece: string, value: string): string {
  const [option = "", variable] = piece.split(" ");
  return variable === undefined ? value : `${option} '${value.replaceAll("'", "")}'`;
}

// service type protocol wait user program name arguments; with tcpd the name is the program.
function inetdCommands({ source, text }: SourceFile, starter: Starter): readonly Start[] | null {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, type = "", , wait = ""]) => /^(?:dgram|stream)$/.test(type) && /wait/.test(wait));
  if (lines.length === 0) return null;
  return lines.filter((words) => words.slice(5, 7).some((word) => isOne(word, starter)))
    .map((words) => {
      const [user = "", program = "", , ...args] = words.slice(4);
      const line = [program, asUser(user), ...args].join(" ");
      return { source, text: line.replace(/^\S+/, starter.programs[0]!), inetd: true };
    });
}

function isOne(word: string, { programs }: Starter): boolean {
  return programs.includes(word.slice(word.lastIndexOf("/") + 1));
}

// Behind the user there may be a group. As root, the daemons become another user by themselves.
function asUser(user: string): string {
  const [name = ""] = user.split(/[.:/]/, 1);
  return name === "" || name === "root" ? "" : `--user ${name}`;
}

/** What a service of xinetd says that the server started has no part in. */
const XINETD_ONLY =
  /^(?:only_from|no_access|access_times|bind|interface|port|redirect|umask|deny_time)$/;

function xinetdCommands(draft: Draft, file: SourceFile, starter: Starter): readonly Start[] {
  const { source } = file;
  const found = new Map<string, string>();
  for (const [index, line] of file.text.split("\n").entries()) {
    const [, key = "", value = ""] = /^\s*(\w+)\s*[-+]?=\s*(.*?)\s*$/.exec(line) ?? [];
    const place = { source, line: index + 1, text: line };
    if (key !== "") found.set(key, value);
    if (XINETD_ONLY.test(key)) {
      draft.note(place, "It is xinetd's own", "xinetd goes on with it if it starts bootsrv");
    }
    if (key === "disable" && value === "yes") draft.note(place, "xinetd does not start it at all");
  }
  const server = found.get("server") ?? "";
  if (!isOne(server, starter)) return [];
  const text = [server, asUser(found.get("user") ?? ""), found.get("server_args") ?? ""].join(" ");
  return [{ source, text, inetd: true }];
}

function unitCommands({ source, text }: SourceFile, starter: Starter): readonly Start[] {
  return [...text.replace(/\\\n/g, " ").matchAll(/^ExecStart=[-@:+!]*(\S+)(.*)$/gm)]
    .filter(([, program = ""]) => isOne(program, starter))
    .map(([, program, args]) => ({ source, text: `${program}${args}`, inetd: false }));
}
