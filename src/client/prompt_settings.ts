// The commands of the prompt that change how files are moved, and the one that shows it all.
import { isGroupAddress4 } from "../proto/group_place.ts";
import type { PromptCommand } from "./prompt_command.ts";
import { complain, type PromptState } from "./prompt_state.ts";
import { shown } from "./text.ts";

/** In the order of the help. */
export const SETTING_COMMANDS: readonly PromptCommand[] = [
  {
    names: ["mode"],
    usage: "[octet|netascii]",
    help: "Set or show the transfer mode; binary and ascii are the same two.",
    run: (state, [mode]) =>
      mode === undefined ? show(state, modeText(state)) : setMode(state, mode),
  },
  ...["octet", "binary", "netascii", "ascii"].map((mode): PromptCommand => ({
    names: [mode],
    usage: "",
    help: `The same as mode ${mode}.`,
    run: (state) => setMode(state, mode),
  })),
  {
    names: ["blksize"],
    usage: "OCTETS|auto|off",
    help: "Block size to offer (RFC 2348).",
    run: (state, [value]) => setOption(state, "blksize", value),
  },
  {
    names: ["windowsize"],
    usage: "BLOCKS|off",
    help: "Window to offer (RFC 7440).",
    run: (state, [value]) => setOption(state, "windowsize", value),
  },
  {
    names: ["tsize"],
    usage: "[on|off]",
    help: "Ask for or announce the size (RFC 2349).",
    run: (state, [value]) => setOption(state, "tsize", value ?? toggled(state.settings.tsize)),
  },
  {
    names: ["multicast"],
    usage: "[on|off]",
    help: "Offer to receive from a group (RFC 2090).",
    run: (state, [value]) => setOption(state, "multicast", value ?? toggled(state.multicast)),
  },
  {
    names: ["mtftp"],
    usage: "ADDRESS:CLIENT-PORT:SERVER-PORT",
    help: "Where mget receives; also mcast-ip, client-port or server-port and a value.",
    run: setMtftp,
  },
  {
    names: ["interface"],
    usage: "ADDRESS|off",
    help: "Own IPv4 address to receive multicast at.",
    run: (state, [value]) => {
      if (value === undefined) return complain(state, "Usage: interface ADDRESS|off");
      state.interfaceHost = value === "off" ? null : value;
      return true;
    },
  },
  {
    names: ["option"],
    usage: "[NAME [VALUE]]",
    help: "Offer an option, or show all: blksize, windowsize, tsize, timeout, multicast.",
    run: option,
  },
  {
    names: ["disable"],
    usage: "NAME",
    help: "Do not offer this option.",
    run: (state, [name]) => setOption(state, name ?? "", "off"),
  },
  {
    names: ["rexmt"],
    usage: "SECONDS|off",
    help: "Wait so long before a packet is sent again, and offer that (RFC 2349).",
    run: (state, [value]) => setOption(state, "timeout", value),
  },
  {
    names: ["timeout"],
    usage: "SECONDS",
    help: "Give a silent server up after about so long.",
    run: setPatience,
  },
  {
    names: ["verbose"],
    usage: "[on|off]",
    help: "Print figures after each file.",
    run: (state, [value]) =>
      onOff(state, value, state.settings.quiet, (on) => state.settings.quiet = !on),
  },
  {
    names: ["trace"],
    usage: "[on|off]",
    help: "Print each packet.",
    run: (state, [value]) =>
      onOff(state, value, !state.settings.trace, (on) => state.settings.trace = on),
  },
  {
    names: ["status"],
    usage: "",
    help: "Show the server and all settings.",
    run: (state) => show(state, statusText(state)),
  },
];

function setMode(state: PromptState, text: string): boolean {
  switch (text.toLowerCase()) {
    case "octet":
    case "binary":
    case "image":
      state.settings.mode = "octet";
      return true;
    case "netascii":
    case "ascii":
      state.settings.mode = "netascii";
      return true;
  }
  return complain(state, `Mode ${shown(text)} is neither octet nor netascii`);
}

/** "off" takes an option back; "auto" is for blksize only. */
function setOption(state: PromptState, name: string, value: string | undefined): boolean {
  const { settings } = state;
  const number = (min: number, max: number, set: (value: number | null) => void) => {
    const parsed = value === "off" ? null : /^\d{1,6}$/.test(value ?? "") ? Number(value) : -1;
    if (parsed !== null && (parsed < min || parsed > max)) {
      return complain(state, `Option ${name} takes a number from ${min} to ${max}, or off`);
    }
    set(parsed);
    return true;
  };
  switch (name.toLowerCase()) {
    case "blksize":
      if (value === "auto") settings.blksize = "auto";
      return value === "auto" || number(8, 65464, (octets) => settings.blksize = octets);
    case "windowsize":
      return number(1, 65535, (blocks) => settings.windowsize = blocks);
    case "timeout":
      return number(1, 255, (seconds) => settings.timeoutSeconds = seconds);
    case "tsize":
      return onOff(state, value, true, (on) => settings.tsize = on);
    case "multicast":
      return onOff(state, value, true, (on) => state.multicast = on);
  }
  return complain(state, `Option ${shown(name)} is not one of ${OPTION_NAMES.join(", ")}`);
}

const OPTION_NAMES = ["blksize", "windowsize", "tsize", "timeout", "multicast"];

function option(state: PromptState, [name, value]: readonly string[]): boolean {
  if (name === undefined) return show(state, optionTexts(state).join("\n"));
  if (name === "disable") return setOption(state, value ?? "", "off");
  const isSwitch = name === "tsize" || name === "multicast";
  return setOption(state, name, value ?? (isSwitch ? "on" : undefined));
}

/** atftp sets the parameters one by one; one word sets them all. */
function setMtftp(state: PromptState, [name, value]: readonly string[]): boolean {
  const { mtftp } = state;
  const [address, clientPort, serverPort] = (name ?? "").split(":");
  if (serverPort !== undefined) {
    return setMtftpValue(mtftp, "mcast-ip", address!) &&
        setMtftpValue(mtftp, "client-port", clientPort!) &&
        setMtftpValue(mtftp, "server-port", serverPort) ||
      complain(state, `${shown(name!)} is no group with two ports`);
  }
  if (name === undefined) return show(state, mtftpText(state));
  return setMtftpValue(mtftp, name, value ?? "") ||
    complain(state, "Usage: mtftp mcast-ip ADDRESS, client-port PORT or server-port PORT");
}

function setMtftpValue(mtftp: PromptState["mtftp"], name: string, value: string): boolean {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  const isPort = port >= 1 && port <= 65535;
  if (name === "mcast-ip" && isGroupAddress4(value)) mtftp.address = value;
  else if (name === "client-port" && isPort) mtftp.clientPort = port;
  else if (name === "server-port" && isPort) mtftp.serverPort = port;
  else return false;
  return true;
}

/** First waits of the client, and where their doubling ends. */
const FIRST_WAIT_SECONDS = 1;
const WAIT_SECONDS_MAX = 8;

/** The number of repetitions whose waits add up to the time asked for. */
function setPatience(state: PromptState, [value]: readonly string[]): boolean {
  const seconds = /^\d{1,3}$/.test(value ?? "") ? Number(value) : 0;
  if (seconds < 1) return complain(state, "Usage: timeout SECONDS");
  let wait = state.settings.timeoutSeconds ?? FIRST_WAIT_SECONDS;
  let retries = 0;
  for (let waited = wait; waited < seconds; waited += wait) {
    wait = Math.max(Math.min(wait * 2, WAIT_SECONDS_MAX), wait);
    retries++;
  }
  state.settings.retries = retries;
  return true;
}

/** Without a word, `otherwise`. */
function onOff(
  state: PromptState,
  word: string | undefined,
  otherwise: boolean,
  set: (on: boolean) => void,
): boolean {
  if (word !== undefined && word !== "on" && word !== "off") {
    return complain(state, `${shown(word)} is neither on nor off`);
  }
  set(word === undefined ? otherwise : word === "on");
  return true;
}

function toggled(on: boolean): string {
  return on ? "off" : "on";
}

function statusText(state: PromptState): string {
  const { server, settings, interfaceHost } = state;
  return [
    server === null ? "Not connected" : `Connected to ${server.host} port ${server.port}`,
    modeText(state),
    ...optionTexts(state),
    `Repetitions before giving up: ${settings.retries}`,
    mtftpText(state),
    `Interface for multicast: ${interfaceHost ?? "the one to the server"}`,
    `Verbose: ${settings.quiet ? "off" : "on"}, trace: ${settings.trace ? "on" : "off"}`,
  ].join("\n");
}

function modeText({ settings }: PromptState): string {
  return `Mode: ${settings.mode ?? "octet"}`;
}

function mtftpText({ mtftp: { address, clientPort, serverPort } }: PromptState): string {
  return `MTFTP: group ${address ?? "not set"}, client port ${clientPort}, ` +
    `server port ${serverPort ?? "not set"}`;
}

function optionTexts({ settings, multicast }: PromptState): string[] {
  const { blksize, windowsize, tsize, timeoutSeconds } = settings;
  return [
    `Option blksize: ${blksize ?? "off"}`,
    `Option windowsize: ${windowsize ?? "off"}`,
    `Option tsize: ${tsize ? "on" : "off"}`,
    `Option timeout: ${timeoutSeconds ?? "off"}`,
    `Option multicast: ${multicast ? "on" : "off"}`,
  ];
}

function show(state: PromptState, text: string): true {
  state.print(text);
  return true;
}
