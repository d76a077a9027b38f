// Chooses the platform at run time, so that each runtime loads its own file only.
import type { Platform } from "./platform.ts";

export type {
  Child,
  NativeBuffer,
  NativeCalls,
  NativeSymbol,
  NativeType,
  Platform,
} from "./platform.ts";

/** The platform of the runtime this is running under. Rejects under any other runtime. */
export async function loadPlatform(): Promise<Platform> {
  if ("Deno" in globalThis) return (await import("./deno.ts")).platform;
  if ("Bun" in globalThis) return (await import("./bun.ts")).platform;
  throw new Error("Cannot call the system library: neither Deno nor Bun");
}
