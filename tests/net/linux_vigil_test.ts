// The Linux driver looks for datagrams before it sleeps only as long as that pays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Vigil } from "../../src/net/linux_vigil.ts";

test("as long as datagrams come meanwhile, every wait begins with a look", () => {
  const vigil = new Vigil(0.1);
  for (let wait = 0; wait < 100; wait++) {
    assert.equal(vigil.begin(), 0.1);
    vigil.ended(true);
  }
});

test("where looks are in vain, ever fewer waits begin with one", () => {
  const vigil = new Vigil(0.1);
  let looks = 0;
  for (let wait = 0; wait < 10_000; wait++) {
    if (vigil.begin() === 0) continue;
    looks++;
    vigil.ended(false);
  }
  assert.ok(looks >= 40 && looks <= 50, `${looks} looks`);
});

test("one look that pays brings the next ones back", () => {
  const vigil = new Vigil(0.1);
  for (let wait = 0; wait < 1000; wait++) if (vigil.begin() > 0) vigil.ended(false);
  while (vigil.begin() === 0);
  vigil.ended(true);
  assert.equal(vigil.begin(), 0.1);
  vigil.ended(false);
  assert.equal(vigil.begin(), 0);
  assert.equal(vigil.begin(), 0.1);
});
