// Counts of rewrite rules, added up over the threads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeHits, RuleHits } from "../../src/server/rule_hits.ts";
import { rule } from "../resolve/rewriting.ts";

test("what the threads have counted is added up, and a new count replaces the old", () => {
  const hits = new RuleHits();
  const rules = [rule({}), rule({ label: "x" })];
  hits.set(0, [1, 0]);
  hits.set(0, [2, 0]);
  hits.set(1, [3, 5]);
  assert.deepEqual(hits.of(rules, [10, 0]), [
    { number: 1, label: "", hits: 15 },
    { number: 2, label: "x", hits: 5 },
  ]);
  assert.equal(describeHits(2, hits.of(rules, [])), '2; held: rule 1: 5, rule 2 "x": 5');
  hits.clear();
  assert.equal(describeHits(2, hits.of(rules, [0, 0])), "2");
});

test("of thousands of rules, only those that have held are named", () => {
  const rules = Array.from({ length: 5000 }, () => rule({}));
  const own = rules.map((_, index) => index === 4000 ? 1 : 0);
  assert.deepEqual(new RuleHits().of(rules, own), [{ number: 4001, label: "", hits: 1 }]);
});
