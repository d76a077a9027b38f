// Which descriptors the environment says were passed (sd_listen_fds(3)).
import assert from "node:assert/strict";
import { test } from "node:test";
import { passedDescriptors } from "../../src/sys/activation.ts";

const PASSED = { LISTEN_PID: "7", LISTEN_FDS: "2", LISTEN_FDNAMES: "tftp:web" };

test("Descriptors follow the standard ones, with their names", () => {
  assert.deepEqual(passedDescriptors(PASSED, 7), [
    { fd: 3, name: "tftp" },
    { fd: 4, name: "web" },
  ]);
  assert.deepEqual(passedDescriptors({ LISTEN_PID: "7", LISTEN_FDS: "1" }, 7), [
    { fd: 3, name: "" },
  ]);
});

test("What is meant for another process, or makes no sense, is nothing", () => {
  assert.deepEqual(passedDescriptors(PASSED, 8), []);
  assert.deepEqual(passedDescriptors({}, 7), []);
  for (const LISTEN_FDS of ["-1", "x", "", "99999", "1e3"]) {
    assert.deepEqual(passedDescriptors({ ...PASSED, LISTEN_FDS }, 7), [], LISTEN_FDS);
  }
  assert.equal(passedDescriptors({ ...PASSED, LISTEN_FDS: "9999" }, 7).length, 64);
});
