// What `bootsrv status` makes of the answer of a server.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../../src/resolve/report.ts";
import { statusText } from "../../src/server/status_text.ts";
import { REPORT } from "./report.ts";

const MISSING: Report = {
  ...REPORT,
  ...{ name: "a", file: null, bytes: 0 },
  ...{ outcome: "refused", refusal: "not-found", reason: "no such file" },
};

const STATUS = {
  server: {
    version: "1.2.3",
    startedAtMs: 1_000,
    root: "/srv/boot",
    driver: "Linux UDP driver: system calls in batches",
    listeners: [
      { via: "tftp", address: "::", port: 69 },
      { via: "http", address: "0.0.0.0", port: 80 },
    ],
    ready: true,
    facts: [{ name: "Uploads", value: "off" }],
  },
  live: [{
    via: "tftp",
    operation: "read",
    client: "10.0.0.2",
    port: 2071,
    name: "boot/vmlinuz",
    bytes: 1024,
    size: 4096,
    durationMs: 1000,
    options: "blksize=1468",
  }],
  counts: [{
    via: "tftp",
    operation: "read",
    outcome: "done",
    requests: 7,
    bytes: 2048,
    retransmits: 1,
    seconds: 3,
  }],
  refusals: [{ kind: "not-found", requests: 2 }],
  recent: [
    { atMs: 0, report: MISSING },
    { atMs: 0, report: { ...MISSING, outcome: "done", refusal: null, name: "fine" } },
  ],
} as const;

test("It shows the server, its listeners, transfers, counters and recent errors", () => {
  assert.equal(
    statusText(STATUS, 61_000),
    `bootsrv 1.2.3, started 1 min ago, ready
Root:              /srv/boot
TFTP driver:       Linux UDP driver: system calls in batches
TFTP listens on:   [::]:69
HTTP listens on:   0.0.0.0:80
Uploads:           off

Transfers under way: 1
  10.0.0.2:2071 tftp read boot/vmlinuz: 1.0 KiB of 4.0 KiB (25 %), 1.0 s, 1.0 KiB/s [blksize=1468]

Requests since the start:
  tftp read done: 7, 2.0 KiB, 1 retransmitted

Refusals by reason:
  not-found: 2

Recent errors, the latest first:
  1970-01-01T00:00:00.000Z ✗ 10.0.0.1 tftp read a not-found: no such file
`,
  );
});

test("It prints nothing that a terminal obeys, and no more than fits", () => {
  const live = Array.from({ length: 30 }, () => ({ ...STATUS.live[0], name: "\x1b[2J" }));
  const text = statusText({ ...STATUS, live, server: { ...STATUS.server, root: "\x1b" } }, 0);
  assert.ok(!text.includes("\x1b"));
  assert.ok(text.includes("and 10 more"));
});
