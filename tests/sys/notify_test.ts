// Named datagram sockets, and what a service manager is told over them.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, describe, test } from "node:test";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { openNotifier, SILENT_NOTIFIER } from "../../src/sys/notify.ts";
import { openUnixDatagram, unixAddress } from "../../src/sys/unix_datagram.ts";
import { listenUnix } from "./unix_listener.ts";

const skip = process.platform === "linux" ? false : "not Linux";

describe("A notifier", { skip }, () => {
  const folder = temporaryFolder("notify");
  after(() => folder.remove());

  for (const name of [join(folder.path, "notify"), `@bootsrv-notify-${process.pid}`]) {
    test(`tells readiness, reload, life and the end to ${name[0] === "@" ? "@" : "/"}`, async () => {
      const listener = await listenUnix(name);
      const notifier = await openNotifier({ NOTIFY_SOCKET: name }, 7);
      notifier.ready("Serving\nall");
      notifier.reloading();
      notifier.alive();
      notifier.stopping();
      assert.equal(listener.take(), "READY=1\nSTATUS=Serving all");
      const [word, time] = listener.take()!.split("\n");
      assert.equal(word, "RELOADING=1");
      assert.match(time!, /^MONOTONIC_USEC=\d{6,}$/);
      assert.equal(listener.take(), "WATCHDOG=1");
      assert.equal(listener.take(), "STOPPING=1");
      assert.equal(listener.take(), null);
      notifier.close();
      listener.close();
    });
  }

  test("is silent where no socket is named", async () => {
    assert.equal(await openNotifier({}, 7), SILENT_NOTIFIER);
    assert.equal(await openNotifier({ NOTIFY_SOCKET: "" }, 7), SILENT_NOTIFIER);
  });

  test("has the time of the watchdog that is meant for this process", async () => {
    const name = `@bootsrv-watchdog-${process.pid}`;
    const listener = await listenUnix(name);
    const timeOf = async (more: Record<string, string>) => {
      const notifier = await openNotifier({ NOTIFY_SOCKET: name, ...more }, 7);
      notifier.close();
      return notifier.watchdogMs;
    };
    assert.equal(await timeOf({ WATCHDOG_USEC: "30000000" }), 30_000);
    assert.equal(await timeOf({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "7" }), 30_000);
    assert.equal(await timeOf({ WATCHDOG_USEC: "30000000", WATCHDOG_PID: "8" }), null);
    assert.equal(await timeOf({ WATCHDOG_USEC: "soon" }), null);
    assert.equal(await timeOf({}), null);
    listener.close();
  });

  test("says why the socket cannot be reached", async () => {
    await assert.rejects(
      openNotifier({ NOTIFY_SOCKET: join(folder.path, "none") }, 7),
      /no such socket/,
    );
    await assert.rejects(openNotifier({ NOTIFY_SOCKET: "relative" }, 7), /no name of a socket/);
  });

  test("A sender finds a receiver that was started anew, and loses what nobody takes", async () => {
    const path = join(folder.path, "log");
    let listener = await listenUnix(path);
    const sender = await openUnixDatagram(path);
    assert.equal(sender.send(new TextEncoder().encode("one")), true);
    listener.close();
    rmSync(path);
    assert.equal(sender.send(new TextEncoder().encode("two")), false);
    listener = await listenUnix(path);
    assert.equal(sender.send(new TextEncoder().encode("three")), true);
    assert.equal(listener.take(), "three");
    sender.close();
    listener.close();
  });
});

test("Addresses of sockets hold 108 octets of a name, no more", () => {
  assert.equal(unixAddress("/" + "x".repeat(106))?.length, 110);
  assert.equal(unixAddress("/" + "x".repeat(107)), null);
  assert.equal(unixAddress("@" + "x".repeat(107))?.length, 110);
  assert.equal(unixAddress("@" + "x".repeat(108)), null);
  assert.equal(unixAddress("/a\0b"), null);
  assert.equal(unixAddress("@"), null);
});
