// From what a client typed to a relative file name that is safe to join to a root. This is the
// only place that can make a `FileName`. Checked before and again after every rewrite.
// Nothing is decoded here: HTTP has undone its percent signs, and TFTP has none to undo.
declare const fileName: unique symbol;

/** Checked and relative: no leading "/", no "." or ".." part, no NUL, no control character. */
export type FileName = string & { readonly [fileName]: true };

/** Longest name in octets of UTF-8; PATH_MAX of Linux less room for the root. */
export const NAME_BYTES_MAX = 3072;
/** Longest part of a name in octets of UTF-8 (NAME_MAX of Linux). */
export const PART_BYTES_MAX = 255;

/** `directory` tells that the client's name ended in "/", which no regular file's name does. */
export type NameCheck =
  | { readonly kind: "name"; readonly name: FileName; readonly directory: boolean }
  | { readonly kind: "bad"; readonly detail: string };

/**
 * Makes a client's text a file name: "\" becomes "/", a drive such as "C:" is taken off, empty and
 * "." parts are left out. A ".." part is refused, never resolved: no honest client sends one, and
 * a link on the way would make the answer wrong. Checking a checked name changes nothing.
 */
export function checkName(text: string): NameCheck {
  if (text.length <= PART_BYTES_MAX && PLAIN.test(text)) {
    return { kind: "name", name: text as FileName, directory: false };
  }
  if (text.length > NAME_BYTES_MAX) return bad(`is longer than ${NAME_BYTES_MAX} octets`);
  if (CONTROL.test(text)) return bad("holds a control character");
  if (LONE_SURROGATE.test(text)) return bad("is not valid Unicode");
  const slashed = text.replaceAll("\\", "/");
  const parts: string[] = [];
  for (const written of slashed.split("/")) {
    const part = parts.length === 0 ? withoutDrive(written) : written;
    if (part === "" || part === ".") continue;
    if (part === "..") return bad('holds a ".." part');
    if (utf8Bytes(part) > PART_BYTES_MAX) {
      return bad(`has a part longer than ${PART_BYTES_MAX} octets`);
    }
    parts.push(part);
  }
  const name = parts.join("/");
  if (name === "") return bad("is empty");
  if (utf8Bytes(name) > NAME_BYTES_MAX) return bad(`is longer than ${NAME_BYTES_MAX} octets`);
  return { kind: "name", name: name as FileName, directory: /\/\.?$/.test(slashed) };
}

// Nearly every name is of this kind, and passes with one linear test.
const PLAIN = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;
// C0, DEL and C1: the last would reach a terminal as escape sequences.
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

// More than one, so that the second check of a name finds nothing left to take off.
function withoutDrive(part: string): string {
  return part.replace(/^(?:[A-Za-z]:)+/, "");
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // Each half of a surrogate pair is counted as two of its four octets.
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}

function bad(detail: string): NameCheck {
  return { kind: "bad", detail };
}
