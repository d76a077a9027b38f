// From the configuration of another TFTP server to ours: which importer is for which daemon.
import { importAtftpd } from "./atftpd.ts";
import { importDnsmasq } from "./dnsmasq.ts";
import { importHpa } from "./hpa.ts";
import type { Imported, ImportInput } from "./imported.ts";

/** The daemons whose configuration can be imported. */
export const DAEMONS = ["atftpd", "tftpd-hpa", "dnsmasq"] as const;

/** The name of such a daemon. */
export type DaemonName = typeof DAEMONS[number];

/** Makes TOML that behaves as the daemon does, and names what has no equal. */
export function importFrom(daemon: DaemonName, input: ImportInput): Imported {
  switch (daemon) {
    case "atftpd":
      return importAtftpd(input);
    case "tftpd-hpa":
      return importHpa(input);
    case "dnsmasq":
      return importDnsmasq(input);
  }
}
