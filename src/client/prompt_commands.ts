// The commands of the prompt: those that move files, and those about the prompt itself.
import { basename } from "node:path";
import { isGroupAddress4 } from "../proto/group_place.ts";
import type { MtftpTarget } from "./options.ts";
import type { PromptCommand } from "./prompt_command.ts";
import { SETTING_COMMANDS } from "./prompt_settings.ts";
import {
  complain,
  fetchFile,
  type PromptState,
  type RemoteFile,
  sendFile,
  type Server,
} from "./prompt_state.ts";
import { shown } from "./text.ts";
import { TFTP_PORT } from "./url.ts";

/** All commands, in the order of the help. */
export const COMMANDS: readonly PromptCommand[] = [
  {
    names: ["connect"],
    usage: "HOST [PORT]",
    help: "Choose the server.",
    run: connect,
  },
  {
    names: ["get"],
    usage: "[HOST:]FILE [LOCAL]",
    help: "Fetch a file, or several where there are more than two names.",
    run: (state, args) => getFiles(state, args, null),
  },
  {
    names: ["put"],
    usage: "LOCAL [[HOST:]FILE]",
    help: "Send a file, or several to a folder, which is the last name.",
    run: putFiles,
  },
  {
    names: ["mget"],
    usage: "[HOST:]FILE [LOCAL]",
    help: "Fetch by PXE MTFTP, with what the command mtftp has set.",
    run: getByMtftp,
  },
  ...SETTING_COMMANDS,
  {
    names: ["quit", "exit"],
    usage: "",
    help: "Leave. So does the end of the input.",
    run: (state) => {
      state.over = true;
      return true;
    },
  },
  {
    names: ["help", "?"],
    usage: "[COMMAND]",
    help: "Print this list, or the line of a command.",
    run: help,
  },
];

/** Reads a decimal port; null for anything else. */
export function parsePort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : null;
}

function connect(state: PromptState, args: readonly string[]): boolean {
  const [host, portText, ...more] = args;
  const port = portText === undefined ? TFTP_PORT : parsePort(portText);
  if (host === undefined || port === null || more.length > 0) {
    return complain(state, "Usage: connect HOST [PORT]");
  }
  state.server = { host: host.replace(/^\[(.*)\]$/, "$1"), port };
  return true;
}

async function getFiles(
  state: PromptState,
  args: readonly string[],
  mtftp: MtftpTarget | null,
): Promise<boolean> {
  const [first, second, ...more] = args;
  if (first === undefined) {
    const name = mtftp === null ? "get" : "mget";
    return complain(state, `Usage: ${name} [HOST:]FILE [LOCAL], or ${name} FILE FILE FILE...`);
  }
  const several = more.length > 0;
  let fine = true;
  for (const text of several ? args : [first]) {
    const file = remoteFile(state, text);
    if (file === null) fine = false;
    else {
      const output = several ? null : second ?? null;
      fine = await fetchFile(state, file, { output, mtftp }) && fine;
    }
  }
  return fine;
}

async function putFiles(state: PromptState, args: readonly string[]): Promise<boolean> {
  const [first, second, ...more] = args;
  if (first === undefined) {
    return complain(state, "Usage: put LOCAL [[HOST:]FILE], or put LOCAL LOCAL... FOLDER");
  }
  const several = more.length > 0;
  const folder = several ? args.at(-1)! : "";
  let fine = true;
  for (const path of several ? args.slice(0, -1) : [first]) {
    const name = several
      ? `${folder.replace(/\/$/, "")}/${basename(path)}`
      : second ?? basename(path);
    const file = path === "-" ? null : remoteFile(state, name);
    if (path === "-") complain(state, "Standard input holds the commands: name a file");
    fine = file !== null && await sendFile(state, path, file) && fine;
  }
  return fine;
}

function getByMtftp(state: PromptState, args: readonly string[]): boolean | Promise<boolean> {
  const { address, clientPort, serverPort } = state.mtftp;
  if (address === null || serverPort === null || !isGroupAddress4(address)) {
    return complain(state, "Say first where: mtftp ADDRESS:CLIENT-PORT:SERVER-PORT");
  }
  return getFiles(state, args, { address, clientPort, serverPort });
}

/** A name as typed, with the server it is on; null where there is none, which is said. */
function remoteFile(state: PromptState, text: string): RemoteFile | null {
  // A single letter before a colon is a drive.
  const match = /^(?:\[([^\]]+)\]|([\w.-]{2,})):(.+)$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const server: Server | null = host === undefined
    ? state.server
    : { host, port: state.server?.port ?? TFTP_PORT };
  if (server === null) {
    complain(state, `No server for ${shown(text)}: connect to one, or write HOST:FILE`);
    return null;
  }
  return { ...server, name: match?.[3] ?? text };
}

function help(state: PromptState, args: readonly string[]): boolean {
  const [wanted] = args;
  const commands = COMMANDS.filter(({ names }) => wanted === undefined || names.includes(wanted));
  if (commands.length === 0) return complain(state, `Unknown command ${shown(wanted!)}`);
  const heads = commands.map(({ names, usage }) => `${names.join(", ")} ${usage}`.trimEnd());
  const width = Math.max(...heads.map((head) => head.length));
  state.print(commands.map((one, at) => `${heads[at]!.padEnd(width)}  ${one.help}`).join("\n"));
  return true;
}
