// Where the log goes besides standard error.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { temporaryFolder } from "../../../scripts/lib/temporary.ts";
import { openLog, reopenLog } from "../../../src/server/log/open.ts";
import { until } from "../../patience.ts";
import { listenUnix } from "../../sys/unix_listener.ts";

const skip = process.platform === "linux" ? false : "not Linux";
const CONFIG = { format: "json", level: "info", syslog: "" } as const;

function place() {
  const lines: string[] = [];
  return {
    lines,
    write: (text: string) => lines.push(text),
    color: false,
    isNowhere: false,
    emptied: () => Promise.resolve(),
  };
}

test("Lines go to a local syslog, as many as go to standard error", { skip }, async () => {
  const folder = temporaryFolder("syslog");
  const listener = await listenUnix(join(folder.path, "log"));
  const here = place();
  const { log, warning } = await openLog(
    { ...CONFIG, syslog: `unix:${join(folder.path, "log")}` },
    here,
  );
  assert.equal(warning, "");
  log.info("one");
  log.debug("too much");
  log.error("two");
  assert.match(listener.take()!, /^<30>1 .* bootsrv \d+ - - \ufeff?one$/);
  assert.match(listener.take()!, /^<27>1 .*two$/);
  assert.equal(listener.take(), null);
  assert.equal(here.lines.length, 2);
  log.close();
  listener.close();
  folder.remove();
});

test("Lines go to a syslog over UDP", async () => {
  const server = createSocket("udp4");
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { log } = await openLog({ ...CONFIG, syslog: `udp://127.0.0.1:${port}` }, place());
  let message = "";
  server.on("message", (bytes) => message = String(bytes));
  // The system may drop one.
  await until(() => (log.warning("over there"), message !== ""));
  assert.match(message, /^<28>1 .*over there$/);
  log.close();
  server.close();
});

test("A syslog that is not there is a warning, and the log goes on", { skip }, async () => {
  const here = place();
  const { log, warning } = await openLog({ ...CONFIG, syslog: "unix:/nowhere/log" }, here);
  assert.equal(warning, 'Cannot log to "unix:/nowhere/log": no such socket');
  log.info("one");
  assert.equal(here.lines.length, 1);
  log.close();
});

test("A log that is opened anew goes on by the new configuration alone", { skip }, async () => {
  const folder = temporaryFolder("syslog");
  const listener = await listenUnix(join(folder.path, "log"));
  const syslog = `unix:${join(folder.path, "log")}`;
  const here = place();
  const { log } = await openLog({ ...CONFIG, syslog }, here);
  assert.equal(await reopenLog(log, { ...CONFIG, level: "warning" }, here), "");
  log.info("too much");
  log.warning("one");
  assert.equal(listener.take(), null);
  assert.equal(here.lines.length, 1);
  log.close();
  listener.close();
  folder.remove();
});
