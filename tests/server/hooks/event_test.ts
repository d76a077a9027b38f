// What a hook is told, and of which requests.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HooksConfig } from "../../../src/config/config.ts";
import type { Report } from "../../../src/resolve/report.ts";
import { hookCommand } from "../../../src/server/hooks/event.ts";
import { REPORT } from "../report.ts";

const CONFIG: HooksConfig = {
  transferEnd: "/bin/hook",
  outcomes: ["done", "unacknowledged"],
  processesMax: 1,
  timeoutMs: 1000,
};

const DONE: Report = {
  ...REPORT,
  ...{ name: "\\boot\\x", file: "boot/x", path: "/srv/boot/x" },
  ...{ bytes: 1234, durationMs: 1500.4, options: "blksize=1468" },
};

test("arguments are those of dnsmasq's dhcp-script, the rest is in the environment", () => {
  assert.deepEqual(hookCommand(DONE, CONFIG), {
    program: "/bin/hook",
    args: ["tftp", "1234", "10.0.0.1", "/srv/boot/x"],
    env: {
      BOOTSRV_TRANSFER_OUTCOME: "done",
      BOOTSRV_TRANSFER_OPERATION: "read",
      BOOTSRV_TRANSFER_VIA: "tftp",
      BOOTSRV_TRANSFER_CLIENT: "10.0.0.1",
      BOOTSRV_TRANSFER_PORT: "2070",
      BOOTSRV_TRANSFER_NAME: "\\boot\\x",
      BOOTSRV_TRANSFER_FILE: "boot/x",
      BOOTSRV_TRANSFER_PATH: "/srv/boot/x",
      BOOTSRV_TRANSFER_OCTETS: "1234",
      BOOTSRV_TRANSFER_SECONDS: "1.500",
      BOOTSRV_TRANSFER_OPTIONS: "blksize=1468",
      BOOTSRV_TRANSFER_REASON: "",
    },
  });
});

test("multicast is TFTP to a script, HTTP is not", () => {
  const first = (via: Report["via"]) => hookCommand({ ...DONE, via }, CONFIG)?.args[0];
  assert.deepEqual((["tftp", "multicast", "mtftp", "http"] as const).map(first), [
    ...["tftp", "tftp", "tftp", "http"],
  ]);
});

test("only transfers are told, and of them those that end as the configuration says", () => {
  const told = (report: Partial<Report>, config: Partial<HooksConfig> = {}) =>
    hookCommand({ ...DONE, ...report }, { ...CONFIG, ...config }) !== null;
  assert.equal(told({ outcome: "unacknowledged" }), true);
  assert.equal(told({ outcome: "failed" }), false);
  assert.equal(told({ outcome: "failed" }, { outcomes: ["failed"] }), true);
  for (const outcome of ["probe", "refused"] as const) assert.equal(told({ outcome }), false);
  assert.equal(told({ path: null }), false, "a directory listing, an answer without a body");
  assert.equal(told({}, { transferEnd: "" }), false);
});

test("a NUL, which no argument can hold, is left out", () => {
  const command = hookCommand({ ...DONE, name: "a\0b", path: "/srv/\0x" }, CONFIG);
  assert.equal(command?.env.BOOTSRV_TRANSFER_NAME, "ab");
  assert.equal(command?.args[3], "/srv/x");
});
