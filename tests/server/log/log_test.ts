// The log, line by line: what each format makes of reports and events, and that nothing from the
// network can steer a terminal or fake a line.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../../../src/resolve/report.ts";
import { createLog, type LogOptions } from "../../../src/server/log/log.ts";
import { REPORT } from "../report.ts";

const AT = new Date(2024, 4, 1, 12, 34, 56, 789).getTime();

const DONE: Report = {
  ...REPORT,
  ...{ client: "10.1.2.3", name: "pxelinux.0", file: "pxelinux.0" },
  ...{ bytes: 42_000, durationMs: 12.5, options: "blksize=1468 windowsize=4" },
  trail: ['requested "pxelinux.0"'],
};

const MISSING: Partial<Report> = {
  name: "boot/bcd",
  file: null,
  outcome: "refused",
  refusal: "not-found",
  reason: "No such file",
  bytes: 0,
  options: "",
  trail: ['requested "boot/bcd"', 'tried "boot/bcd": no such file', 'nearest: "Boot/BCD"'],
};

/** What the log writes for these reports. */
function written(reports: readonly Partial<Report>[], options: Partial<LogOptions> = {}): string {
  let text = "";
  const log = createLog({
    format: "pretty",
    level: "debug",
    color: false,
    write: (lines) => text += lines,
    now: () => AT,
    ...options,
  });
  log.told(reports.map((report) => ({ atMs: AT, report: { ...DONE, ...report } })));
  return text;
}

const PRETTY: readonly (readonly [what: string, report: Partial<Report>, line: string])[] = [
  [
    "a finished read",
    {},
    "✓ 10.1.2.3 tftp read pxelinux.0 41 KiB in 13 ms, 3.2 MiB/s [blksize=1468 windowsize=4]",
  ],
  [
    "what the name became, what was sent again and the limiter",
    { name: "/x", file: "bios/x", retransmits: 2, limiter: "lock-step: no windowsize" },
    "✓ 10.1.2.3 tftp read /x → bios/x 41 KiB in 13 ms, 3.2 MiB/s, 2 retransmitted " +
    "[blksize=1468 windowsize=4] (lock-step: no windowsize)",
  ],
  [
    "why there was no multicast, before the limiter",
    { options: "", noMulticast: "no address and port is free", limiter: "lock-step" },
    "✓ 10.1.2.3 tftp read pxelinux.0 41 KiB in 13 ms, 3.2 MiB/s " +
    "(no multicast: no address and port is free; lock-step)",
  ],
  [
    "why there was no multicast, for a client that wanted nothing else",
    {
      options: "",
      bytes: 0,
      outcome: "aborted",
      reason: "Bye",
      noMulticast: "the option has a value",
    },
    "- 10.1.2.3 tftp read pxelinux.0 0 B in 13 ms aborted: Bye " +
    "(no multicast: the option has a value)",
  ],
  [
    "no arrow for the slash that TFTP names begin with",
    { name: "/pxelinux.0", options: "" },
    "✓ 10.1.2.3 tftp read /pxelinux.0 41 KiB in 13 ms, 3.2 MiB/s",
  ],
  [
    "why a name was not found, and what is near",
    MISSING,
    "✗ 10.1.2.3 tftp read boot/bcd not-found: No such file " +
    '(tried "boot/bcd": no such file; nearest: "Boot/BCD")',
  ],
  [
    "the hint",
    { outcome: "failed", reason: "No ACK", bytes: 0, hint: "Try --single-port", trail: [] },
    "! 10.1.2.3 tftp read pxelinux.0 0 B in 13 ms [blksize=1468 windowsize=4] " +
    "failed: No ACK — Try --single-port",
  ],
  [
    "a probe",
    { outcome: "probe", bytes: 0, durationMs: 1, options: "tsize=42000" },
    "· 10.1.2.3 tftp read pxelinux.0 0 B in 1 ms [tsize=42000] probe",
  ],
  [
    "an aborted upload by HTTP",
    { via: "http", operation: "write", outcome: "aborted", reason: "Client left", options: "" },
    "- 10.1.2.3 http write pxelinux.0 41 KiB in 13 ms, 3.2 MiB/s aborted: Client left",
  ],
];

for (const [what, report, line] of PRETTY) {
  test(`the pretty format shows ${what}`, () => {
    assert.equal(written([report]), `2024-05-01 12:34:56.789 ${line}\n`);
  });
}

test("the pretty format has colour and no date on a terminal", () => {
  const line = written([{ options: "" }], { color: true });
  assert.equal(
    line,
    "\x1b[2m12:34:56.789\x1b[0m \x1b[32m✓\x1b[0m 10.1.2.3 tftp read pxelinux.0 " +
      "41 KiB in 13 ms, 3.2 MiB/s\n",
  );
});

test("the JSON format has every field of every report", () => {
  const line = written([MISSING], { format: "json" });
  const { "@timestamp": time, level, message, logger, ...fields } = JSON.parse(line);
  assert.deepEqual([time, level, message, logger], [
    new Date(AT).toISOString(),
    "INFO",
    "read refused",
    "bootsrv",
  ]);
  assert.deepEqual(fields, { ...DONE, ...MISSING });
});

test("the logfmt format leaves out what a report does not have", () => {
  assert.equal(
    written([{ trail: [] }], { format: "logfmt" }),
    `time=${new Date(AT).toISOString()} level=info logger=bootsrv msg="read done" via=tftp ` +
      "operation=read client=10.1.2.3 port=2070 name=pxelinux.0 file=pxelinux.0 outcome=done " +
      'bytes=42000 durationMs=12.5 retransmits=0 options="blksize=1468 windowsize=4"\n',
  );
});

const EVIL = 'a\x1b[2J\n2024 ✓ fake\r\x07\x7f\x9b31m\u2028\u202eexe.\ufeff"\\b\t\u200b';

for (const format of ["pretty", "json", "logfmt"] as const) {
  test(`a name cannot steer a terminal or fake a line in ${format}`, () => {
    const evil = { name: EVIL, file: EVIL, reason: EVIL, options: EVIL, hint: EVIL, trail: [EVIL] };
    for (const outcome of ["done", "failed"] as const) {
      const text = written([{ ...evil, limiter: EVIL, outcome }], { format });
      assert.equal(text.indexOf("\n"), text.length - 1);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(text.slice(0, -1), /[\x00-\x1f\x7f-\x9f\u2028\u202e\ufeff\u200b]/);
      if (format === "json") assert.equal(JSON.parse(text).name, EVIL);
    }
  });
}

test("a name is quoted only where it could be mistaken", () => {
  const shown = (name: string) => written([{ name, file: null, options: "" }]).split(" ")[6];
  assert.equal(shown("\\Boot\\BCD"), "\\Boot\\BCD");
  assert.equal(shown("grün/日本"), "grün/日本");
  assert.equal(shown(""), '""');
  assert.equal(shown("a\nb\\"), '"a\\nb\\\\"');
  assert.equal(shown('"'), '"\\""');
});

const LEVELS: readonly (readonly [report: Partial<Report>, level: string])[] = [
  [{ outcome: "done" }, "INFO"],
  [{ outcome: "unacknowledged" }, "INFO"],
  [{ outcome: "aborted" }, "INFO"],
  [{ outcome: "probe" }, "DEBUG"],
  [{ outcome: "refused", refusal: "not-found" }, "INFO"],
  [{ outcome: "refused", refusal: "forbidden" }, "WARNING"],
  [{ outcome: "refused", refusal: "bad-name" }, "WARNING"],
  [{ outcome: "failed" }, "WARNING"],
];

for (const [report, level] of LEVELS) {
  test(`${report.outcome} ${report.refusal ?? ""} is of level ${level}`, () => {
    const line = JSON.parse(written([report], { format: "json" }));
    // LogTape writes WARNING as WARN.
    assert.ok(level.startsWith(line.level), line.level);
  });
}

test("less important lines are dropped", () => {
  const reports = [{ outcome: "probe" }, { outcome: "done" }, { outcome: "failed" }] as const;
  const count = (level: LogOptions["level"]) => written(reports, { level }).split("\n").length - 1;
  assert.deepEqual(
    [count("debug"), count("info"), count("warning"), count("error")],
    [3, 2, 1, 0],
  );
});

test("a batch of reports is written at once", () => {
  let writes = 0;
  written([{}, {}, {}], { write: () => writes += 1 });
  assert.equal(writes, 1);
});

test("what is told late has the time at which it happened, and keeps its order", () => {
  let text = "";
  const sent: string[] = [];
  const log = createLog({
    format: "pretty",
    level: "info",
    color: false,
    write: (lines) => text += lines,
    sink: { send: (level, text, atMs) => sent.push(`${atMs - AT} ${level} ${text}`), close() {} },
    now: () => AT + 1_000,
  });
  log.told([
    { atMs: AT, text: "> 10.0.0.1:2000 at 69: ERROR" },
    { atMs: AT + 1, report: { ...DONE, outcome: "refused", refusal: "forbidden", options: "" } },
    { atMs: AT + 2, report: { ...DONE, outcome: "probe" } },
    { atMs: AT + 3, text: "Group ended" },
  ]);
  assert.deepEqual(text.split("\n"), [
    "2024-05-01 12:34:56.789 > 10.0.0.1:2000 at 69: ERROR",
    "2024-05-01 12:34:56.790 ✗ 10.1.2.3 tftp read pxelinux.0 forbidden",
    "2024-05-01 12:34:56.792 Group ended",
    "",
  ]);
  assert.deepEqual(sent, [
    "0 info > 10.0.0.1:2000 at 69: ERROR",
    "1 warning ✗ 10.1.2.3 tftp read pxelinux.0 forbidden",
    "3 info Group ended",
  ]);
});

test("events have a text and fields, and further lines are indented", () => {
  let text = "";
  const log = createLog({
    format: "pretty",
    level: "info",
    color: false,
    write: (lines) => text += lines,
    now: () => AT,
  });
  log.debug("Not wanted");
  log.info("Listening", { port: 69, name: "a\x1bb" });
  log.error("Bad file:\nline 1: \x1b[31m\nline 2");
  log.close();
  const time = "2024-05-01 12:34:56.789";
  assert.equal(
    text,
    `${time} Listening port=69 name="a\\u001bb"\n` +
      `${time} error: Bad file:\n    line 1: \\u001b[31m\n    line 2\n`,
  );
});

test("a log whose output fails goes on", () => {
  const write = () => {
    throw new Error("EPIPE");
  };
  const sink = { send: write, close() {} };
  assert.equal(written([{}], { write, sink }), "");
});
