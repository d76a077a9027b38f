// What is printed reads back as the same configuration.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "smol-toml";
import * as v from "valibot";
import type { Config, TftpOptionName } from "../../src/config/config.ts";
import { fromFile } from "../../src/config/convert.ts";
import { printConfig } from "../../src/config/print.ts";
import { FileSchema } from "../../src/config/schema.ts";
import { load, loadGood } from "./loading.ts";
import { fc } from "../fuzz/properties.ts";

const flag = fc.boolean();
const milliseconds = fc.integer({ min: 10, max: 255_000 });
const port = fc.integer({ min: 1, max: 65535 });
const range = fc.tuple(port, port).map(([a, b]) => ({
  first: Math.min(a, b),
  last: Math.max(a, b),
}));
const listening = fc.option(fc.integer({ min: 0, max: 65535 }));
// Anything TOML must quote or escape, without the control characters that no key takes.
const text = fc.string({ unit: "binary", maxLength: 12 })
  .map((value) => value.toWellFormed().replace(/\p{Cc}/gu, "\\"));
const network = fc.constantFrom("10.0.0.0/8", "2001:db8::/32", "192.0.2.7");
const local = {
  interfaces: fc.array(fc.constantFrom("eth0", "br-*")),
  addresses: fc.array(network),
};
const limit = fc.integer({ min: 0, max: 1_000_000 });

const rewrite = fc.record({
  match: fc.constantFrom("^(\\w)'", "a\\.b$", '"', "x"),
  label: text,
  ignoreCase: flag,
  longest: flag,
  invert: fc.constant(false),
  raw: flag,
  replace: text.map((value) => `x${value.replace(/[$\\{}]/g, "_")}`),
  replaceWhat: fc.constantFrom("name" as const, "first", "all", "repeat"),
  family: fc.constantFrom("ipv4" as const, "ipv6", "any"),
  stop: flag,
  stopIfExists: fc.constant(false),
  restart: fc.constant(false),
  jump: fc.constant(""),
  refuse: fc.constant(""),
  when: fc.constantFrom("always" as const, "missing" as const),
  operation: fc.constantFrom("read" as const, "write" as const, "any" as const),
  via: fc.constantFrom("tftp" as const, "http" as const, "any" as const),
  continue: fc.constant(false),
  clients: fc.array(network),
});

const mtftp = fc.record({
  file: fc.constantFrom("boot/winpe.img", 'a"b', "ä'\\"),
  address: fc.constant("239.255.70.1"),
  clientPort: port,
  serverPort: port,
  openTimeoutMs: milliseconds,
  reopenTimeoutMs: milliseconds,
  delayMs: milliseconds,
});

const options = fc.subarray<TftpOptionName>([
  ...["blksize", "tsize", "timeout", "windowsize", "multicast"] as const,
  ...["blksize2", "utimeout", "rollover", "msftwindow"] as const,
]);
const octets = fc.oneof(
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 1000 }).map((count) => count * 2 ** 20),
);

const records: fc.Arbitrary<Config> = fc.record({
  root: text,
  search: fc.array(text),
  addresses: fc.array(fc.constantFrom("10.0.0.1", "::", "fe80::1%eth0")),
  user: text,
  group: text,
  chroot: flag,
  umask: fc.option(fc.integer({ min: 0, max: 0o777 })),
  symlinks: fc.constantFrom("inside", "any", "none"),
  caseInsensitive: flag,
  requireWorldReadable: flag,
  hiddenFiles: flag,
  absoluteNames: fc.constantFrom("root", "listed"),
  stripPrefixes: fc.array(fc.constantFrom("tftpboot", "a/b")),
  tftp: fc.record({
    port: listening,
    singlePort: flag,
    portRange: fc.option(range),
    blksizeMax: fc.integer({ min: 8, max: 65464 }),
    allowFragments: flag,
    windowsizeMax: port,
    timeoutMs: milliseconds,
    retries: fc.integer({ min: 0, max: 1000 }),
    rollover: fc.constantFrom(0, 1),
    optionsDisabled: options,
    suppressNaks: flag,
    trace: flag,
    driver: fc.constantFrom("auto", "portable", "linux"),
    workers: fc.integer({ min: 1, max: 64 }),
    multicast: fc.record({
      enabled: flag,
      addresses: fc.constantFrom("239.255.69.0/24", "239.1.0.0/16"),
      addresses6: fc.constantFrom("ff15::4554:0/112", "ff18::/64"),
      ports: range,
      ttl: fc.integer({ min: 0, max: 255 }),
    }),
  }),
  mtftp: fc.array(mtftp, { maxLength: 3 }),
  http: fc.record({ port: listening, listing: flag, status: flag }),
  upload: fc.record({
    enabled: flag,
    create: flag,
    overwrite: fc.constantFrom(true, false, "version" as const),
    sizeBytesMax: octets,
    quotaBytes: octets,
  }),
  rewrite: fc.array(rewrite, { maxLength: 3 }),
  access: fc.array(
    fc.record({
      clients: fc.array(network),
      ...local,
      paths: fc.array(fc.constantFrom("backups/**", "{a,b}/[!c]?", '"\\*"')),
      via: fc.constantFrom("tftp" as const, "http" as const, "any" as const),
      allow: fc.subarray(["read", "write"]),
    }),
    { maxLength: 3 },
  ),
  mounts: fc.array(fc.record({ at: fc.constantFrom("images", "a/b"), path: fc.constant("/mnt") })),
  clientRoots: fc.array(
    fc.record({
      path: fc.constantFrom("{ip}", "/srv/clients/{mac}"),
      fallback: fc.constantFrom("file" as const, "folder" as const, "none" as const),
      clients: fc.array(network),
      ...local,
    }),
  ),
  quirks: fc.array(
    fc.record({
      clients: fc.array(network),
      optionsDisabled: options,
      tsizeOnly: flag,
      blksizeMax: fc.integer({ min: 8, max: 65464 }),
      windowsizeMax: port,
      rollover: fc.constantFrom(0 as const, 1 as const, null),
    }),
  ),
  hooks: fc.record({
    transferEnd: text,
    outcomes: fc.subarray(["done", "unacknowledged", "failed", "aborted"]),
    processesMax: fc.integer({ min: 1, max: 1000 }),
    timeoutMs: fc.integer({ min: 100, max: 255_000 }),
  }),
  log: fc.record({
    format: fc.constantFrom("pretty", "json", "logfmt"),
    level: fc.constantFrom("debug", "info", "warning", "error"),
    syslog: fc.constantFrom("", "unix:/dev/log", "udp://[::1]:514"),
  }),
  limits: fc.record({
    transfersMax: limit,
    transfersPerClientMax: limit,
    requestsPerSecondPerClientMax: limit,
    httpConnectionsMax: limit,
  }),
  readyFile: fc.constant(""),
});
// Plain objects in place of those without a prototype, which fast-check likes to make.
const configs = records.map((config) => structuredClone(config));

test("printConfig() reads back as the same value, for any configuration", () => {
  fc.assert(
    fc.property(configs, (config) => {
      const read = v.parse(FileSchema, parse(printConfig(config)));
      assert.deepEqual(fromFile(read, ""), config);
    }),
    { numRuns: 200 },
  );
});

test("printConfig() of the defaults loads as the defaults, features not built included", async () => {
  const defaults = await loadGood({});
  assert.deepEqual(await loadGood({ file: printConfig(defaults) }), defaults);
});

test("printConfig() names every key, and says what set it where that is known", async () => {
  const loaded = await load({
    file: "[tftp]\nport = 1\n",
    env: { BOOTSRV_TFTP_RETRIES: "2" },
    flags: { "tftp-timeout": "3.5" },
  });
  assert.equal(loaded.kind, "config");
  if (loaded.kind !== "config") return;
  const lines = printConfig(loaded.config, { sources: loaded.sources }).split("\n");
  assert.ok(lines.includes("port = 1  # /etc/boot/c.toml"));
  assert.ok(lines.includes("retries = 2  # BOOTSRV_TFTP_RETRIES"));
  assert.ok(lines.includes("timeout = 3.5  # --tftp-timeout"));
  assert.ok(lines.includes("windowsize-max = 64"));
});
