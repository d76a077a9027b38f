// Where the log goes besides standard error: syslog.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { createLog } from "../../../src/server/log/log.ts";
import {
  parseSyslogTarget,
  syslogMessage,
  syslogSink,
  udpTransport,
} from "../../../src/server/log/syslog.ts";
import { until } from "../../patience.ts";

const AT = Date.UTC(2024, 4, 1, 12, 34, 56, 789);
const WHO = { hostname: "branch 1", pid: 7 };

test("RFC 5424 §6: a message has priority, version, time, host, program and text", () => {
  const bytes = syslogMessage({ level: "warning", text: "a\nb\x1b", atMs: AT }, WHO);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  assert.equal(
    text,
    "<28>1 2024-05-01T12:34:56.789Z branch1 bootsrv 7 - - \ufeffa\\nb\\u001b",
  );
});

test("a long message is cut between characters", () => {
  for (const shift of ["", "a", "ab", "abc"]) {
    const bytes = syslogMessage({ level: "info", text: shift + "日".repeat(2000), atMs: AT }, WHO);
    assert.ok(bytes.byteLength > 2040 && bytes.byteLength <= 2048);
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  }
});

test("parseSyslogTarget() reads what the configuration allows", () => {
  assert.deepEqual(parseSyslogTarget("udp://log.example"), {
    ...{ kind: "udp", host: "log.example", port: 514 },
  });
  assert.deepEqual(parseSyslogTarget("udp://[2001:db8::1]:5514"), {
    ...{ kind: "udp", host: "2001:db8::1", port: 5514 },
  });
  assert.deepEqual(parseSyslogTarget("unix:/dev/log"), { kind: "unix", path: "/dev/log" });
  for (const bad of ["", "tcp://x", "udp://", "udp://x:0", "udp://x:70000", "unix:log"]) {
    assert.equal(parseSyslogTarget(bad), null, bad);
  }
});

test("the log reaches a syslog that listens on UDP", async () => {
  const receiver = createSocket("udp4");
  await new Promise<void>((resolve) => receiver.bind(0, "127.0.0.1", resolve));
  let received = "";
  receiver.on("message", (bytes) => received = bytes.toString());
  const { port } = receiver.address();
  const sink = syslogSink(udpTransport({ host: "127.0.0.1", port }), WHO);
  const log = createLog({ format: "json", level: "info", color: false, write() {}, sink });
  // The system may drop one.
  await until(() => (log.info("Ready"), received !== ""));
  assert.match(received, /^<30>1 .* bootsrv 7 - - \ufeff?Ready$/);
  log.close();
  receiver.close();
});
