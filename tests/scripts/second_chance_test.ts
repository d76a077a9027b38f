// Files with real clocks that failed run once more while the allowance lasts; what is broken fails
// all the same.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Allowance, runStage, type Stage } from "../../scripts/lib/stage.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { PATIENCE_MS } from "../patience.ts";

const CLOCK = "./tests/clock_test.ts";
const PURE = "./tests/pure_test.ts";

/**
 * A runner whose files have one test each. It notes the files of each of its runs; `failing` are
 * those that fail in the first run, and `broken` in all.
 */
function runner(options: { failing?: readonly string[]; broken?: readonly string[] }) {
  const folder = temporaryFolder("chance");
  const { failing = [], broken = [] } = options;
  const runs = join(folder.path, "runs");
  const script = `
    report=$1; shift
    first=yes; test -e ${runs} && first=no
    echo "$@" >> ${runs}
    code=0
    {
      echo "<testsuites>"
      for file in "$@"; do
        case " $([ $first = yes ] && echo ${failing.join(" ")}) ${broken.join(" ")} " in
          *" $file "*) code=1; echo "<testcase name=\\"t\\" file=\\"$file\\"><failure>no</failure></testcase>" ;;
          *) echo "<testcase name=\\"t\\" file=\\"$file\\"/>" ;;
        esac
      done
      echo "</testsuites>"
    } > "$report"
    exit $code`;
  const path = join(folder.path, "runner.sh");
  writeFileSync(path, script);
  const stage: Stage = {
    name: "sample",
    command: ["sh", path],
    files: [CLOCK, PURE],
    report: (file) => [file],
    timeoutMs: PATIENCE_MS,
    meetsClocks: (file) => file === CLOCK,
  };
  return {
    stage,
    runs: () => existsSync(runs) ? readFileSync(runs, "utf8").trim().split("\n") : [],
    remove: () => folder.remove(),
  };
}

const BOTH = `${CLOCK} ${PURE}`;

async function outcome(options: Parameters<typeof runner>[0], left: number) {
  const { stage, runs, remove } = runner(options);
  try {
    const allowance: Allowance = { left, unsteady: [] };
    const { passed, failed } = await runStage(stage, allowance);
    return { counts: [passed, failed], runs: runs(), allowance };
  } finally {
    remove();
  }
}

test("only the file that failed runs again, counts as passed and is named", async () => {
  assert.deepEqual(await outcome({ failing: [CLOCK] }, 3), {
    counts: [2, 0],
    runs: [BOTH, CLOCK],
    allowance: { left: 2, unsteady: [CLOCK] },
  });
});

test("what fails twice has failed", async () => {
  assert.deepEqual(await outcome({ broken: [CLOCK] }, 3), {
    counts: [1, 1],
    runs: [BOTH, CLOCK],
    allowance: { left: 2, unsteady: [] },
  });
});

test("with no allowance left the first failure stands", async () => {
  assert.deepEqual(await outcome({ failing: [CLOCK] }, 0), {
    counts: [1, 1],
    runs: [BOTH],
    allowance: { left: 0, unsteady: [] },
  });
});

test("a test without a clock has no excuse", async () => {
  for (const failing of [[PURE], [CLOCK, PURE]]) {
    const { counts, runs } = await outcome({ failing }, 3);
    assert.deepEqual([counts, runs], [[2 - failing.length, failing.length], [BOTH]]);
  }
});

test("a command that is no test runs once", async () => {
  const stage: Stage = { name: "gate", command: ["sh", "-c", "exit 1"], timeoutMs: 20_000 };
  const allowance: Allowance = { left: 3, unsteady: [] };
  assert.equal((await runStage(stage, allowance)).failed, 1);
  assert.deepEqual(allowance, { left: 3, unsteady: [] });
});
