// The schema as seen from outside: every key has a flag and a variable, and a JSON Schema.
import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonSchema } from "../../src/config/json_schema.ts";
import { valueAt } from "../../src/config/key_path.ts";
import { ALIASES, SETTINGS } from "../../src/config/settings.ts";
import { formatSize, parseSize, shown } from "../../src/config/text.ts";

test("keys, flags and variables are named alike", () => {
  for (
    const [flag, variable] of [
      ["tftp-port", "BOOTSRV_TFTP_PORT"],
      ["root", "BOOTSRV_ROOT"],
      ["tftp-multicast-ttl", "BOOTSRV_TFTP_MULTICAST_TTL"],
      ["limits-transfers-max-per-client", "BOOTSRV_LIMITS_TRANSFERS_MAX_PER_CLIENT"],
    ]
  ) {
    assert.equal(SETTINGS.find((each) => each.flag === flag)?.variable, variable);
  }
});

test("flags and variables are unique, and each setting has a sentence", () => {
  const flags = [...SETTINGS, ...ALIASES].map((each) => each.flag);
  assert.equal(new Set(flags).size, flags.length);
  assert.equal(new Set(SETTINGS.map((each) => each.variable)).size, SETTINGS.length);
  for (const setting of SETTINGS) assert.match(setting.text, /\.$/, setting.flag);
  for (const alias of ALIASES) {
    assert.ok(SETTINGS.some((each) => each.flag === alias.for), alias.flag);
  }
});

test("jsonSchema() has types, bounds, choices, defaults, and admits no other key", async () => {
  const schema = await jsonSchema();
  const at = (...path: string[]) => valueAt(schema, path);
  assert.equal(at("additionalProperties"), false);
  assert.equal(at("properties", "tftp", "additionalProperties"), false);
  assert.equal(at("properties", "tftp", "properties", "retries", "type"), "integer");
  assert.equal(at("properties", "tftp", "properties", "blksize-max", "maximum"), 65464);
  assert.equal(at("properties", "tftp", "properties", "blksize-max", "default"), 65464);
  assert.deepEqual(at("properties", "log", "properties", "format", "enum"), [
    "pretty",
    "json",
    "logfmt",
  ]);
  assert.deepEqual(at("properties", "rewrite", "items", "required"), ["match"]);
  for (const { path, text } of SETTINGS) {
    const keys = path.flatMap((part) => ["properties", String(part)]);
    assert.equal(at(...keys, "description"), text, path.join("."));
  }
});

test("parseSize() reads what formatSize() writes, and no unit that is not binary", () => {
  for (const bytes of [0, 1, 1023, 1024, 1536, 2 ** 20, 3 * 2 ** 30, 2 ** 40, 2 ** 53 - 1]) {
    assert.equal(parseSize(formatSize(bytes)), bytes);
  }
  for (const text of ["", "1 MB", "1 mib", "-1", "1.5 GiB", "9999999 TiB", "1e3", "1  MiB"]) {
    assert.equal(parseSize(text), null, text);
  }
  assert.equal(parseSize(-1), null);
  assert.equal(parseSize(1.5), null);
});

test("shown() cuts long texts and escapes what moves a cursor", () => {
  assert.equal(shown("a\x1b[0m\u009b\u202e\x7f"), '"a\\u001b[0m\\u{9b}\\u{202e}\\u{7f}"');
  assert.ok(shown("x".repeat(1000)).length < 70);
});
