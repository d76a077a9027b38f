// Chooses the UDP driver, and can say why.
import type { UdpDriver } from "./driver.ts";
import { createLinuxDriver } from "./linux.ts";
import { createPortableDriver } from "./portable.ts";

/** Which driver, and whom it tells what. */
export interface CreateOptions {
  /** "auto" tries the Linux driver first, which blocks its thread. */
  readonly wanted: "auto" | "portable" | "linux";
  /** Told once for each way of sending that turns out to be refused later. */
  readonly onNotice?: (text: string) => void;
  /** Told of each send error: tens of thousands a second, at worst. */
  readonly onFault?: (text: string) => void;
  /** An eventfd that wakes the Linux driver; see `LinuxOptions`. */
  readonly wakeFd?: number;
  /** How long the Linux driver may keep its event loop waiting; see `LinuxOptions`. */
  readonly yieldMs?: number;
}

/** A driver, and one sentence for the start-up banner on which it is and why. */
export interface Created {
  readonly driver: UdpDriver;
  readonly notice: string;
}

/** Makes the wanted driver. Rejects only when "linux" was wanted and cannot be had. */
export async function createDriver(options: CreateOptions): Promise<Created> {
  if (options.wanted === "portable") {
    return { driver: createPortableDriver(options), notice: "Portable UDP driver, as configured" };
  }
  try {
    const driver = await createLinuxDriver(options);
    return { driver, notice: "Linux UDP driver: system calls in batches" };
  } catch (error) {
    if (options.wanted === "linux") throw error;
    const why = error instanceof Error ? error.message : String(error);
    return {
      driver: createPortableDriver(options),
      notice: `Portable UDP driver, because the Linux one cannot be had: ${why}`,
    };
  }
}
