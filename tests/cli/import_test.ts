// `bootsrv import` as it is typed.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withTree } from "../storage/temp_tree.ts";
import { bootsrv } from "./running.ts";

test("import prints TOML, and on standard error what has no equal, with its line", () =>
  withTree({}, async (tree) => {
    const file = join(tree.root, "pcre");
    writeFileSync(file, "a b\n(a)\\1 c\n");
    const ran = await bootsrv(["import", "atftpd", file]);
    assert.equal(ran.code, 0);
    assert.match(ran.stdout, /\[\[rewrite\]\]\n# .*pcre:1: a b\nmatch = "a"\n/);
    assert.match(ran.stdout, /# .*pcre:2: \(a\)\\1 c: Back-references/);
    assert.match(ran.stderr, /^\S*pcre:2: \(a\)\\1 c: Back-references .*\n {2}If the parts/);
    assert.ok(!ran.stderr.includes("does not load"));
  }));

test("what import prints passes check", () =>
  withTree({}, async (tree) => {
    const args = `--listen --secure --create ${tree.root}`;
    const { stdout } = await bootsrv(["import", "tftpd-hpa", "--args", args]);
    const config = join(tree.root, "made.toml");
    writeFileSync(config, stdout);
    const checked = await bootsrv(["check", "--config", config]);
    assert.equal(checked.code, 0, checked.stderr);
  }));

test("import without anything to read, or of a file that is not there, says so", async () => {
  const nothing = await bootsrv(["import", "dnsmasq"]);
  assert.equal(nothing.code, 2);
  assert.match(nothing.stderr, /Nothing to import/);
  const gone = await bootsrv(["import", "dnsmasq", "/no/such/file"]);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /Cannot read "\/no\/such\/file"/);
});

test("import reads standard input for -", async () => {
  const ran = await bootsrv(["import", "tftpd-hpa", "-"], { input: "re ^a b\n" });
  assert.match(ran.stdout, /# standard input:1: re \^a b\nmatch = "\^a"/);
});
