// Where rules lead and what they replace: parts of names, loops, jumps, refusals, raw names.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRewrite, REWRITE_STEPS_MAX } from "../../src/resolve/rewrite.ts";
import { outcome, request, rewrite, rule } from "./rewriting.ts";

test("replace-what says what replace takes the place of", () => {
  const made = (replaceWhat: "name" | "first" | "all" | "repeat", name = "a-a-b") =>
    outcome(rewrite([{ match: "a", replace: "x", replaceWhat }], name));
  assert.equal(made("name"), "x");
  assert.equal(made("first"), "x-a-b");
  assert.equal(made("all"), "x-x-b");
  assert.equal(made("repeat"), "x-x-b");
  const doubled = { match: "--", replace: "-" };
  assert.equal(outcome(rewrite([{ ...doubled, replaceWhat: "all" }], "a----b")), "a--b");
  assert.equal(outcome(rewrite([{ ...doubled, replaceWhat: "repeat" }], "a----b")), "a-b");
});

test("replace-what = all goes on behind what it has put in, and ^ holds once", () => {
  const all = (match: string, replace: string, name: string) =>
    outcome(rewrite([{ match, replace, replaceWhat: "all" }], name));
  assert.equal(all("a", "aa", "aba"), "aabaa");
  assert.equal(all("^a", "x", "aaa"), "xaa");
  assert.equal(all("x*", "-", "abc"), "-a-b-c-");
  assert.equal(all("", ".", "ab"), ".a.b.");
  assert.equal(all("(\\w)(\\d)", "$2\\U$1\\E", "a1-b2"), "1A-2B");
});

test("an empty replace takes the match away", () => {
  const rules = [{ match: "^tftpboot/", replace: "", replaceWhat: "first" as const }];
  assert.equal(outcome(rewrite(rules, "tftpboot/x")), "x");
});

test("ignore-case and longest change how the pattern matches", () => {
  const match = { match: "boot|bootx", replace: "N", replaceWhat: "first" as const };
  assert.equal(outcome(rewrite([match], "BOOTX")), "BOOTX");
  assert.equal(outcome(rewrite([{ ...match, ignoreCase: true }], "BOOTX")), "NX");
  assert.equal(outcome(rewrite([{ ...match, ignoreCase: true, longest: true }], "BOOTX")), "N");
});

test("invert holds where the pattern does not match", () => {
  const rules = [{ match: "^open/", invert: true, refuse: "Only below open" }];
  assert.equal(outcome(rewrite(rules, "open/x")), "open/x");
  assert.equal(outcome(rewrite(rules, "shut/x")), "refused-by-rule");
  assert.equal(outcome(rewrite([{ match: "b", invert: true, replace: "none" }], "a")), "none");
});

test("refuse gives the client the text, cleaned and cut", () => {
  const refused = (refuse: string) => {
    const rewriting = rewrite([{ match: "^(.*)[.]pvt$", refuse }], "my.pvt");
    assert.ok(rewriting.kind === "refused");
    return rewriting.refusal;
  };
  assert.deepEqual(refused("$1 is private, {ip}"), {
    kind: "refused-by-rule",
    detail: 'Rule 1 refuses "my.pvt"',
    text: "my is private, 192.0.2.1",
  });
  assert.equal(refused("x".repeat(900)).text?.length, 200);
});

test("restart goes back to the first rule, stop ends, continue goes on", () => {
  const rules = [
    { match: "^done/", stop: true },
    { match: "^a(.*)", replace: "done/$1", restart: true },
    { match: ".*", replace: "last" },
  ];
  assert.equal(outcome(rewrite(rules, "ab")), "done/b");
  assert.equal(outcome(rewrite(rules, "zb")), "last");
  assert.deepEqual(rewrite(rules, "ab").trail, [
    'rule 2 matched -> "done/b"',
    "rule 2 starts over",
    'rule 1 matched "done/b"',
  ]);
});

test("jump goes on at a label, which may come from the match", () => {
  const rules = [
    { match: "^(efi|bios)/", jump: "$1" },
    { match: "", refuse: "Neither" },
    { label: "efi", match: "$", replace: ".efi", replaceWhat: "first" as const },
    { label: "bios", match: "$", replace: ".0", replaceWhat: "first" as const },
  ];
  assert.equal(outcome(rewrite(rules, "efi/boot")), "efi/boot.efi");
  assert.equal(outcome(rewrite(rules, "bios/boot")), "bios/boot.0");
  assert.equal(outcome(rewrite(rules, "x")), "refused-by-rule");
  const lost = rewrite([{ match: "", jump: "nowhere" }], "x");
  assert.ok(lost.kind === "refused");
  assert.equal(lost.refusal.detail, 'Rule 1 jumps to "nowhere", and no rule has that label');
});

test("stop-if-exists tries names until one is a file, and leaves the name where none is", () => {
  const rules = [
    { match: "^(.*)$", replace: "by-ip/{ip}/$1", stopIfExists: true },
    { match: "^(.*)$", replace: "default/$1", stopIfExists: true },
  ];
  const tried = (files: string[]) => outcome(rewrite(rules, "x", { files }));
  assert.equal(tried(["by-ip/192.0.2.1/x", "default/x"]), "by-ip/192.0.2.1/x");
  assert.equal(tried(["default/x"]), "default/x");
  assert.equal(tried([]), "x");
  assert.deepEqual(rewrite(rules, "x", { files: ["default/x"] }).trail, [
    'rule 1 matched -> "by-ip/192.0.2.1/x"',
    'rule 1 undone: no file "by-ip/192.0.2.1/x"',
    'rule 2 matched -> "default/x"',
  ]);
  const climbing = [{ match: "x", replace: "../x", stopIfExists: true }];
  assert.equal(outcome(rewrite(climbing, "x")), "x");
});

test("{mac} is the client's, and a rule that names it does not hold where it is unknown", () => {
  const rules = [
    { match: "^x$", replace: "{mac}/\\U{mac-hex}" },
    { match: "^x$", replace: "other" },
  ];
  const mac = "02-00-5e-10-00-01";
  assert.equal(outcome(rewrite(rules, "x", { mac })), "02-00-5e-10-00-01/02005E100001");
  const unknown = rewrite(rules, "x");
  assert.equal(outcome(unknown), "other");
  assert.equal(
    unknown.trail[0],
    'rule 1 left "x" alone: the MAC address of the client is not known',
  );
});

test("family narrows a rule to IPv4 or IPv6 clients", () => {
  const six = [{ match: "x", replace: "six", family: "ipv6" as const }];
  assert.equal(outcome(rewrite(six, "x")), "x");
  assert.equal(outcome(rewrite(six, "x", { client: "2001:db8::1" })), "six");
  assert.equal(outcome(rewrite(six, "x", { client: "::ffff:192.0.2.1" })), "x");
});

test("a raw rule sees what the client sent, and what raw rules before it made", () => {
  const rules = [
    { match: "^[^/]", replace: "/tftpboot/$0", replaceWhat: "first" as const, raw: true },
  ];
  assert.equal(outcome(rewrite(rules, "x")), "tftpboot/x");
  assert.equal(outcome(rewrite(rules, "/x")), "x");
  const steps = [
    { match: "\\\\", replace: "!", replaceWhat: "all" as const, raw: true, continue: true },
    { match: "^a!(.*)$", replace: "../$1", raw: true, continue: true },
    { match: "^\\.\\./", replace: "up/", replaceWhat: "first" as const, raw: true },
  ];
  assert.equal(outcome(rewrite(steps, "a\\b")), "up/b");
});

test("what raw rules make is checked before an ordinary rule sees it, and at the end", () => {
  const up = { match: "^", replace: "../", replaceWhat: "first" as const, raw: true };
  const refused = rewrite([up], "x");
  assert.ok(refused.kind === "refused");
  assert.equal(refused.refusal.detail, 'The rules made "../x", which holds a ".." part');
  const then = rewrite([{ ...up, continue: true }, { match: "x", replace: "y" }], "x");
  assert.equal(outcome(then), "bad-name");
});

test("rules that go round in circles are ended, with a short trail", () => {
  for (
    const circle of [
      [{ match: "", restart: true }],
      [{ label: "a", match: "", jump: "b" }, { label: "b", match: "", jump: "a" }],
      [{ match: "a", replace: "a", replaceWhat: "repeat" as const }],
      [{ match: "b?", replace: "b", replaceWhat: "repeat" as const, stopIfExists: true }],
    ]
  ) {
    const rewriting = rewrite(circle, "abc");
    assert.ok(rewriting.kind === "refused" && rewriting.refusal.kind !== "forbidden");
    assert.match(rewriting.refusal.detail, /more than \d+ steps|is longer than/);
    assert.ok(rewriting.trail.length < 40);
  }
});

test("a rule that makes the name grow without end is ended", () => {
  const growing = [{ match: "a", replace: "aaaa", replaceWhat: "repeat" as const }];
  const rewriting = rewrite(growing, "a");
  assert.ok(rewriting.kind === "refused");
});

test("ten thousand rules are one pass, not too many steps", () => {
  const rules = Array.from(
    { length: 10_000 },
    (_, index) => ({ match: `^${index}$`, replace: "y" }),
  );
  assert.ok(rules.length > REWRITE_STEPS_MAX);
  assert.equal(outcome(rewrite(rules, "x")), "x");
  assert.equal(outcome(rewrite(rules, "9999")), "y");
});

test("explain adds the rules that did not hold, and why", () => {
  const rules = [
    { match: "^a", replace: "b" },
    { match: "", replace: "b", operation: "write" as const },
    { match: "", replace: "b", clients: ["10.0.0.0/8"] },
    { match: "x", replace: "b", invert: true },
  ];
  assert.deepEqual(rewrite(rules, "x", { explain: true }).trail, [
    'rule 1 does not hold: "x" does not match',
    "rule 2 does not hold: it is for write only",
    "rule 3 does not hold: it is for other clients",
    'rule 4 does not hold: "x" matches',
  ]);
});

test("hits() counts how often each rule has held", () => {
  const compiled = compileRewrite([
    rule({ match: "^a", continue: true }),
    rule({ match: "a$", replace: "none", stopIfExists: true }),
    rule({ match: "b", refuse: "No", label: "b" }),
  ]);
  assert.ok(compiled.kind === "rewriter");
  for (const name of ["a", "ab", "b", "c"]) compiled.rewrite(request(name));
  assert.deepEqual(compiled.hits(), [2, 0, 2]);
  assert.deepEqual(compiled.rewrite(request("b")).trail, ['rule 3 "b" refused "b"']);
});
