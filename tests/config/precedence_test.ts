// Flags beat environment beats file beats defaults, and paths know what they are relative to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, loadGood } from "./loading.ts";

test("nothing at all gives the defaults of the users' manual", async () => {
  const config = await loadGood({});
  assert.equal(config.root, "");
  assert.deepEqual(config.addresses, []);
  assert.equal(config.symlinks, "inside");
  assert.deepEqual(config.tftp, {
    port: 69,
    singlePort: false,
    portRange: null,
    blksizeMax: 65464,
    allowFragments: false,
    windowsizeMax: 64,
    timeoutMs: 1000,
    retries: 6,
    rollover: 0,
    optionsDisabled: [],
    suppressNaks: false,
    trace: false,
    driver: "auto",
    workers: 1,
    multicast: {
      enabled: true,
      addresses: "239.255.69.0/24",
      addresses6: "ff15::4554:0/112",
      ports: { first: 1758, last: 1857 },
      ttl: 1,
    },
  });
  assert.deepEqual(config.http, { port: 80, listing: true, status: true });
  assert.deepEqual(config.upload, {
    enabled: false,
    create: false,
    overwrite: true,
    sizeBytesMax: 64 * 2 ** 20,
    quotaBytes: 0,
  });
  assert.deepEqual(config.log, { format: "pretty", level: "info", syslog: "" });
  assert.deepEqual(config.limits, {
    transfersMax: 10000,
    transfersPerClientMax: 64,
    requestsPerSecondPerClientMax: 200,
    httpConnectionsMax: 1000,
  });
});

test("flags beat environment beats file beats defaults, key by key", async () => {
  const file = "[tftp]\nport = 1\nretries = 1\ntimeout = 1\nwindowsize-max = 1\n";
  const env = { BOOTSRV_TFTP_RETRIES: "2", BOOTSRV_TFTP_TIMEOUT: "2", BOOTSRV_TFTP_PORT: "2" };
  const flags = { "tftp-timeout": "3.5", "tftp-port": "3" };
  const { tftp } = await loadGood({ file, env, flags });
  assert.equal(tftp.windowsizeMax, 1);
  assert.equal(tftp.retries, 2);
  assert.equal(tftp.timeoutMs, 3500);
  assert.equal(tftp.port, 3);
  assert.equal(tftp.blksizeMax, 65464);
});

test("sources name what set each key", async () => {
  const loaded = await load({
    file: "[tftp]\nport = 1\nretries = 1\n[http]\nlisting = false\n",
    env: { BOOTSRV_TFTP_RETRIES: "2" },
    flags: { verbose: true, "http-listing": true },
  });
  assert.equal(loaded.kind, "config");
  if (loaded.kind !== "config") return;
  assert.equal(loaded.file, "/etc/boot/c.toml");
  assert.deepEqual(Object.fromEntries(loaded.sources), {
    "tftp.port": "/etc/boot/c.toml",
    "tftp.retries": "BOOTSRV_TFTP_RETRIES",
    "http.listing": "--http-listing",
    "log.level": "--verbose",
  });
});

test("a list in a flag or a variable replaces the list of the file", async () => {
  const file = 'address = ["10.0.0.1"]\n';
  const env = { BOOTSRV_ADDRESS: "10.0.0.2, ::1" };
  assert.deepEqual((await loadGood({ file, env })).addresses, ["10.0.0.2", "::1"]);
  const flags = { address: ["10.0.0.3", "10.0.0.4"] };
  assert.deepEqual((await loadGood({ file, env, flags })).addresses, ["10.0.0.3", "10.0.0.4"]);
});

test("booleans: flags with and without no-, words in variables, empty means unset", async () => {
  assert.equal((await loadGood({ flags: { "http-listing": false } })).http.listing, false);
  for (const word of ["false", "no", "OFF", "0"]) {
    const config = await loadGood({ env: { BOOTSRV_HTTP_LISTING: word } });
    assert.equal(config.http.listing, false, word);
  }
  assert.equal((await loadGood({ env: { BOOTSRV_UPLOAD_ENABLED: "1" } })).upload.enabled, true);
  assert.equal((await loadGood({ env: { BOOTSRV_HTTP_LISTING: "" } })).http.listing, true);
});

test("short flags have variables, too; those of the long ones win", async () => {
  const env = { BOOTSRV_WRITABLE: "1", BOOTSRV_VERBOSE: "1", BOOTSRV_PORT_RANGE: "20000-20099" };
  const config = await loadGood({ env });
  assert.equal(config.upload.enabled, true);
  assert.equal(config.log.level, "debug");
  assert.deepEqual(config.tftp.portRange, { first: 20000, last: 20099 });
  const silent = await loadGood({ env: { BOOTSRV_VERBOSE: "no", BOOTSRV_SINGLE_PORT: "off" } });
  assert.equal(silent.log.level, "info");
  assert.equal(silent.tftp.singlePort, false);
  const both = { BOOTSRV_WRITABLE: "1", BOOTSRV_UPLOAD_ENABLED: "0" };
  assert.equal((await loadGood({ env: both })).upload.enabled, false);
});

test("short flags stand for their long ones, which win", async () => {
  const config = await loadGood({
    flags: { "port-range": "20000-20099", writable: true, verbose: true },
  });
  assert.deepEqual(config.tftp.portRange, { first: 20000, last: 20099 });
  assert.equal(config.upload.enabled, true);
  assert.equal(config.log.level, "debug");
  const both = await loadGood({ flags: { verbose: true, "log-level": "error" } });
  assert.equal(both.log.level, "error");
});

test('ports: a number, 0, or "off"', async () => {
  assert.equal((await loadGood({ flags: { "tftp-port": "off" } })).tftp.port, null);
  assert.equal((await loadGood({ file: '[http]\nport = "off"\n' })).http.port, null);
  assert.equal((await loadGood({ env: { BOOTSRV_HTTP_PORT: "0" } })).http.port, 0);
});

test("sizes: a number of octets or a unit", async () => {
  const sizes = { '"1 GiB"': 2 ** 30, '"10KiB"': 10240, "7": 7, '"7"': 7, '"5 B"': 5, "0": 0 };
  for (const [text, bytes] of Object.entries(sizes)) {
    const config = await loadGood({ file: `[upload]\nsize-max = ${text}\n` });
    assert.equal(config.upload.sizeBytesMax, bytes, text);
  }
});

test("a relative root belongs to its file, or to the working directory of its flag", async () => {
  const file = 'root = "tree"\nsearch = ["more", "/abs"]\n';
  const inFile = await loadGood({ file });
  assert.equal(inFile.root, "/etc/boot/tree");
  assert.deepEqual(inFile.search, ["/etc/boot/more", "/abs"]);
  const inFlag = await loadGood({ file, flags: { root: "../srv", search: ["x"] } });
  assert.equal(inFlag.root, "/srv");
  assert.deepEqual(inFlag.search, ["/home/x"]);
  assert.equal((await loadGood({ file, env: { BOOTSRV_ROOT: "tree" } })).root, "/home/tree");
});

test("the ready file is a flag or a variable, relative to the working directory", async () => {
  assert.equal((await loadGood({ flags: { "ready-file": "r.json" } })).readyFile, "/home/r.json");
  const env = { BOOTSRV_READY_FILE: "/run/r.json" };
  assert.equal((await loadGood({ env })).readyFile, "/run/r.json");
});

test("variables that are not ours, or of no key, are passed over", async () => {
  const env = { BOOTSRV_SEED: "1", BOOTSRV_SERVICE_HOST: "10.0.0.1", PATH: "/bin" };
  assert.deepEqual(await loadGood({ env }), await loadGood({}));
});

test("a byte order mark and Windows line ends are taken", async () => {
  const config = await loadGood({ file: "\uFEFF[tftp]\r\nport = 7\r\n" });
  assert.equal(config.tftp.port, 7);
});

test("upload.overwrite is a boolean or a word, in the file, a flag and a variable", async () => {
  for (const [text, value] of [["true", true], ["false", false], ["version", "version"]] as const) {
    const literal = text === "version" ? `"${text}"` : text;
    const file = await loadGood({ file: `[upload]\noverwrite = ${literal}\n` });
    const flag = await loadGood({ flags: { "upload-overwrite": text } });
    const variable = await loadGood({ env: { BOOTSRV_UPLOAD_OVERWRITE: text } });
    for (const { upload } of [file, flag, variable]) assert.equal(upload.overwrite, value);
  }
});

test("a mount is relative to the folder of the file, a client's root to the root", async () => {
  const config = await loadGood({
    file: '[[mount]]\nat = "images"\npath = "img"\n[[client-root]]\npath = "{ip}"\n' +
      "[[quirk]]\nrollover = 1\n[[quirk]]\n",
  });
  assert.deepEqual(config.mounts, [{ at: "images", path: "/etc/boot/img" }]);
  assert.deepEqual(config.clientRoots, [
    { path: "{ip}", fallback: "file", clients: [], interfaces: [], addresses: [] },
  ]);
  assert.deepEqual(config.quirks.map(({ rollover }) => rollover), [1, null]);
});

test("a hook is relative to what names it: the folder of the file, or the current one", async () => {
  const file = '[hooks]\ntransfer-end = "hook"\ntimeout = 2.5\n';
  const { hooks } = await loadGood({ file });
  assert.deepEqual(hooks, {
    ...{ transferEnd: "/etc/boot/hook", outcomes: ["done", "unacknowledged"] },
    ...{ processesMax: 4, timeoutMs: 2500 },
  });
  const flags = { "hooks-transfer-end": "hook" };
  const [named] = await Promise.all([loadGood({ file, flags }), loadGood({})]);
  assert.notEqual(named.hooks.transferEnd, "/etc/boot/hook");
  assert.ok(named.hooks.transferEnd.endsWith("/hook"));
  assert.equal((await loadGood({})).hooks.transferEnd, "");
});

test("strip-prefixes are taken with and without slashes at their ends, umask in octal", async () => {
  const file = 'strip-prefixes = ["/tftpboot/", "a/b"]\numask = "027"\n';
  const config = await loadGood({ file });
  assert.deepEqual(config.stripPrefixes, ["tftpboot", "a/b"]);
  assert.equal(config.umask, 0o27);
});
