// Debian packages for the tests: installed when we are root, or unpacked below a directory
// without installing (packages that conflict, or that would start a daemon).
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run, type RunResult, which } from "./command.ts";
import { CACHE, isRoot, UNPACKED } from "./project.ts";

/** Installs packages; gives null or the reason why it could not. */
export async function aptInstall(packages: readonly string[]): Promise<string | null> {
  if (which("apt-get") === null) return "there is no apt-get";
  if (!isRoot()) return "installing needs root";
  const install = () =>
    apt(["install", "-y", "-qq", "--no-install-recommends", ...packages], 300_000);
  let result = await install();
  // A fresh container has no package lists, or old ones.
  if (result.code !== 0 && await aptUpdate()) result = await install();
  return result.code === 0 ? null : lastLine(result);
}

/** Unpacks a package below `into`, whole or not at all; gives null or the reason why not. */
export async function aptUnpack(name: string, into: string): Promise<string | null> {
  if (which("apt-get") === null) return "there is no apt-get";
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "download-"));
  try {
    const download = () => run("apt-get", ["download", "-qq", name], { ...QUIET, cwd: folder });
    let result = await download();
    if (result.code !== 0 && isRoot() && await aptUpdate()) result = await download();
    const file = readdirSync(folder).find((entry) => entry.endsWith(".deb"));
    if (file === undefined) return lastLine(result);
    result = await run("dpkg", ["-x", join(folder, file), into], { timeoutMs: 120_000 });
    return result.code === 0 ? null : lastLine(result);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Installs the libraries that a package depends on, for one that is unpacked instead of installed;
 * gives null or the reason why it could not.
 */
export async function aptInstallLibraries(name: string): Promise<string | null> {
  if (which("apt-cache") === null) return "there is no apt-cache";
  const listed = await run("apt-cache", ["depends", "--important", name], QUIET);
  const libraries = [...listed.output.matchAll(/Depends: (lib\S+)/g)].map((match) => match[1]!);
  return libraries.length === 0 ? null : await aptInstall(libraries);
}

/** Whether every shared library that a program names is there. */
export async function findsItsLibraries(path: string): Promise<boolean> {
  const { code, output } = await run("ldd", [path]);
  return code === 0 && !output.includes("not found");
}

/** Path of a program of a package that setup has unpacked, or null. */
export function unpackedProgram(name: string, program: string): string | null {
  const folders = ["usr/sbin", "usr/bin", "sbin", "bin"];
  const paths = folders.map((folder) => join(UNPACKED, name, folder, program));
  return paths.find((path) => existsSync(path)) ?? null;
}

const QUIET = { env: { DEBIAN_FRONTEND: "noninteractive" }, timeoutMs: 300_000 };

async function aptUpdate(): Promise<boolean> {
  return (await apt(["update", "-qq"], 120_000)).code === 0;
}

function apt(args: readonly string[], timeoutMs: number): Promise<RunResult> {
  return run("apt-get", args, { ...QUIET, timeoutMs });
}

function lastLine(result: RunResult): string {
  return result.output.trim().split("\n").at(-1) ?? `exit status ${result.code}`;
}
