// What `--version` says.
import process from "node:process";
import project from "../../deno.json" with { type: "json" };

/** The version of this program: "0.1.0". */
export const VERSION: string = project.version;

/** "bootsrv 0.1.0 (Deno 2.9.6, linux x64)". */
export function versionLine(): string {
  const { bun, deno } = process.versions;
  const runtime = deno === undefined ? `Bun ${bun}` : `Deno ${deno}`;
  return `bootsrv ${VERSION} (${runtime}, ${process.platform} ${process.arch})`;
}
