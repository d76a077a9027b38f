// Which boot file a DHCP server has to give to which machine, so that it fits a configuration and
// the loaders in its tree. Knows no DHCP server: their words are in the files beside this one.
import type { Config, MtftpConfig } from "../config/config.ts";
import type { Loader, Platform, Survey } from "../storage/loaders.ts";
import { type ByteOrder, mtftpOptions, type SubOption } from "./pxe_options.ts";

/** What machines of one kind are told. */
export interface BootRule {
  /** A short name for tags and classes. */
  readonly label: string;
  readonly platform: Platform | "iPXE";
  /** What option 60 begins with; the server has to send the same back. Null for iPXE. */
  readonly vendor: "PXEClient" | "HTTPClient" | null;
  /** Values of option 93 (RFC 4578); empty means any. */
  readonly architectures: readonly number[];
  /** A file name, or a URL. */
  readonly file: string;
  /** Sub-options of option 43; empty for none. */
  readonly option43: readonly SubOption[];
}

export interface Plan {
  /** Numeric address of the server: options 54, 66 and next-server. */
  readonly server: string;
  /** iPXE first, which else matches the rule of the machine it runs on. */
  readonly rules: readonly BootRule[];
  /** Sentences the operator should read. */
  readonly notes: readonly string[];
}

export interface PlanOptions {
  readonly config: Pick<Config, "tftp" | "http" | "mtftp">;
  readonly server: string;
  readonly survey: Pick<Survey, "loaders" | "ipxeScripts">;
  readonly byteOrder: ByteOrder;
}

/** Makes the plan. */
export function planBoot({ config, server, survey, byteOrder }: PlanOptions): Plan {
  const url = config.http.port === null ? null : httpUrl(server, config.http.port);
  const loaders = survey.loaders.filter(({ file }) => isPlain(file));
  const best = bestLoaders(loaders);
  const rules: BootRule[] = [];
  const script = survey.ipxeScripts.find(isPlain);
  if (script !== undefined && best.some(({ file }) => /ipxe|undionly|snponly/i.test(file))) {
    const file = url === null ? `tftp://${server}/${encodePath(script)}` : url(script);
    rules.push(
      { label: "ipxe", platform: "iPXE", vendor: null, architectures: [], file, option43: [] },
    );
  }
  for (const { platform, file } of best) {
    const { label, tftp, http } = ARCHITECTURES[platform];
    const entry = config.mtftp.find((one) => sameFile(one, file));
    const option43 = entry === undefined ? [] : mtftpOptions(entry, byteOrder);
    const pxe = { platform, vendor: "PXEClient", option43 } as const;
    if (config.tftp.port !== null) rules.push({ ...pxe, label, architectures: tftp, file });
    if (url === null || http.length === 0) continue;
    rules.push({
      label: `${label}-http`,
      platform,
      vendor: "HTTPClient",
      architectures: http,
      file: url(file),
      option43: [],
    });
  }
  return { server, rules, notes: notesOn(config, loaders, best) };
}

/** RFC 4578 and the registry that came after it, for PXE and for HTTP boot. */
const ARCHITECTURES: Readonly<
  Record<Platform, { label: string; tftp: readonly number[]; http: readonly number[] }>
> = {
  "BIOS": { label: "bios", tftp: [0], http: [20] },
  "IA32 UEFI": { label: "ia32", tftp: [6], http: [15] },
  // 9 was meant for byte code; old ROMs of x64 machines send it.
  "x64 UEFI": { label: "x64", tftp: [7, 9], http: [16] },
  "ARM32 UEFI": { label: "arm32", tftp: [10], http: [18] },
  "ARM64 UEFI": { label: "arm64", tftp: [11], http: [19] },
  "RISC-V 64 UEFI": { label: "riscv64", tftp: [27], http: [28] },
  "LoongArch 64 UEFI": { label: "loongarch64", tftp: [39], http: [40] },
  "Raspberry Pi": { label: "rpi", tftp: [41], http: [] },
};

const TFTP_PORT = 69;

function bestLoaders(loaders: readonly Loader[]): Loader[] {
  return loaders.filter(({ platform }, at) =>
    loaders.findIndex((other) => other.platform === platform) === at
  );
}

function notesOn(
  { tftp, mtftp }: PlanOptions["config"],
  loaders: readonly Loader[],
  best: readonly Loader[],
): string[] {
  const notes: string[] = [];
  if (loaders.length === 0) notes.push("No boot loader known by its name lies in the tree");
  if (tftp.port !== null && tftp.port !== TFTP_PORT) {
    notes.push(`Machines ask port ${TFTP_PORT} by TFTP, the server listens on ${tftp.port}`);
  }
  for (const { platform, file } of best) {
    const others = loaders.filter((other) => other.platform === platform && other.file !== file);
    if (others.length === 0) continue;
    const names = others.map((other) => `"${other.file}"`).slice(0, OTHERS_MAX).join(", ");
    notes.push(`${platform} could have ${names} as well as "${file}"`);
  }
  for (const entry of mtftp) {
    if (best.some(({ file }) => sameFile(entry, file))) continue;
    notes.push(`The MTFTP file ${JSON.stringify(entry.file)} is none of these boot files`);
  }
  return notes;
}

/** Alternatives named in a note. */
const OTHERS_MAX = 5;

/** Others could say more to a DHCP server than a name, or be cut short by it. */
function isPlain(file: string): boolean {
  return /^[\w.+~/-]+$/.test(file);
}

function sameFile({ file }: MtftpConfig, other: string): boolean {
  return file.replace(/^\/+/, "") === other;
}

function httpUrl(server: string, port: number): (file: string) => string {
  const place = port === 80 ? server : `${server}:${port}`;
  return (file) => `http://${place}/${encodePath(file)}`;
}

function encodePath(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}
