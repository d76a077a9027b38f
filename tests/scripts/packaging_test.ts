// The files for init systems: their programs accept them, and what they call exists.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { run } from "../../scripts/lib/command.ts";
import { ROOT } from "../../scripts/lib/project.ts";
import { temporaryFolder } from "../../scripts/lib/temporary.ts";
import { SETTINGS } from "../../src/config/settings.ts";
import { which } from "../../scripts/lib/command.ts";

const FOLDER = join(ROOT, "scripts", "packaging");
const FILES = readdirSync(FOLDER);
const textOf = (name: string) => readFileSync(join(FOLDER, name), "utf8");

describe("Packaging", () => {
  for (const name of FILES.filter((each) => /\.(openrc|procd)$/.test(each))) {
    test(`${name} is a script that sh can read`, async () => {
      const { code, output } = await run("sh", ["-n", join(FOLDER, name)]);
      assert.equal(code, 0, output);
    });
  }

  test("every flag in the files is one of ours", () => {
    const known = new Set(["config", ...SETTINGS.map(({ flag }) => flag)]);
    for (const name of FILES) {
      for (
        const line of textOf(name).split("\n").filter((each) => /bootsrv.*\sserve\b/.test(each))
      ) {
        for (const [, flag] of line.matchAll(/--([a-z-]+)/g)) {
          assert.ok(known.has(flag!), `${name}: --${flag}`);
        }
      }
    }
  });

  const skip = which("systemd-analyze") === null ? 'no "systemd-analyze" here' : false;
  test("systemd has nothing to say about the units", { skip }, async () => {
    const copy = temporaryFolder("units");
    const units = FILES.filter((each) => /\.(service|socket)$/.test(each)).map((name) => {
      const path = join(copy.path, name);
      // The executable is not installed where the tests run.
      writeFileSync(path, textOf(name).replaceAll("/usr/bin/bootsrv", "/bin/true"));
      return path;
    });
    const { code, output } = await run("systemd-analyze", ["verify", "--man=no", ...units]);
    assert.deepEqual([code, output], [0, ""]);
    copy.remove();
  });
});
