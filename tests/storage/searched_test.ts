// A miss asks the system once a second whether it could have seen the file, not every time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Searched } from "../../src/storage/searched.ts";

test("a directory that may be searched is asked about again after a second", () => {
  let now = 0;
  let asked = 0;
  const searched = new Searched(() => now);
  const ask = () => ++asked > 0;
  assert.equal(searched.holds("/a", ask), true);
  now = 999;
  assert.equal(searched.holds("/a", ask), true);
  assert.equal(asked, 1);
  assert.equal(searched.holds("/b", ask), true);
  assert.equal(asked, 2);
  now = 1000;
  assert.equal(searched.holds("/a", () => false), false);
});

test("one that may not be searched is asked about every time", () => {
  const searched = new Searched(() => 0);
  assert.equal(searched.holds("/a", () => false), false);
  assert.equal(searched.holds("/a", () => true), true);
});

test("of very many directories all are answered", () => {
  const searched = new Searched(() => 0);
  for (let i = 0; i < 1000; i++) assert.equal(searched.holds(`/${i}`, () => true), true);
});
