// How many hooks run, how long, and what the log says of them: in virtual time.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HooksConfig } from "../../../src/config/config.ts";
import type { Report } from "../../../src/resolve/report.ts";
import type { HookEnd } from "../../../src/server/hooks/process.ts";
import { Hooks } from "../../../src/server/hooks/hooks.ts";
import { REPORT } from "../report.ts";

const MOVED: Report = { ...REPORT, path: "/srv/x" };
const FINE: HookEnd = { fault: "", output: "" };

interface Running {
  readonly name: string;
  readonly program: string;
  killed: boolean;
  end(end: HookEnd): Promise<void>;
}

/** Hooks with programs that run until they are told to end, and a clock that is turned by hand. */
function bench(config: Partial<HooksConfig> = {}) {
  const settings: HooksConfig = {
    ...{ transferEnd: "/bin/hook", outcomes: ["done"], processesMax: 2, timeoutMs: 5000 },
    ...config,
  };
  const log: string[] = [];
  const running: Running[] = [];
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  let now = 0;
  const hooks = new Hooks(settings, {
    debug: (text) => log.push(`debug: ${text}`),
    warning: (text) => log.push(`warning: ${text}`),
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    start({ program, env }) {
      const ended = Promise.withResolvers<HookEnd>();
      const one: Running = {
        ...{ name: env.BOOTSRV_TRANSFER_NAME ?? "", program, killed: false },
        async end(end) {
          running.splice(running.indexOf(one), 1);
          ended.resolve(end);
          await settled();
        },
      };
      running.push(one);
      return { ended: ended.promise, kill: () => one.killed = true };
    },
  });
  return {
    ...{ hooks, log, running, settings, timers },
    ended: (...names: string[]) => hooks.add(names.map((name) => ({ ...MOVED, name }))),
    names: () => running.map(({ name }) => name).join(" "),
    pass(ms: number) {
      now += ms;
      for (const timer of [...timers]) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.run();
      }
    },
  };
}

/** What waits for promises has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("so many run at a time, the others in the order in which they came", async () => {
  const { ended, names, running, log } = bench();
  ended("a", "b", "c");
  ended("d");
  assert.equal(names(), "a b");
  await running[1]!.end(FINE);
  assert.equal(names(), "a c");
  await running[0]!.end({ fault: "", output: " hello\n" });
  assert.equal(names(), "c d");
  assert.deepEqual(log, [
    'debug: Hook "/bin/hook" for read of "b" by 10.0.0.1 ran 0.0 s',
    'debug: Hook "/bin/hook" for read of "a" by 10.0.0.1 ran 0.0 s: hello',
  ]);
});

test("one that takes too long is killed, one that fails is a line in the log", async () => {
  const { ended, names, running, log, pass, timers } = bench({ processesMax: 1 });
  ended("slow", "bad");
  pass(4999);
  assert.equal(running[0]!.killed, false);
  pass(1);
  assert.equal(running[0]!.killed, true);
  await running[0]!.end({ fault: "killed by SIGKILL", output: "" });
  assert.equal(names(), "bad");
  await running[0]!.end({ fault: "exit code 3", output: "no\nroom\n" });
  assert.deepEqual(log, [
    'warning: Hook "/bin/hook" for read of "slow" by 10.0.0.1 failed, killed after 5 s',
    'warning: Hook "/bin/hook" for read of "bad" by 10.0.0.1 failed, exit code 3: no room',
  ]);
  assert.equal(timers.size, 0);
});

test("the queue has an end; what is dropped is told once a minute", () => {
  const { ended, log, pass } = bench({ processesMax: 1 });
  ended(...Array.from({ length: 1003 }, (_, index) => `f${index}`));
  pass(1);
  ended("g");
  const dropped = (name: string) =>
    `warning: Hook "/bin/hook" for read of "${name}" by 10.0.0.1 dropped: 1000 wait`;
  assert.deepEqual(log, [dropped("f1001")]);
  pass(60_000);
  ended("h");
  assert.equal(log[1], `${dropped("h")} (2 more since the last one)`);
});

test("a reload holds for transfers that end after it", async () => {
  const { hooks, ended, running, settings } = bench({ processesMax: 1 });
  ended("a", "b");
  hooks.configure({ ...settings, transferEnd: "/bin/other", processesMax: 3 });
  ended("c");
  assert.deepEqual(running.map(({ program }) => program), [
    ...["/bin/hook", "/bin/hook", "/bin/other"],
  ]);
  hooks.configure({ ...settings, transferEnd: "" });
  ended("d");
  await running[0]!.end(FINE);
  assert.equal(running.length, 2);
});

test("the end of the server waits a moment for what is still to run", async () => {
  const { hooks, ended, running, log } = bench({ processesMax: 1 });
  ended("a", "b");
  let stopped = false;
  const stopping = hooks.stop().then(() => stopped = true);
  await running[0]!.end(FINE);
  assert.equal(stopped, false);
  await running[0]!.end(FINE);
  await stopping;
  assert.deepEqual(log.filter((line) => line.startsWith("warning")), []);
  await bench().hooks.stop();
});

test("what does not end by then is killed, what waits is dropped", async () => {
  const { hooks, ended, running, log, pass } = bench({ processesMax: 1 });
  ended("a", "b");
  const stopping = hooks.stop();
  pass(3000);
  await stopping;
  assert.equal(running[0]!.killed, true);
  assert.deepEqual(log, ["warning: Hooks: 2 not run to their end, the server stops"]);
});
