// Reads the tests in a JUnit report as `deno test` and `bun test` write it. Knows just that much
// of XML: both runners escape "<", ">" and quotes inside attributes.

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What a report says. */
export interface Report {
  readonly counts: Counts;
  readonly failures: readonly Failure[];
  /** The test files with a failure in them, as "./tests/a_test.ts". */
  readonly failedFiles: readonly string[];
}

export interface Failure {
  readonly name: string;
  /** Message and stack. */
  readonly text: string;
}

/** The tests of a report; a group or a test with steps is not counted besides its parts. */
export function readJunit(xml: string): Report {
  const cases = testCases(xml);
  const parents = parentNames(cases);
  const leaves = cases.filter((one) => !parents.has(one.name));
  const count = (outcome: Outcome) => leaves.filter((one) => one.outcome === outcome).length;
  const failed = (of: readonly TestCase[]) => of.filter((one) => one.outcome === "failed");
  return {
    counts: { passed: count("passed"), failed: count("failed"), skipped: count("skipped") },
    failures: failed(leaves).map(({ name, text }) => ({ name: plain(name), text: plain(text) })),
    failedFiles: [...new Set(failed(cases).map(({ file }) => file))].filter((file) => file !== ""),
  };
}

type Outcome = "passed" | "failed" | "skipped";

interface TestCase {
  readonly name: string;
  /** Empty where it is said of the parent only, as Deno does. */
  readonly file: string;
  readonly outcome: Outcome;
  readonly text: string;
}

const CASE = /<testcase\b((?:\s+[\w:-]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const FAILURE = /<(failure|error)\b(?:\s+[\w:-]+="[^"]*")*\s*>([\s\S]*?)<\/\1>/;

function testCases(xml: string): TestCase[] {
  return [...xml.matchAll(CASE)].map((match) => {
    const attribute = (name: string) =>
      new RegExp(`\\s${name}="([^"]*)"`).exec(match[1]!)?.[1] ?? "";
    const body = match[2] ?? "";
    const failed = /<(?:failure|error)\b/.test(body);
    return {
      name: attribute("name"),
      file: testFile(attribute("file") || attribute("classname")),
      outcome: failed ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed",
      text: FAILURE.exec(body)?.[2] ?? "",
    };
  });
}

function testFile(name: string): string {
  const file = name.replace(/^\.\//, "");
  return file.endsWith("_test.ts") ? `./${file}` : "";
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

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#10;": "\n", "&amp;": "&" },
};

function plain(text: string): string {
  return text.replace(/&[#\w]+;/g, (entity) => ENTITIES[entity] ?? entity).trim();
}
