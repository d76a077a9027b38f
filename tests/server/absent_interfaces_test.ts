// What is said of interfaces that are not there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { absentInterfaces } from "../../src/server/absent_interfaces.ts";
import { loadGood } from "../config/loading.ts";

test("interfaces that are named and not there are one line, each once", async () => {
  const config = await loadGood({
    file: `
      [[client-root]]
      path = "one"
      interfaces = ["eth7", "br-*"]
      [[access]]
      interfaces = ["eth7", "eth0"]
      allow = []
    `,
  });
  assert.equal(
    absentInterfaces(config, ["lo", "eth0"]),
    'No interface "eth7", "br-*" with an address here: rules for it hold once there is one',
  );
  assert.equal(absentInterfaces(config, ["eth0", "eth7", "br-lan"]), "");
  assert.equal(absentInterfaces(await loadGood({}), []), "");
});
