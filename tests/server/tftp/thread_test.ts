// A TFTP worker as the main thread sees it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startThread } from "../../../src/server/tftp/thread.ts";
import { loadGood } from "../../config/loading.ts";

test("Everybody who asks whether the worker is alive is answered", async () => {
  const config = await loadGood({
    file: 'root = "/"\naddress = ["127.0.0.1"]\n[tftp]\nport = 0\ndriver = "portable"\n',
  });
  const place = { kind: "bind", shared: false } as const;
  const thread = await startThread({ config, place, events: {} as never });
  assert.equal(thread.kind, "listening");
  if (thread.kind !== "listening") return;
  await Promise.all([thread.ping(), thread.ping(), thread.ping()]);
  await thread.stop("The test is over");
});
