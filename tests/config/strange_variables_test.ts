// Environment variables that set nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { strangeVariables } from "../../src/config/strange_variables.ts";

const ROWS: readonly (readonly [variable: string, meant: string | null])[] = [
  ["BOOTSRV_TFTP_PRT", "BOOTSRV_TFTP_PORT"],
  ["BOOTSRV_TFT_PORT", "BOOTSRV_TFTP_PORT"],
  ["BOOTSRV_PORT_TFTP", "BOOTSRV_TFTP_PORT"],
  ["BOOTSRV_ROT", "BOOTSRV_ROOT"],
  ["BOOTSRV_Root", "BOOTSRV_ROOT"],
  ["BOOTSRV_WRITEABLE", "BOOTSRV_WRITABLE"],
  ["BOOTSRV_CONFIG_FILE", "BOOTSRV_CONFIG"],
  ["BOOTSRV_XYZZY", null],
];

for (const [variable, meant] of ROWS) {
  test(`"${variable}" is reported with the name that was meant`, () => {
    const hint = meant === null ? "" : `: did you mean "${meant}"?`;
    const expected = [`Unknown environment variable "${variable}"${hint}`];
    assert.deepEqual(strangeVariables({ [variable]: "69" }), expected);
  });
}

test("what sets something, is empty, or is somebody else's is no stranger", () => {
  const env = {
    BOOTSRV_TFTP_PORT: "69",
    BOOTSRV_VERBOSE: "1",
    BOOTSRV_CONFIG: "/etc/bootsrv.toml",
    BOOTSRV_READY_FILE: "/run/ready",
    BOOTSRV_SEED: "1",
    BOOTSRV_TFTP_PRT: "",
    HOME: "/",
    BOOTSRV_TRANSFER_PORT: "2070",
    // A Kubernetes Service called "bootsrv-web".
    BOOTSRV_WEB_SERVICE_HOST: "10.0.0.1",
    BOOTSRV_WEB_SERVICE_PORT: "80",
    BOOTSRV_WEB_SERVICE_PORT_HTTP: "80",
    BOOTSRV_WEB_PORT: "tcp://10.0.0.1:80",
    BOOTSRV_WEB_PORT_80_TCP: "tcp://10.0.0.1:80",
    BOOTSRV_WEB_PORT_80_TCP_ADDR: "10.0.0.1",
  };
  assert.deepEqual(strangeVariables(env), []);
});
