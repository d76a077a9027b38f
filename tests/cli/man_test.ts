// The manual page has what the help has.
import assert from "node:assert/strict";
import { test } from "node:test";
import { needs } from "../interop/harness.ts";
import { run } from "../../scripts/lib/command.ts";
import { bootsrv } from "./running.ts";

test("man prints roff that names every command, option and example", async () => {
  const { code, stdout, stderr } = await bootsrv(["man"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\.TH BOOTSRV 8 "" "bootsrv \d/);
  for (
    const words of [
      ".SS serve\n",
      ".SS check\n",
      ".SS rewrite\\-test\n",
      ".SS get\n",
      ".SS status\n",
      ".SS completions\n",
      ".B \\-\\-tftp\\-port <port>\n",
      ".B \\-\\-inetd\n",
      "bootsrv \\-\\-root /srv/boot\n",
      ".SH SIGNALS",
      ".SH EXIT STATUS",
    ]
  ) {
    assert.ok(stdout.includes(words), words);
  }
  assert.equal(stdout.split(".B \\-\\-tftp\\-port <").length, 2, "shared options once");
});

test("man is a page that groff sets without a complaint", { skip: needs("groff") }, async () => {
  const { stdout } = await bootsrv(["man"]);
  const set = await run("groff", ["-man", "-Tutf8", "-ww"], { input: stdout });
  assert.equal(set.code, 0);
  assert.doesNotMatch(set.output, /^\S*troff\S*: |<(?:standard input|stdin)>:/m);
});
