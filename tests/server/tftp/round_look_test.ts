// What comes in together is answered from one look at the disk; the next round looks again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RoundLook } from "../../../src/server/tftp/round_look.ts";
import type { Stamp } from "../../../src/sys/look.ts";

const stampOf = (size: number): Stamp => ({ mode: 0o644, device: 1, inode: 2, size, mtimeNs: 3 });

test("a path is looked at once a round, whether it is there or not", () => {
  const asked: string[] = [];
  const rounds = new RoundLook((path) => {
    asked.push(path);
    return path === "/there" ? stampOf(asked.length) : null;
  });
  assert.equal(rounds.look("/there")?.size, 1);
  assert.equal(rounds.look("/there")?.size, 1);
  assert.equal(rounds.look("/missing"), null);
  assert.equal(rounds.look("/missing"), null);
  assert.deepEqual(asked, ["/there", "/missing"]);
  rounds.next();
  assert.equal(rounds.look("/there")?.size, 3);
});

test("more paths than are remembered are looked at all the same", () => {
  const rounds = new RoundLook((path) => stampOf(Number(path)));
  for (let i = 0; i < 1000; i++) assert.equal(rounds.look(String(i))?.size, i);
});
