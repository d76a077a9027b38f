// createDriver() falls back, and says why.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDriver } from "../../src/net/create.ts";

test('createDriver() makes a portable driver when "portable" is wanted', async () => {
  const { driver, notice } = await createDriver({ wanted: "portable" });
  assert.equal(driver.name, "portable");
  assert.match(notice, /^Portable UDP driver, as configured$/);
  driver.stop();
});

test('createDriver() always gives a driver for "auto", and says which in one sentence', async () => {
  const { driver, notice } = await createDriver({ wanted: "auto" });
  assert.match(notice, driver.name === "linux" ? /^Linux UDP driver: / : /because .*: ./);
  driver.stop();
});
