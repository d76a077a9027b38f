// From the system's words for a refused bind to ours.
import { BindError } from "./driver.ts";

const REASONS: Readonly<Record<string, BindError["reason"]>> = {
  EACCES: "denied",
  EPERM: "denied",
  EADDRINUSE: "in-use",
  EADDRNOTAVAIL: "unavailable",
  EAFNOSUPPORT: "no-family",
  // Deno's own classes, where it checks before it asks the system.
  PermissionDenied: "denied",
  NotCapable: "denied",
  AddrInUse: "in-use",
  AddrNotAvailable: "unavailable",
};

/** The error that `bind` rejects with; `cause` has the system's name in `code` or `name`. */
export function bindError(where: { host: string; port: number }, cause: unknown): BindError {
  const { code, name } = cause as { readonly code?: string; readonly name?: string };
  return new BindError(where, REASONS[code ?? ""] ?? REASONS[name ?? ""] ?? "other", cause);
}
