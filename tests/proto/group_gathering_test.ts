// When a group waits for members still to come, and when it does so no more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Gathering } from "../../src/proto/group_gathering.ts";

const QUIET_MS = 50;
const LARGE = { lastBlock: 20_000, quietMs: QUIET_MS };

test("A member that comes alone is served after a short wait", () => {
  const gathering = new Gathering(LARGE);
  assert.equal(gathering.joined(0, 1000), true);
  assert.equal(gathering.until, 1000 + QUIET_MS);
});

test("Nobody waits for a small file, which is sent again as fast", () => {
  assert.equal(new Gathering({ lastBlock: 99, quietMs: QUIET_MS }).joined(0, 0), false);
});

test("Members that come slowly are waited for longer, up to a limit", () => {
  const gathering = new Gathering(LARGE);
  gathering.joined(0, 0);
  gathering.joined(30, 80);
  assert.equal(gathering.until, 80 + 2 * 80);
  gathering.joined(30, 230);
  assert.equal(gathering.until, 230 + 5 * QUIET_MS);
});

test("The first member waits no longer than two seconds, or than its file takes", () => {
  for (
    const { lastBlock, waitMs } of [
      { lastBlock: 60_000, waitMs: 2000 },
      { lastBlock: 10_000, waitMs: 1000 },
      { lastBlock: 100, waitMs: 250 },
    ]
  ) {
    const gathering = new Gathering({ lastBlock, quietMs: QUIET_MS });
    for (let now = 0; gathering.joined(0, now); now += 40);
    assert.equal(gathering.until, waitMs, `${lastBlock} blocks`);
  }
});

test("Who comes when a good part was sent holds nobody up", () => {
  const gathering = new Gathering(LARGE);
  gathering.joined(0, 0);
  assert.equal(gathering.joined(1000, 60), true);
  assert.equal(gathering.joined(1001, 70), false);
});
