// Media types by suffix. Firmware compares them exactly: there is never a charset.
import mime from "mime";

/** EDK2's HttpBootDxe boots by these three; what the registry says of them does not count. */
const BOOT_TYPES: Readonly<Record<string, string>> = {
  efi: "application/efi",
  iso: "application/vnd.efi-iso",
  img: "application/vnd.efi-img",
};

/** Text that people read in a browser when something does not boot. */
const TEXT_SUFFIXES = new Set(["cfg", "conf", "ipxe", "ks", "preseed", "menu", "log"]);

/** The media type of a file, by the last suffix of its name. */
export function contentTypeOf(name: string): string {
  const suffix = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  if (Object.hasOwn(BOOT_TYPES, suffix)) return BOOT_TYPES[suffix]!;
  if (TEXT_SUFFIXES.has(suffix)) return "text/plain";
  return (suffix === "" ? null : mime.getType(`x.${suffix}`)) ?? "application/octet-stream";
}
