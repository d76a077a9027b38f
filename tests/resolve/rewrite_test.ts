// Rewrite rules, one by one and in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RewriteConfig } from "../../src/config/config.ts";
import { compileRewrite } from "../../src/resolve/rewrite.ts";
import { type Asked, outcome, rewrite, rule } from "./rewriting.ts";

test("without a rule that matches, the name stays", () => {
  assert.equal(outcome(rewrite([], "a/b")), "a/b");
  const rewriting = rewrite([{ match: "^x", replace: "y" }], "a/b");
  assert.equal(outcome(rewriting), "a/b");
  assert.deepEqual(rewriting.trail, []);
});

test("replace is the whole new name", () => {
  assert.equal(
    outcome(rewrite([{ match: "^\\w*\\.conf$", replace: "master.conf" }], "a.conf")),
    "master.conf",
  );
  assert.equal(outcome(rewrite([{ match: "repl(ace)", replace: "m$1" }], "zzreplacezz")), "mace");
  const hex = [{ match: "^pxelinux.cfg/default$", replace: "hosts/{ip-hex}/{port}" }];
  assert.equal(outcome(rewrite(hex, "pxelinux.cfg/default")), "hosts/C0000201/2070");
  const v6 = rewrite([{ match: "x", replace: "{ip}/{ip-hex}" }], "x", { client: "2001:db8::1" });
  assert.equal(outcome(v6), "2001:db8::1/20010DB8000000000000000000000001");
});

test("the first rule that matches ends it, unless it says continue", () => {
  const first = { match: "^a", replace: "b/$0" };
  const second = { match: "^b", replace: "c/$0" };
  assert.equal(outcome(rewrite([first, second], "a")), "b/a");
  assert.equal(outcome(rewrite([{ ...first, continue: true }, second], "a")), "c/b");
  assert.equal(outcome(rewrite([second, first], "a")), "b/a");
  assert.deepEqual(rewrite([{ ...first, continue: true }, second], "a").trail, [
    'rule 1 matched -> "b/a"',
    'rule 2 matched -> "c/b"',
  ]);
});

test("a pattern sees no leading slash, but one with a slash in it may ask for one", () => {
  for (const typed of ["boot/x", "/boot/x"]) {
    assert.equal(outcome(rewrite([{ match: "^boot/(.*)", replace: "n/$1" }], typed)), "n/x");
    assert.equal(outcome(rewrite([{ match: "^/boot/(.*)", replace: "n/$1" }], typed)), "n/x");
    assert.equal(outcome(rewrite([{ match: "^/?boot/(.*)", replace: "n/$1" }], typed)), "n/x");
  }
  assert.equal(outcome(rewrite([{ match: "/x$", replace: "n" }], "x")), "n");
  assert.equal(outcome(rewrite([{ match: "^.x$", replace: "n" }], "x")), "x");
});

test("the name of a directory is matched with its slash", () => {
  assert.equal(
    outcome(rewrite([{ match: "^(.*)/$", replace: "$1/index" }], "boot/")),
    "boot/index",
  );
  assert.equal(outcome(rewrite([{ match: "^z", replace: "y" }], "boot/")), "boot/");
});

test("when = missing leaves files that exist alone", () => {
  const rules = [{ match: "^(.*)$", replace: "\\L$1", when: "missing" as const }];
  assert.equal(outcome(rewrite(rules, "Boot/BCD")), "boot/bcd");
  const kept = rewrite(rules, "Boot/BCD", { files: ["Boot/BCD"] });
  assert.equal(outcome(kept), "Boot/BCD");
  assert.deepEqual(kept.trail, ['rule 1 left "Boot/BCD" alone: the file exists']);
});

test("operation, via and clients narrow a rule", () => {
  const narrowed = (fields: Partial<RewriteConfig>, asked: Asked) =>
    outcome(rewrite([{ match: "^a$", replace: "b", ...fields }], "a", asked)) === "b";
  assert.equal(narrowed({ operation: "read" }, { operation: "read" }), true);
  assert.equal(narrowed({ operation: "read" }, { operation: "write" }), false);
  assert.equal(narrowed({ operation: "write" }, { operation: "write" }), true);
  assert.equal(narrowed({ via: "http" }, { via: "tftp" }), false);
  assert.equal(narrowed({ via: "http" }, { via: "http" }), true);
  assert.equal(narrowed({ clients: ["192.0.2.0/24"] }, {}), true);
  assert.equal(narrowed({ clients: ["198.51.100.0/24", "::/0"] }, {}), false);
  assert.equal(narrowed({ clients: ["0.0.0.0/0"] }, { client: "no address" }), false);
});

test("what a rule makes is checked like what a client sends", () => {
  assert.equal(outcome(rewrite([{ match: "^(.*)$", replace: "/x//$1" }], "a")), "x/a");
  assert.equal(outcome(rewrite([{ match: "^(.*)$", replace: "../$1" }], "a")), "bad-name");
  assert.equal(outcome(rewrite([{ match: "^(.*)-(.*)$", replace: "$1/$2" }], "..-..")), "bad-name");
  assert.equal(outcome(rewrite([{ match: "^(b?)a$", replace: "$1" }], "a")), "bad-name");
  assert.equal(
    outcome(rewrite([{ match: "^a+$", replace: "$0".repeat(40) }], "a".repeat(200))),
    "bad-name",
  );
  const refused = rewrite([{ match: "^a$", replace: "../etc" }], "a");
  assert.ok(refused.kind === "refused" && refused.refusal.detail.startsWith("Rule 1 made"));
});

test("compileRewrite() reports every fault with its rule and key", () => {
  const compiled = compileRewrite([
    rule({ match: "(a", replace: "x" }),
    rule({ match: "a", replace: "x" }),
    rule({ match: "(a)\\1", replace: "x", clients: ["10.0.0.0/8", "10.1"] }),
    rule({ match: "a", replace: "$7" }),
  ]);
  assert.ok(compiled.kind === "bad");
  const faults = compiled.faults.map(({ index, key }) => `${index} ${key}`);
  assert.deepEqual(faults, ["0 match", "2 clients", "2 match", "3 replace"]);
});
