// Ranges and conditions as tables: no socket, no app, only what is planned for which header.
import assert from "node:assert/strict";
import { test } from "node:test";
import { planAnswer } from "../../src/http/plan.ts";
import { formatHttpDate, parseHttpDate } from "../../src/http/date.ts";

const MODIFIED = Date.UTC(2024, 4, 1, 12, 0, 0);
const FILE = { size: 1000, mtimeMs: MODIFIED + 789, key: "1-2-3" };
const ETAG = '"1-2-3"';
const DATE = "Wed, 01 May 2024 12:00:00 GMT";
const EARLIER = "Wed, 01 May 2024 11:59:59 GMT";
const LATER = "Wed, 01 May 2024 12:00:01 GMT";

/** Status, and the octets that are sent, of the answer to GET with these fields. */
function planned(fields: Record<string, string>, { method = "GET", size = 1000 } = {}): string {
  const header = (name: string) => fields[name];
  const { status, part } = planAnswer(header, { method, file: { ...FILE, size } });
  return part === null ? `${status}` : `${status} ${part.start}+${part.length}`;
}

const RANGES: readonly (readonly [range: string, size: number, answer: string])[] = [
  ["bytes=0-", 1000, "206 0+1000"],
  ["bytes=0-0", 1000, "206 0+1"],
  ["bytes=10-19", 1000, "206 10+10"],
  ["bytes=999-999", 1000, "206 999+1"],
  ["bytes=990-5000", 1000, "206 990+10"],
  ["bytes=-1", 1000, "206 999+1"],
  ["bytes=-1000", 1000, "206 0+1000"],
  ["bytes=-5000", 1000, "206 0+1000"],
  ["Bytes = 1 - 2 ", 1000, "206 1+2"],
  ["bytes=1000-", 1000, "416"],
  ["bytes=5000-6000", 1000, "416"],
  ["bytes=99999999999999999999999-", 1000, "416"],
  ["bytes=-0", 1000, "416"],
  ["bytes=0-", 0, "416"],
  ["bytes=-1", 0, "416"],
  ["bytes=u-u", 1000, "200 0+1000"],
  ["bytes=5-2", 1000, "200 0+1000"],
  ["bytes=-", 1000, "200 0+1000"],
  ["bytes=", 1000, "200 0+1000"],
  ["bytes=1", 1000, "200 0+1000"],
  ["bytes=0x1-2", 1000, "200 0+1000"],
  ["bytes=+1-2", 1000, "200 0+1000"],
  ["bytes=1.5-2", 1000, "200 0+1000"],
  ["bytes=0-1,5-6", 1000, "200 0+1000"],
  ["bytes=0-1, bytes=5-6", 1000, "200 0+1000"],
  ["lines=0-1", 1000, "200 0+1000"],
  ["", 1000, "200 0+1000"],
  ["bytes=" + "0-1,".repeat(1000), 1000, "200 0+1000"],
];

for (const [range, size, answer] of RANGES) {
  test(`RFC 9110 §14: Range "${range.slice(0, 40)}" of ${size} octets is answered ${answer}`, () => {
    assert.equal(planned({ "Range": range }, { size }), answer);
  });
}

test("RFC 9110 §14.2: HEAD ignores Range", () => {
  assert.equal(planned({ "Range": "bytes=0-1" }, { method: "HEAD" }), "200");
});

const CONDITIONS: readonly (readonly [fields: Record<string, string>, answer: string])[] = [
  [{ "If-None-Match": ETAG }, "304"],
  [{ "If-None-Match": `W/${ETAG}` }, "304"],
  [{ "If-None-Match": `"x", ${ETAG}` }, "304"],
  [{ "If-None-Match": "*" }, "304"],
  [{ "If-None-Match": '"other"' }, "200 0+1000"],
  [{ "If-None-Match": "1-2-3" }, "200 0+1000"],
  [{ "If-None-Match": '"other"', "If-Modified-Since": DATE }, "200 0+1000"],
  [{ "If-Modified-Since": DATE }, "304"],
  [{ "If-Modified-Since": LATER }, "304"],
  [{ "If-Modified-Since": EARLIER }, "200 0+1000"],
  [{ "If-Modified-Since": "yesterday" }, "200 0+1000"],
  [{ "If-Match": ETAG }, "200 0+1000"],
  [{ "If-Match": "*" }, "200 0+1000"],
  [{ "If-Match": `"x",${ETAG}` }, "200 0+1000"],
  [{ "If-Match": '"other"' }, "412"],
  [{ "If-Match": `W/${ETAG}` }, "412"],
  [{ "If-Match": ETAG, "If-Unmodified-Since": EARLIER }, "200 0+1000"],
  [{ "If-Unmodified-Since": DATE }, "200 0+1000"],
  [{ "If-Unmodified-Since": EARLIER }, "412"],
  [{ "If-Unmodified-Since": "never" }, "200 0+1000"],
  [{ "If-Match": ETAG, "Range": "bytes=5-9" }, "206 5+5"],
  [{ "If-Match": '"other"', "Range": "bytes=5-9" }, "412"],
  [{ "If-Unmodified-Since": DATE, "Range": "bytes=5-9" }, "206 5+5"],
  [{ "If-Range": ETAG, "Range": "bytes=5-9" }, "206 5+5"],
  [{ "If-Range": '"other"', "Range": "bytes=5-9" }, "200 0+1000"],
  [{ "If-Range": `W/${ETAG}`, "Range": "bytes=5-9" }, "200 0+1000"],
  [{ "If-Range": DATE, "Range": "bytes=5-9" }, "206 5+5"],
  [{ "If-Range": LATER, "Range": "bytes=5-9" }, "200 0+1000"],
  [{ "If-Range": "junk", "Range": "bytes=5-9" }, "200 0+1000"],
  [{ "If-Range": '"other"', "Range": "bytes=5000-" }, "200 0+1000"],
  [{ "If-None-Match": ETAG, "Range": "bytes=5-9" }, "304"],
];

for (const [fields, answer] of CONDITIONS) {
  test(`RFC 9110 §13: ${JSON.stringify(fields)} is answered ${answer}`, () => {
    assert.equal(planned(fields), answer);
  });
}

test("planAnswer() gives the header of a part", () => {
  const header = (name: string) => name === "Range" ? "bytes=10-19" : undefined;
  assert.deepEqual(planAnswer(header, { method: "GET", file: FILE }).headers, {
    "Content-Length": "10",
    "Accept-Ranges": "bytes",
    "ETag": ETAG,
    "Last-Modified": DATE,
    "Content-Range": "bytes 10-19/1000",
  });
});

test("planAnswer() keeps quotes, spaces and control characters out of the entity tag", () => {
  const file = { ...FILE, key: 'a"b c\r\nä' };
  assert.equal(planAnswer(() => null, { method: "GET", file }).headers["ETag"], '"a-b-c---"');
});

const DATES: readonly (readonly [text: string, ms: number | null])[] = [
  ["Sun, 06 Nov 1994 08:49:37 GMT", 784111777000],
  ["Sunday, 06-Nov-94 08:49:37 GMT", 784111777000],
  ["Sun Nov  6 08:49:37 1994", 784111777000],
  ["Sun, 06 Xxx 1994 08:49:37 GMT", null],
  ["Sun, 06 Nov 1994 08:49:37 PST", null],
  ["784111777", null],
  ["", null],
];

for (const [text, ms] of DATES) {
  test(`RFC 9110 §5.6.7: parseHttpDate("${text}") is ${ms}`, () => {
    assert.equal(parseHttpDate(text), ms);
  });
}

test("formatHttpDate() writes a date that can be read back, whatever the file says", () => {
  assert.equal(formatHttpDate(784111777000), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const ms of [0, -1, NaN, Infinity, 8.64e15]) {
    assert.notEqual(parseHttpDate(formatHttpDate(ms)), null);
  }
});
