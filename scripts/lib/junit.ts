// Counts the tests in a JUnit report as `deno test` and `bun test` write it. Knows just that much
// of XML: both runners escape "<", ">" and quotes inside attributes.

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The tests of a report; a group or a test with steps is not counted besides its parts. */
export function countJunit(xml: string): Counts {
  const cases = testCases(xml);
  const parents = parentNames(cases);
  const leaves = cases.filter((one) => !parents.has(one.name));
  const count = (outcome: Outcome) => leaves.filter((one) => one.outcome === outcome).length;
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

type Outcome = "passed" | "failed" | "skipped";

interface TestCase {
  readonly name: string;
  readonly outcome: Outcome;
}

const CASE = /<testcase\b((?:\s+[\w:-]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/testcase>)/g;

function testCases(xml: string): TestCase[] {
  return [...xml.matchAll(CASE)].map((match) => {
    const name = /\sname="([^"]*)"/.exec(match[1]!)?.[1] ?? "";
    const body = match[2] ?? "";
    const failed = /<(?:failure|error)\b/.test(body);
    return { name, outcome: failed ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed" };
  });
}

/** Deno names a step "test &gt; step" and lists the test too. */
function parentNames(cases: readonly TestCase[]): Set<string> {
  const parents = new Set<string>();
  for (const { name } of cases) {
    const parts = name.split(" &gt; ");
    for (let count = 1; count < parts.length; count += 1) {
      parents.add(parts.slice(0, count).join(" &gt; "));
    }
  }
  return parents;
}
