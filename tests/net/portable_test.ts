// The portable driver passes the suite of all drivers; what only it does is tested here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createPortableDriver } from "../../src/net/portable.ts";
import { udpDriverSuite } from "./udp_driver_suite.ts";

udpDriverSuite(
  "portable",
  (onFault) => Promise.resolve(createPortableDriver(onFault === undefined ? {} : { onFault })),
);

test("portable: expand() gives the addresses of one family, no link-local ones", () => {
  const driver = createPortableDriver();
  assert(driver.expand("0.0.0.0").includes("127.0.0.1"));
  assert(driver.expand("0.0.0.0").every((host) => !host.includes(":")));
  assert(driver.expand("::").every((host) => host.includes(":") && !host.startsWith("fe80")));
  assert.deepEqual(driver.expand("192.0.2.1"), ["192.0.2.1"]);
});
