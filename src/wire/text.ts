// Text on the wire. Names are bytes in TFTP: valid UTF-8 is read as such, anything else as
// Latin-1, so that every byte string has a name and no client is refused for its alphabet.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();
const ASCII_MAX = 0x7f;

/** The text of `bytes`: UTF-8 where that is valid, Latin-1 where it is not. Never throws. */
export function decodeText(bytes: Uint8Array): string {
  // Almost every name is short and ASCII, where a decoder's call costs more than its work.
  if (isAscii(bytes)) return latin1(bytes);
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

/** `text` as UTF-8, in fresh bytes, without a final NUL. */
export function encodeText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > ASCII_MAX) return utf8.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > ASCII_MAX) return false;
  return true;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
