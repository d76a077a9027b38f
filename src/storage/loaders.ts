// What lies in a tree: how much, and which boot loaders for which machines. Files are known by
// their names, as they are used in the field.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { folderFault } from "./disk_faults.ts";
import { realPath } from "./real_path.ts";

/** A kind of machine that boots from the network. */
export type Platform =
  | "BIOS"
  | "x64 UEFI"
  | "IA32 UEFI"
  | "ARM64 UEFI"
  | "ARM32 UEFI"
  | "RISC-V 64 UEFI"
  | "LoongArch 64 UEFI"
  | "Raspberry Pi";

export interface Loader {
  readonly platform: Platform;
  /** Relative to the root. */
  readonly file: string;
  /** Lower is better where a tree has several for one platform. */
  readonly rank: number;
}

export interface Survey {
  /** The root without links. */
  readonly real: string;
  readonly files: number;
  readonly bytes: number;
  /** The best of each platform first. */
  readonly loaders: readonly Loader[];
  /** Scripts for iPXE, relative to the root, the likeliest first. */
  readonly ipxeScripts: readonly string[];
  /** False where the tree has more than was looked at. */
  readonly complete: boolean;
}

/**
 * Looks through the tree, until `over` is aborted. Rejects with a message that names the root where
 * it cannot be read.
 */
export async function surveyTree(root: string, over?: AbortSignal): Promise<Survey> {
  const found: Found = { files: 0, bytes: 0, loaders: [], scripts: [], over };
  let real: string;
  try {
    real = realPath(root);
    await walk(real, "", found);
  } catch (error) {
    const where = `Cannot read root "${root}" (key "root", flag --root)`;
    throw new Error(`${where}: ${folderFault(error)}`, { cause: error });
  }
  const depth = (file: string) => file.split("/").length;
  const near = (a: string, b: string) => depth(a) - depth(b) || (a < b ? -1 : 1);
  return {
    real,
    files: found.files,
    bytes: found.bytes,
    loaders: found.loaders.sort((a, b) => a.rank - b.rank || near(a.file, b.file)),
    ipxeScripts: found.scripts.sort((a, b) => scriptRank(a) - scriptRank(b) || near(a, b)),
    complete: !isEnough(found),
  };
}

/** Files looked at. */
const FILES_MAX = 20_000;

/** By file name, for each platform from the most general loader to the most special. */
const LOADERS: readonly (readonly [Platform, readonly RegExp[]])[] = [
  ["BIOS", [
    /^undionly\.k?pxe$/i,
    /^ipxe\.k?pxe$/i,
    /^lpxelinux\.0$/i,
    /^pxelinux\.0$/i,
    /^(grubpc|core)\.0$/i,
    /^wdsnbp\.com$/i,
  ]],
  ["IA32 UEFI", [/^(ipxe|snponly)[^/]*(ia32|i386)[^/]*\.efi$/i, /(ia32|i386)[^/]*\.efi$/i]],
  ["ARM64 UEFI", [
    /^(ipxe|snponly)[^/]*(aa64|arm64|aarch64)[^/]*\.efi$/i,
    /^shim(aa64|arm64)?[^/]*(aa64|arm64|aarch64)[^/]*\.efi$/i,
    /(aa64|arm64|aarch64)[^/]*\.efi$/i,
  ]],
  ["ARM32 UEFI", [/(arm32|bootarm)[^/]*\.efi$/i]],
  ["RISC-V 64 UEFI", [/riscv64[^/]*\.efi$/i]],
  ["LoongArch 64 UEFI", [/loong(arch)?64[^/]*\.efi$/i]],
  ["x64 UEFI", [
    /^ipxe(-?(x64|x86_64))?\.efi$/i,
    /^snponly(-?(x64|x86_64))?\.efi$/i,
    /^shim(x64)?\.efi$/i,
    /^bootx64\.efi$/i,
    /^grub(x64)?\.efi$/i,
    /(x64|x86_64)[^/]*\.efi$/i,
  ]],
  ["Raspberry Pi", [/^bootcode\.bin$/i, /^start4?\.elf$/i]],
];
const SCRIPTS: readonly RegExp[] = [/^boot\.ipxe$/i, /^(autoexec|menu|default|index)\.ipxe$/i];

interface Found {
  files: number;
  bytes: number;
  readonly loaders: Loader[];
  readonly scripts: string[];
  readonly over: AbortSignal | undefined;
}

function isEnough({ files, over }: Found): boolean {
  return files >= FILES_MAX || over?.aborted === true;
}

async function walk(root: string, folder: string, found: Found): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    if (isEnough(found)) return;
    const file = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) await walk(root, file, found).catch(() => {});
    else if (entry.isFile()) {
      found.files++;
      found.bytes += (await stat(join(root, file)).catch(() => null))?.size ?? 0;
      const loader = loaderOf(entry.name, file);
      if (loader !== null) found.loaders.push(loader);
      if (/\.ipxe$/i.test(entry.name)) found.scripts.push(file);
    }
  }
}

function loaderOf(name: string, file: string): Loader | null {
  for (const [platform, patterns] of LOADERS) {
    const rank = patterns.findIndex((pattern) => pattern.test(name));
    if (rank >= 0) return { platform, file, rank };
  }
  return null;
}

function scriptRank(file: string): number {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const rank = SCRIPTS.findIndex((pattern) => pattern.test(name));
  return rank < 0 ? SCRIPTS.length : rank;
}
