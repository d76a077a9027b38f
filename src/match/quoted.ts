// Names within sentences: where one ends is to be seen, whatever is in it.

const AMBIGUOUS = /"|\\$/;

/**
 * The text in quotation marks. Its own are escaped by a backslash, and then its backslashes, too:
 * a name of Windows without quotation marks reads as it is.
 */
export function quoted(text: string): string {
  return AMBIGUOUS.test(text) ? `"${text.replace(/["\\]/g, "\\$&")}"` : `"${text}"`;
}
