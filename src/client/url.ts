// The URLs that get and put understand: tftp:// as in RFC 3617 and http://. Names leave here
// decoded and in one piece; nothing is looked up.
import { shown } from "./text.ts";

/** A file on a TFTP server. */
export interface TftpUrl {
  readonly kind: "tftp";
  /** A name, or an address without brackets, with its zone if it has one. */
  readonly host: string;
  readonly port: number;
  /** What the request will carry: the slash after the host is not part of it. */
  readonly name: string;
  /** The mode of `;mode=`, or null. */
  readonly mode: "octet" | "netascii" | null;
}

/** A file on an HTTP server. */
export interface HttpUrl {
  readonly kind: "http";
  readonly url: URL;
  /** The decoded path without its first slash. */
  readonly name: string;
}

/** No URL of ours; `reason` is a whole message. */
export interface BadUrl {
  readonly kind: "bad";
  readonly reason: string;
}

export const TFTP_PORT = 69;

/** Reads a URL as typed on a command line. */
export function parseUrl(text: string): TftpUrl | HttpUrl | BadUrl {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  switch (scheme) {
    case "tftp":
      return parseTftp(text);
    case "http":
      return parseHttp(text);
    case undefined:
      return bad(text, "write it as tftp://HOST/NAME or http://HOST/NAME");
    default:
      return bad(text, `scheme "${scheme}" is neither tftp nor http`);
  }
}

/** The file name that a download goes to by default; null where the name has none to offer. */
export function localName(name: string): string | null {
  const last = name.split(/[/\\]/).at(-1)!;
  return last === "" || last === "." || last === ".." || last.includes("\0") ? null : last;
}

function parseTftp(text: string): TftpUrl | BadUrl {
  const [, authority = "", rest = ""] = /^tftp:\/\/([^/]*)\/?(.*)$/is.exec(text) ?? [];
  if (authority.includes("@")) return bad(text, "TFTP knows no user and no password");
  const where = parseAuthority(authority);
  if (typeof where === "string") return bad(text, where);
  const [, path = "", type] = /^(.*?)(?:;mode=([^;]*))?$/is.exec(rest) ?? [];
  const mode = type?.toLowerCase() ?? null;
  if (mode !== null && mode !== "octet" && mode !== "netascii") {
    return bad(text, `mode "${type}" is neither octet nor netascii`);
  }
  const name = decode(path);
  if (name === null) return bad(text, 'a "%" must begin the two digits of an octet, in UTF-8');
  if (name === "") return bad(text, "it names no file");
  if (name.includes("\0")) return bad(text, "a name cannot hold NUL");
  return { kind: "tftp", ...where, name, mode };
}

/** Host and port of an authority, or what is wrong with it. */
function parseAuthority(authority: string): { host: string; port: number } | string {
  const literal = /^\[([0-9a-f:.]+)(?:(?:%25|%)([\w.-]+))?\](?::(.*))?$/i.exec(authority);
  const plain = /^([\w.-]+)(?::(.*))?$/.exec(authority);
  if (literal === null && plain === null) {
    if (authority === "") return "it names no host";
    if (/^[0-9a-f:]+$/i.test(authority)) return "an IPv6 address needs brackets";
    return `"${authority}" is no host`;
  }
  const portText = literal === null ? plain![2] : literal[3];
  const port = portText === undefined ? TFTP_PORT : decimalPort(portText);
  if (port === null) return `"${portText}" is no port from 1 to 65535`;
  if (literal === null) return { host: plain![1]!, port };
  const [, address, zone] = literal;
  return { host: zone === undefined ? address! : `${address}%${zone}`, port };
}

function decimalPort(text: string): number | null {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : null;
}

function parseHttp(text: string): HttpUrl | BadUrl {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return bad(text, "it cannot be understood");
  }
  if (url.username !== "" || url.password !== "") {
    return bad(text, "user and password are not supported");
  }
  return { kind: "http", url, name: decode(url.pathname.slice(1)) ?? url.pathname.slice(1) };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function bad(text: string, why: string): BadUrl {
  return { kind: "bad", reason: `Cannot use URL ${shown(text)}: ${why}` };
}
