// `bootsrv rewrite-test` on a tree with rules.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { type RewriteTestOptions, runRewriteTest } from "../../src/cli/rewrite_test.ts";
import type { Config } from "../../src/config/config.ts";
import { rule } from "../resolve/rewriting.ts";
import { withTree } from "../storage/temp_tree.ts";

const RULE = rule({ match: "^win/(.*)$", replace: "boot/\\L$1", operation: "read" });

/** The parts of a config that say what may be had. */
function configOf(root: string): Config {
  const parts: Partial<Config> = {
    root,
    search: [],
    symlinks: "inside",
    caseInsensitive: false,
    requireWorldReadable: false,
    rewrite: [RULE],
    access: [],
    mounts: [],
    clientRoots: [],
    stripPrefixes: [],
    hiddenFiles: true,
    absoluteNames: "root",
    upload: { enabled: false, create: false, overwrite: true, sizeBytesMax: 0, quotaBytes: 0 },
  };
  return parts as Config;
}

async function run(root: string, options: Partial<RewriteTestOptions>): Promise<string> {
  let printed = "";
  const code = await runRewriteTest({
    config: configOf(root),
    names: [],
    client: "192.0.2.1",
    local: null,
    operation: "read",
    via: "tftp",
    all: false,
    input: Readable.from([]),
    output: { write: (text) => printed += text },
    ...options,
  });
  assert.equal(code, 0);
  return printed.replaceAll(root, "ROOT");
}

test("rewrite-test shows rules, the file and why there is none", () =>
  withTree({ "boot/grub.cfg": "menu" }, async (tree) => {
    const names = ["WIN\\x", "win/GRUB.CFG", "/boot/grup.cfg", "../etc/passwd", "a\x1b[2J"];
    assert.equal(
      await run(tree.root, { names }),
      `WIN\\x
  read as "WIN/x"
  tried "WIN/x": no such file
  refused: No such file: "ROOT/WIN/x"
  the client is told: ERROR 1 "File not found"
win/GRUB.CFG
  rule 1 matched -> "boot/grub.cfg"
  reads "ROOT/boot/grub.cfg", 4 octets
/boot/grup.cfg
  read as "boot/grup.cfg"
  tried "boot/grup.cfg": no such file
  nearest: "boot/grub.cfg" (similar)
  refused: No such file: "ROOT/boot/grup.cfg"
  the client is told: ERROR 1 "File not found"
../etc/passwd
  refused: The name holds a ".." part
  the client is told: ERROR 2 "File name not allowed"
a\\x1b[2J
  refused: The name holds a control character
  the client is told: ERROR 2 "File name not allowed"
`,
    );
  }));

test("rewrite-test reads names line by line from its input", () =>
  withTree({ "a": "1" }, async (tree) => {
    const input = Readable.from(["a\r\n\nno", "ne\n"]);
    const printed = await run(tree.root, { input, via: "http" });
    assert.deepEqual(printed.split("\n").filter((line) => !line.startsWith(" ")), [
      "a",
      "none",
      "",
    ]);
    assert.ok(printed.includes('the client is told: 404 "File not found"'));
  }));

test("rewrite-test tells whether a write would be taken", () =>
  withTree({ "a": "1" }, async (tree) => {
    const refused = await run(tree.root, { names: ["a"], operation: "write" });
    assert.ok(refused.includes("refused: Uploads are switched off"));
    const config = configOf(tree.root);
    const open = { ...config, upload: { ...config.upload, enabled: true } };
    const taken = await run(tree.root, { names: ["a"], operation: "write", config: open });
    assert.ok(taken.includes('writes "a" below "ROOT"'));
  }));

test("rewrite-test asks where it is told to, by address or by interface", () =>
  withTree({ "a": "1", "one/a": "22", "two/a": "333" }, async (tree) => {
    const rule = { fallback: "file" as const, clients: [], interfaces: [], addresses: [] };
    const clientRoots = [
      { ...rule, path: "one", interfaces: ["eth1"] },
      { ...rule, path: "two", addresses: ["10.2.0.0/16"] },
    ];
    const config = { ...configOf(tree.root), clientRoots };
    const asked = (local: string | null) => run(tree.root, { names: ["a"], config, local });
    assert.equal(await asked("eth1"), 'a\n  asked at eth1\n  reads "ROOT/one/a", 2 octets\n');
    assert.match(await asked("10.2.0.1"), /asked at 10\.2\.0\.1\n {2}reads "ROOT\/two\/a"/);
    assert.match(await asked("eth2"), /reads "ROOT\/a"/);
    assert.match(await asked(null), /asked at an address that is not known\n {2}reads "ROOT\/a"/);
  }));

test("rewrite-test --all shows the rules that do not hold, and why", () =>
  withTree({ "boot/x": "1" }, async (tree) => {
    const rules = [RULE, rule({ match: "^w", refuse: "No", operation: "write" })];
    const config = { ...configOf(tree.root), rewrite: rules };
    assert.equal(
      await run(tree.root, { names: ["boot/x"], config, all: true }),
      `boot/x
  rule 1 does not hold: "boot/x" does not match
  rule 2 does not hold: it is for write only
  reads "ROOT/boot/x", 1 octet
`,
    );
  }));
