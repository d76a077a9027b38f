// Text that comes from the network made safe to print: no terminal obeys it, no line is faked.

// C0, DEL and C1 steer terminals; U+2028 and U+2029 end lines; the others change the direction in
// which the rest of the line is shown, or show nothing at all.
const UNSAFE_CLASS = "\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e" +
  "\\u2060-\\u2069\\ud800-\\udfff\\ufeff";
const UNSAFE = new RegExp(`[${UNSAFE_CLASS}]`);
const UNSAFE_ALL = new RegExp(`[\\ud800-\\udbff][\\udc00-\\udfff]|[${UNSAFE_CLASS}]`, "g");
const NEEDS_QUOTES = new RegExp(`[\\s"${UNSAFE_CLASS}]|^$`);

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** `text` on one line, everything that steers a terminal written as an escape. */
export function plainText(text: string): string {
  if (!UNSAFE.test(text)) return text;
  return text.replace(UNSAFE_ALL, (found) => {
    if (found.length > 1) return found;
    return SHORT[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A name as it is, or quoted and escaped where it could be mistaken for something else. */
export function nameText(name: string): string {
  if (!NEEDS_QUOTES.test(name)) return name;
  return `"${plainText(name.replace(/["\\]/g, "\\$&"))}"`;
}

/** What JSON allows in a string and a terminal does not, as JSON escapes. For whole lines. */
export function safeLine(line: string): string {
  const end = line.endsWith("\n") ? "\n" : "";
  const body = end === "" ? line : line.slice(0, -1);
  return plainText(body) + end;
}
