// What the server remembers, how little of it, and when it tells those who watch.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveTransfer, Report, TimedReport } from "../../src/resolve/report.ts";
import { createActivity } from "../../src/server/activity.ts";
import { REPORT } from "./report.ts";

const AT_MS = 1_700_000_000_000;

function report(fields: Partial<Report> = {}): TimedReport {
  const own = { port: 1, bytes: 10, durationMs: 500, retransmits: 1 };
  return { atMs: AT_MS, report: { ...REPORT, ...own, ...fields } };
}

const LIVE: LiveTransfer = {
  ...{ via: "tftp", operation: "read", client: "10.0.0.1", port: 1, name: "x" },
  ...{ bytes: 5, size: 10, durationMs: 1, options: "" },
};

/** A clock that runs when the test says so. */
function manualClock() {
  const clock = {
    ms: 0,
    due: null as { atMs: number; run: () => void } | null,
    after(ms: number, run: () => void) {
      const entry = { atMs: clock.ms + ms, run };
      clock.due = entry;
      return () => {
        if (clock.due === entry) clock.due = null;
      };
    },
    advance(ms: number) {
      const end = clock.ms + ms;
      while (clock.due !== null && clock.due.atMs <= end) {
        const { atMs, run } = clock.due;
        clock.due = null;
        clock.ms = atMs;
        run();
      }
      clock.ms = end;
    },
  };
  return clock;
}

test("the last 200 reports are kept, newest first", () => {
  const activity = createActivity(manualClock());
  activity.add(Array.from({ length: 450 }, (_, at) => report({ name: `${at}` })));
  const names = activity.recent().map(({ report }) => report.name);
  assert.equal(names.length, 200);
  assert.deepEqual([names[0], names[199]], ["449", "250"]);
});

test("a report is shown with the time at which its outcome was known", () => {
  const activity = createActivity(manualClock());
  activity.add([report()]);
  assert.equal(activity.recent()[0]?.atMs, AT_MS);
});

test("status pages are not told where files lie on this machine", () => {
  const activity = createActivity(manualClock());
  activity.add([report({ path: "/srv/boot/x" })]);
  assert.equal(activity.recent()[0]?.report.path, null);
});

test("the last 20 of each client are kept, for the 500 clients heard of last", () => {
  const activity = createActivity(manualClock());
  activity.add(Array.from({ length: 30 }, (_, at) => report({ name: `${at}` })));
  const names = activity.ofClient("10.0.0.1").map(({ report }) => report.name);
  assert.deepEqual([names.length, names[0], names[19]], [20, "29", "10"]);
  activity.add(Array.from({ length: 500 }, (_, at) => report({ client: `c${at}` })));
  assert.deepEqual(activity.ofClient("10.0.0.1"), []);
  const clients = activity.clients();
  assert.deepEqual([clients.length, clients[0]!.client], [500, "c499"]);
});

test("a client is summed up by what it asked last", () => {
  const activity = createActivity(manualClock());
  activity.add([report({ name: "a" }), report({ name: "b" }), report({ client: "10.0.0.2" })]);
  assert.deepEqual(
    activity.clients().map(({ client, requests, last }) => [client, requests, last.report.name]),
    [["10.0.0.2", 1, "x"], ["10.0.0.1", 2, "b"]],
  );
});

test("reports are added up by protocol, operation and outcome", () => {
  const activity = createActivity(manualClock());
  const refused = report({ outcome: "refused", refusal: "not-found", bytes: 0 });
  activity.add([report(), report(), report({ via: "http" }), refused, refused]);
  assert.deepEqual(
    activity.counts().map((count) => Object.values(count)),
    [
      ["tftp", "read", "done", 2, 20, 2, 1],
      ["http", "read", "done", 1, 10, 1, 0.5],
      ["tftp", "read", "refused", 2, 0, 2, 1],
    ],
  );
  assert.deepEqual(activity.refusals(), [{ kind: "not-found", requests: 2 }]);
});

test("names, reasons and steps of any length take bounded room", () => {
  const activity = createActivity(manualClock());
  const long = "x".repeat(100_000);
  activity.add([report({ name: long, reason: long, trail: [long] })]);
  const kept = activity.recent()[0]!.report;
  assert.deepEqual([kept.name.length, kept.reason.length], [1024, 1024]);
  assert.deepEqual(kept.trail.map((step) => step.length), [1024]);
});

test("live transfers are those of each source and those that are tracked", () => {
  const activity = createActivity(manualClock());
  activity.setLive("tftp", [LIVE]);
  const untrack = activity.track(() => ({ ...LIVE, via: "http" }));
  assert.deepEqual(activity.live().map(({ via }) => via), ["tftp", "http"]);
  untrack();
  activity.setLive("tftp", []);
  assert.deepEqual(activity.live(), []);
});

test("watchers hear of changes once a second at most", () => {
  const clock = manualClock();
  const activity = createActivity(clock);
  let calls = 0;
  activity.subscribe(() => calls += 1);
  for (let at = 0; at < 100; at += 1) {
    activity.add([report()]);
    clock.advance(50);
  }
  assert.equal(calls, 5);
});

test("watchers hear every second of what moves by itself, else every 15 seconds", () => {
  const clock = manualClock();
  const activity = createActivity(clock);
  let calls = 0;
  activity.subscribe(() => calls += 1);
  const untrack = activity.track(() => LIVE);
  clock.advance(10_000);
  assert.equal(calls, 10);
  untrack();
  clock.advance(61_000);
  assert.equal(calls, 15);
});

test("without watchers no timer runs", () => {
  const clock = manualClock();
  const activity = createActivity(clock);
  activity.add([report()]);
  assert.equal(clock.due, null);
  const [one, two] = [activity.subscribe(() => {}), activity.subscribe(() => {})];
  one();
  one();
  assert.notEqual(clock.due, null);
  two();
  assert.equal(clock.due, null);
});
