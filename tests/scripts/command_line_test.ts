// The command lines of the scripts: what was meant, or one line that says why nothing was.
import assert from "node:assert/strict";
import { test } from "node:test";
import { numberOf, readCommandLine, wordOf } from "../../scripts/lib/command_line.ts";

interface Typed {
  readonly quick: boolean;
  readonly rounds: string;
  readonly seconds: string;
  readonly client: string;
}

const WANTED = {
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "30" },
    client: { type: "string", default: "curl" },
  },
  read: ({ quick, rounds, seconds, client }: Typed) => ({
    quick,
    rounds: numberOf(rounds, { name: "rounds", least: 1 }),
    seconds: numberOf(seconds, { name: "seconds", least: 0, most: 60, whole: false }),
    client: wordOf(client, { name: "client", words: ["curl", "atftp"] }),
  }),
} as const;

const DEFAULTS = { quick: false, rounds: 3, seconds: 30, client: "curl" };

const GIVEN: readonly (readonly [args: readonly string[], meaning: object])[] = [
  [[], DEFAULTS],
  [["--quick", "--rounds", "5"], { ...DEFAULTS, quick: true, rounds: 5 }],
  [["--seconds=0.5", "--client=atftp"], { ...DEFAULTS, seconds: 0.5, client: "atftp" }],
];

for (const [args, meaning] of GIVEN) {
  test(`readCommandLine() takes "${args.join(" ")}"`, () => {
    assert.deepEqual(readCommandLine(args, WANTED), { kind: "given", meaning });
  });
}

for (const args of [["--help"], ["-h"], ["--rounds", "x", "--help"]]) {
  test(`readCommandLine() takes "${args.join(" ")}" for a question`, () => {
    assert.deepEqual(readCommandLine(args, WANTED), { kind: "help" });
  });
}

const WRONG: readonly (readonly [args: readonly string[], text: RegExp])[] = [
  [["--bogus"], /^Unknown option '--bogus'/],
  [["stray"], /^Unexpected argument 'stray'/],
  [["--rounds"], /'--rounds/],
  [["--rounds", "--quick"], /'--rounds/],
  [["--quick=yes"], /'--quick'/],
  [["--rounds", "0"], /^--rounds must be a whole number of at least 1, not "0"$/],
  [["--rounds", "1.5"], /^--rounds must be a whole number of at least 1, not "1.5"$/],
  [["--rounds="], /^--rounds must be a whole number of at least 1, not ""$/],
  [["--seconds", "soon"], /^--seconds must be a number from 0 to 60, not "soon"$/],
  [["--seconds", "60.1"], /^--seconds must be a number from 0 to 60, not "60.1"$/],
  [["--client", "wget"], /^--client must be curl or atftp, not "wget"$/],
];

for (const [args, text] of WRONG) {
  test(`readCommandLine() says on one line what is wrong with "${args.join(" ")}"`, () => {
    const outcome = readCommandLine(args, WANTED);
    assert.ok(outcome.kind === "wrong");
    assert.match(outcome.text, text);
    assert.doesNotMatch(outcome.text, /\n/);
  });
}

test("readCommandLine() hides no fault of ours", () => {
  const read = () => {
    throw new TypeError("ours");
  };
  assert.throws(() => readCommandLine([], { options: {}, read }), /ours/);
});
