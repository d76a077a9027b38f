// How the server stands with a service manager that started it: the notices, and the watchdog,
// which is fed only as long as every thread answers.
import process from "node:process";
import { type Notifier, openNotifier, SILENT_NOTIFIER } from "../sys/notify.ts";

/** Tells the manager; without one, nothing. */
export interface ServiceManager extends Pick<Notifier, "ready" | "reloading"> {
  /** Feeds the watchdog, if there is one, each time `answers` has resolved. */
  watch(answers: () => Promise<void>): void;
  stopping(): void;
  close(): void;
}

/** Opens the way to the manager; `warn` is told where there should be one and is none. */
export async function openServiceManager(warn: (text: string) => void): Promise<ServiceManager> {
  let notifier = SILENT_NOTIFIER;
  try {
    notifier = await openNotifier(process.env, process.pid);
  } catch (error) {
    warn(`Cannot tell the service manager that all is well: ${(error as Error).message}`);
  }
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    ...notifier,
    watch(answers) {
      const { watchdogMs } = notifier;
      if (watchdogMs === null) return;
      // Thrice in the time allowed, so that one late answer is not the end.
      timer = setInterval(() => void answers().then(() => notifier.alive()), watchdogMs / 3);
    },
    close() {
      clearInterval(timer);
      notifier.close();
    },
  };
}
