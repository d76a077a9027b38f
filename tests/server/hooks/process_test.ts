// Real programs as hooks: what reaches them, what comes back, and that none is left.
import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import type { HooksConfig } from "../../../src/config/config.ts";
import { type HookEnd, startHook } from "../../../src/server/hooks/process.ts";
import { hookFault } from "../../../src/server/hooks/program.ts";
import { type TempTree, withTree } from "../../storage/temp_tree.ts";

const skip = process.platform === "win32";

/** Runs a shell script to its end. */
function run(tree: TempTree, script: string, args: readonly string[] = []): Promise<HookEnd> {
  return startHook({
    program: program(tree, script),
    args,
    env: { BOOTSRV_TRANSFER_NAME: "a b\nc" },
  }).ended;
}

function program(tree: TempTree, script: string): string {
  tree.write("hook", `#!/bin/sh\n${script}\n`);
  chmodSync(tree.path("hook"), 0o755);
  return tree.path("hook");
}

test(
  "a program gets its arguments as they are, its variables and nothing to read",
  { skip },
  () =>
    withTree({}, async (tree) => {
      const script = 'printf "%s|" "$@"; echo "$BOOTSRV_TRANSFER_NAME"; pwd; cat; echo "[$HOME]"';
      const args = ["$(id)", "a b", "*", ""];
      const { fault, output } = await run(tree, script, args);
      assert.equal(fault, "");
      assert.equal(output, "$(id)|a b|*||a b\nc\n/\n[]\n");
    }),
);

test(
  "what it writes comes back, the beginning of it at least",
  { skip },
  () =>
    withTree({}, async (tree) => {
      const { fault } = await run(tree, "echo out; echo err >&2; exit 3");
      assert.equal(fault, "exit code 3");
      const { output } = await run(tree, "head -c 100000 /dev/zero | tr '\\0' x");
      assert.equal(output, "x".repeat(4096));
    }),
);

test(
  "one that cannot be started says why",
  { skip },
  () =>
    withTree({ plain: "text" }, async (tree) => {
      for (const name of ["none", "plain"]) {
        const { fault } = await startHook({ program: tree.path(name), args: [], env: {} }).ended;
        assert.notEqual(fault, "", name);
      }
    }),
);

test(
  "one that is killed takes along what it has started",
  { skip },
  () =>
    withTree({}, async (tree) => {
      const script = "sleep 1000 & sleep 1000";
      const started = startHook({ program: program(tree, script), args: [], env: {} });
      started.kill();
      assert.match((await started.ended).fault, /^killed by SIGKILL$/);
    }),
);

test(
  "what a program leaves behind is not waited for",
  { skip },
  () =>
    withTree({}, async (tree) => {
      const { fault, output } = await run(tree, "sleep 1000 & echo $!");
      assert.equal(fault, "");
      assert.match(output, /^\d+\n$/);
      process.kill(Number(output), "SIGKILL");
    }),
);

test(
  "a hook that is not there or may not be run is found before it is wanted",
  { skip },
  () =>
    withTree({ plain: "text" }, (tree) => {
      const fault = (transferEnd: string) => {
        const config: HooksConfig = { transferEnd, outcomes: [], processesMax: 1, timeoutMs: 1 };
        return hookFault(config).replace(tree.root, "ROOT");
      };
      assert.equal(fault(""), "");
      assert.equal(fault(program(tree, "true")), "");
      const cannot = (name: string) => `Cannot run "ROOT${name}", the "transfer-end" of [hooks]`;
      assert.equal(fault(tree.path("none")), `${cannot("/none")}: it is not there`);
      assert.equal(fault(tree.path("plain")), `${cannot("/plain")}: permission denied`);
      assert.equal(fault(tree.root), `${cannot("")}: it is no file`);
    }),
);
