// What get, put and tftp ask with when the command line says nothing, and when it does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { addTransferFlags, transferOptions } from "../../src/cli/transfer_flags.ts";

function parse(...args: readonly string[]) {
  const command = addTransferFlags(new Command("get").exitOverride()).configureOutput({
    writeErr: () => {},
  });
  command.parse(args, { from: "user" });
  return transferOptions("u", command);
}

test("Without flags the size, a block that fills a frame and a window are offered", () => {
  assert.deepEqual(parse(), {
    url: "u",
    blksize: "auto",
    windowsize: 16,
    tsize: true,
    timeoutSeconds: null,
    retries: 6,
    mode: null,
    trace: false,
    quiet: false,
  });
});

test("Each option can be left out or given", () => {
  const bare = parse("--blksize", "off", "--windowsize", "off", "--no-tsize");
  assert.deepEqual([bare.blksize, bare.windowsize, bare.tsize], [null, null, false]);
  const full = parse("--blksize", "512", "--windowsize", "4", "--tsize", "--timeout", "3");
  assert.deepEqual([full.blksize, full.windowsize, full.tsize], [512, 4, true]);
  assert.equal(full.timeoutSeconds, 3);
  assert.equal(parse("--blksize", "auto").blksize, "auto");
  for (const wrong of ["7", "65465", "many", "-1"]) {
    assert.throws(() => parse("--blksize", wrong), /integer from 8 to 65464/);
  }
});
