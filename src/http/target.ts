// From a request target (RFC 9112 §3.2) to the name the client asks for. Percent-decoding is done
// here, once; whether the name is acceptable is for resolve/name.ts to say.
import { quoted } from "../match/quoted.ts";

/** A name as TFTP would have it: the path without its first "/". */
export type Target =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "bad"; readonly detail: string };

/** The path of a target, still escaped: no scheme, authority, query or fragment. */
export function targetPath(target: string): string {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target);
  const rest = origin === null ? target : target.slice(origin[0].length);
  const end = rest.search(/[?#]/);
  const path = end === -1 ? rest : rest.slice(0, end);
  return path === "" && origin !== null ? "/" : path;
}

/**
 * The name in a target. Only the one "/" that belongs to the URL is taken off, so that "//x" and
 * "/x" go through the same checks as the TFTP names "/x" and "x".
 */
export function parseTarget(target: string): Target {
  const path = targetPath(target);
  if (!path.startsWith("/")) {
    return { kind: "bad", detail: `Target ${quoted(target)} is not a path` };
  }
  const name = percentDecode(path.slice(1));
  if (name === null) return { kind: "bad", detail: `Target ${quoted(target)} has a broken escape` };
  return { kind: "name", name };
}

/** `name` as the path of a URL on this server, every part escaped. */
export function namePath(name: string): string {
  return "/" + name.split("/").map((part) => encodeURIComponent(part.toWellFormed())).join("/");
}

/** UTF-8 where that is valid, else Latin-1, as names in TFTP are read; null for a bad escape. */
function percentDecode(text: string): string | null {
  if (!text.includes("%")) return text;
  if (/%(?![0-9a-f]{2})/i.test(text)) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  }
}
