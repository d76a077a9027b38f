// Counting tests in the reports of both runners; the samples are shortened real ones.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readJunit } from "../../scripts/lib/junit.ts";
import { settle, skipLines } from "../../scripts/lib/stage.ts";

const DENO_REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="7" failures="3" errors="0" time="0.180">
    <testsuite name="./a_test.ts" tests="5" disabled="1" errors="0" failures="2">
        <testcase name="one &lt;ok&gt; &amp; &quot;q&quot;" classname="./a_test.ts" time="0.002" line="3" col="1">
        </testcase>
        <testcase name="two fails" classname="./a_test.ts" time="0.002" line="4" col="1">
            <failure message="Uncaught AssertionError:

1 !== 2 > 1
">AssertionError: &lt;skipped/&gt;</failure>
        </testcase>
        <testcase name="three" classname="./a_test.ts" time="0.000" line="5" col="1">
            <skipped/>
        </testcase>
        <testcase name="group" classname="./a_test.ts" time="0.002" line="7" col="1">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
    </testsuite>
    <testsuite name="ext:deno_node/testing.ts" tests="2" disabled="0" errors="0" failures="1">
        <testcase name="group &gt; inner" classname="ext:deno_node/testing.ts" time="0.000" line="1" col="23191">
        </testcase>
        <testcase name="group &gt; inner fails" classname="ext:deno_node/testing.ts" time="0.000" line="1" col="21231">
            <failure message="Uncaught Error: x">Error: x</failure>
        </testcase>
    </testsuite>
</testsuites>`;

const BUN_REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" assertions="0" failures="1" skipped="1" time="0.04">
  <testsuite name="a_test.ts" file="a_test.ts" tests="4" assertions="0" failures="1" skipped="1">
    <testcase name="one &lt;ok&gt;" classname="" time="0.001003" file="a_test.ts" line="3" assertions="0" />
    <testcase name="three" classname="" time="0" file="a_test.ts" line="5" assertions="0">
      <skipped />
    </testcase>
    <testsuite name="group" file="a_test.ts" line="7" tests="2" assertions="0" failures="1">
      <testcase name="inner" classname="group" time="0.000108" file="a_test.ts" line="7" />
      <testcase name="inner fails" classname="group" time="0.000104" file="a_test.ts" line="7">
        <failure type="Error" message="x">Error: x&#10;      at a_test.ts:7:86</failure>
      </testcase>
    </testsuite>
  </testsuite>
</testsuites>`;

test("readJunit() counts what deno test reports, groups not besides their parts", () => {
  assert.deepEqual(readJunit(DENO_REPORT).counts, { passed: 2, failed: 2, skipped: 1 });
});

test("readJunit() counts what bun test reports", () => {
  assert.deepEqual(readJunit(BUN_REPORT).counts, { passed: 2, failed: 1, skipped: 1 });
});

test("readJunit() tells what failed and where, of a step by its test's file", () => {
  assert.deepEqual(readJunit(DENO_REPORT).failures, [
    { name: "two fails", text: "AssertionError: <skipped/>" },
    { name: "group > inner fails", text: "Error: x" },
  ]);
  assert.deepEqual(readJunit(DENO_REPORT).failedFiles, ["./a_test.ts"]);
  assert.deepEqual(readJunit(BUN_REPORT).failures, [
    { name: "inner fails", text: "Error: x\n      at a_test.ts:7:86" },
  ]);
  assert.deepEqual(readJunit(BUN_REPORT).failedFiles, ["./a_test.ts"]);
});

test("readJunit() finds nothing in an empty or broken report", () => {
  const none = { passed: 0, failed: 0, skipped: 0 };
  assert.deepEqual(readJunit("").counts, none);
  assert.deepEqual(readJunit("<testsuites><testcase name=").counts, none);
});

test("A run that ended badly without a failed test counts one failure", () => {
  const counts = { passed: 5, failed: 0, skipped: 0 };
  assert.equal(settle(counts, false).failed, 1);
  assert.equal(settle({ ...counts, failed: 2 }, false).failed, 2);
  assert.equal(settle(counts, true).failed, 0);
});

test("A run without any test counts one failure", () => {
  assert.equal(settle({ passed: 0, failed: 0, skipped: 0 }, true).failed, 1);
  assert.equal(settle({ passed: 0, failed: 0, skipped: 3 }, true).failed, 0);
});

test("skipLines() gives each reason once", () => {
  const output = "a\n  skipped: curl: not installed\nskipped: curl: not installed\nb skipped: c";
  assert.deepEqual(skipLines(output), ["skipped: curl: not installed"]);
});
