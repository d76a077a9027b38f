// Names of uploads in progress. They lie beside the files they will become, so every store hides
// them and every upload refuses to be called so.

const PART = /(?:^|\/)\.bootsrv-[^/]*\.part$/i;

/** Whether this is the name of an upload in progress, or of one that a crash left behind. */
export function isPartName(name: string): boolean {
  return PART.test(name);
}

/** The name of a temporary file; `token` makes it unique. */
export function partName(token: string): string {
  return `.bootsrv-${token}.part`;
}
