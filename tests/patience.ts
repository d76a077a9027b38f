// Waiting and trying again, for tests on a machine that may stand still for seconds at any moment.
import assert from "node:assert/strict";

/** What has not come true by then never will. */
export const PATIENCE_MS = 60_000;
const LOOK_MS = 2;
const TRIES_MAX = 10;

/** Resolves once the condition holds, looked at again and again; fails if it never does. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!condition()) {
    assert(performance.now() < end, "the condition never came true");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/**
 * Plays a scene that may fail for a reason of the machine's (a stall, another process that takes a
 * port), until it passes once; what is broken fails every time.
 */
export async function eventually(scene: () => void | Promise<void>): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return await scene();
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
    }
  }
}
