// A report for tests that are about a few of its fields.
import type { Report } from "../../src/resolve/report.ts";

/** Of a read by TFTP that went well; what a test is about stands in the test. */
export const REPORT: Report = {
  via: "tftp",
  operation: "read",
  client: "10.0.0.1",
  port: 2070,
  name: "x",
  file: "x",
  path: null,
  outcome: "done",
  refusal: null,
  reason: "",
  bytes: 1,
  durationMs: 1,
  retransmits: 0,
  options: "",
  limiter: "",
  noMulticast: "",
  trail: [],
  hint: "",
};
