// What the prompt remembers between its commands, and how it runs one transfer with that.
import type { ClientEnvironment } from "./environment.ts";
import { runGet } from "./get.ts";
import type { MtftpTarget, TransferOptions } from "./options.ts";
import { runPut } from "./put.ts";
import { EXIT } from "./session.ts";

/** What get and put do unless told otherwise; the flags of the command line come first. */
export type Settings = { -readonly [K in keyof Omit<TransferOptions, "url">]: TransferOptions[K] };

/** Where files come from and go to. */
export interface Server {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The parameters of `mget`; null for what is not set. */
export interface MtftpSettings {
  address: string | null;
  clientPort: number;
  serverPort: number | null;
}

export interface PromptState {
  server: Server | null;
  readonly settings: Settings;
  multicast: boolean;
  readonly mtftp: MtftpSettings;
  interfaceHost: string | null;
  /** Set by `quit`. */
  over: boolean;
  /** What commands have to say. */
  readonly print: (text: string) => void;
  /** What is wrong with a command. */
  readonly complain: (text: string) => void;
  /** One for each transfer, which closes it. */
  readonly environment: () => ClientEnvironment;
}

/** PXE MTFTP clients receive there by default (atftp). */
const MTFTP_CLIENT_PORT = 76;

/** The state that a prompt begins with. */
export function initialState(
  settings: Settings,
  rest: Pick<PromptState, "server" | "print" | "complain" | "environment">,
): PromptState {
  return {
    ...rest,
    settings,
    multicast: false,
    mtftp: { address: null, clientPort: MTFTP_CLIENT_PORT, serverPort: null },
    interfaceHost: null,
    over: false,
  };
}

/** Says what is wrong with a command: it has failed. */
export function complain(state: PromptState, text: string): false {
  state.complain(text);
  return false;
}

/** One file of one server. */
export interface RemoteFile extends Server {
  readonly name: string;
}

/** Fetches; `output` null means the last part of the name. False where it failed. */
export async function fetchFile(
  state: PromptState,
  file: RemoteFile,
  how: { readonly output: string | null; readonly mtftp: MtftpTarget | null },
): Promise<boolean> {
  const { settings, interfaceHost } = state;
  // In a group there is no window.
  const multicast = state.multicast && how.mtftp === null;
  const code = await runGet({
    ...settings,
    ...how,
    url: urlOf(file),
    windowsize: multicast ? null : settings.windowsize,
    multicast,
    interfaceHost: multicast || how.mtftp !== null ? interfaceHost : null,
  }, state.environment());
  return code === EXIT.done;
}

/** Sends; false where it failed. */
export async function sendFile(
  state: PromptState,
  path: string,
  file: RemoteFile,
): Promise<boolean> {
  const options = { ...state.settings, url: urlOf(file), file: path };
  return await runPut(options, state.environment()) === EXIT.done;
}

function urlOf({ host, port, name }: RemoteFile): string {
  const authority = host.includes(":") ? `[${host.replace("%", "%25")}]` : host;
  return `tftp://${authority}:${port}/${encodeURIComponent(name)}`;
}
