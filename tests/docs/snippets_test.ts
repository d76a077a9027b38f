// Every TOML example in the documentation loads.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadConfig } from "../../src/config/load.ts";

const ROOT = join(import.meta.dirname!, "..", "..");
const FILES = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => join("docs", name))]
  .filter((name) => name.endsWith(".md"));

for (const file of FILES) {
  const text = readFileSync(join(ROOT, file), "utf8");
  for (const [index, snippet] of [...text.matchAll(/^( *)```toml\n([^]*?)^\1```$/gm)].entries()) {
    test(`${file}: TOML example ${index + 1} loads`, async () => {
      const toml = snippet[2]!;
      const input = { flags: { config: "x" }, env: {}, cwd: "/", readFile: () => toml };
      const loaded = await loadConfig(input);
      if (loaded.kind === "config") return;
      assert.fail(`${loaded.faults.map(({ message }) => message).join("\n")}\n${toml}`);
    });
  }
}
