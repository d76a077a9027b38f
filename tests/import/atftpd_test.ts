// atftpd's files and command line as TOML.
import assert from "node:assert/strict";
import { test } from "node:test";
import { imported, told } from "./importing.ts";

test("a PCRE file becomes rules for names that are missing", async () => {
  const text = "^\\w*\\.conf$     master.conf\nrepl(ace)\tm$1\nx(.)y [$0][${1}]$$\n(a)(b) $2x$0y\n";
  const { config, notes } = await imported("atftpd", { files: { "pcre.txt": text } });
  assert.deepEqual(notes, []);
  const same = { raw: true, when: "missing", operation: "read" };
  assert.deepEqual(told(config.rewrite), [
    { ...same, match: "^\\w*\\.conf$", replace: "master.conf" },
    { ...same, match: "repl(ace)", replace: "m$1", replaceWhat: "first" },
    { ...same, match: "x(.)y", replace: "[$0][$1]$$", replaceWhat: "first" },
    { ...same, match: "(a)(b)", replace: "$2x$0y", replaceWhat: "first" },
  ]);
});

test("release 0.7 puts the replacement in place of the whole name", async () => {
  const files = { "p": "repl(ace) m$1-$7-$x{ip}\n" };
  const { config } = await imported("atftpd", { files, release: "0.7.5" });
  assert.equal(config.rewrite[0]?.replace, "m$1--$$x\\{ip}");
  assert.equal(config.rewrite[0]?.replaceWhat, "name");
});

test("a PCRE line without an equal is named with its number and what to do", async () => {
  const lines = [
    "^(?!boot/) x",
    "(?<=a)b x",
    "(a)\\1 x",
    "a++ x",
    "(?>a|ab)c x",
    "a\\Kb x",
    "(?i)ok$ x",
    "one",
    "a b c",
    "(a) $2",
    "(a) $name",
    "(?(1)a|b) x",
    "(a x",
  ];
  const { notes, config } = await imported("atftpd", { files: { f: lines.join("\n") } });
  assert.deepEqual(notes, [
    "f:1 A linear-time engine has no look-around",
    "f:2 A linear-time engine has no look-around",
    "f:3 Back-references are not regular, and a linear-time engine has none",
    "f:4 A linear-time engine has no possessive quantifiers",
    "f:5 A linear-time engine has no atomic groups",
    "f:6 RE2 syntax has no \\K",
    "f:8 A line is a pattern, white space and a replacement",
    "f:9 A line is a pattern, white space and a replacement",
    "f:10 The replacement asks for a group that the pattern does not have",
    "f:11 The replacement asks for a group that the pattern does not have",
    "f:12 Recursion and conditions are not regular, and a linear-time engine has none",
    "f:13 The pattern is not valid in RE2 syntax: missing closing ): `(a`",
  ]);
  assert.deepEqual(config.rewrite.map(({ match }) => match), ["(?i)ok$"]);
});

test("mtftp.conf becomes rows, bad and repeated lines are named", async () => {
  const lines = [
    "# file address port",
    "",
    "linux    239.255.1.1 3001",
    "/pxe/linux.0 239.255.1.2 3001",
    "other    239.255.1.1 3001",
    "../x     239.255.1.3 3001",
    "y        10.0.0.1 3001",
    "z        239.255.1.4 70000",
    "w        239.255.69.4 1758",
  ];
  const { toml, notes } = await imported("atftpd", { files: { "mtftp.conf": lines.join("\n") } });
  assert.match(
    toml,
    /file = "linux"\naddress = "239\.255\.1\.1"\nclient-port = 3001\nserver-port = 75\n/,
  );
  assert.match(toml, /file = "pxe\/linux\.0"/);
  assert.match(toml, /addresses = "239\.255\.0\.0\/24"/);
  assert.deepEqual(notes.map((note) => note.split(" ")[0]), [
    "mtftp.conf:5",
    "mtftp.conf:6",
    "mtftp.conf:7",
    "mtftp.conf:8",
  ]);
});

test("a command line becomes keys, and the files that it names are read", async () => {
  const args = "/usr/sbin/atftpd --daemon --port 6969 --retry-timeout=2 -m 7 --no-multicast " +
    "--no-blk --bind-address 127.0.0.1 -v7 --pcre /etc/p --prevent-sas '/srv/my boot/'";
  const disk = { "/etc/p": "a b\n" };
  const { config, notes, toml } = await imported("atftpd", { args, disk });
  assert.deepEqual(notes, []);
  assert.equal(config.root, "/srv/my boot");
  assert.deepEqual(config.addresses, ["127.0.0.1"]);
  assert.equal(config.tftp.port, 6969);
  assert.equal(config.tftp.timeoutMs, 2000);
  assert.deepEqual(config.tftp.optionsDisabled, ["multicast", "blksize"]);
  assert.equal(config.limits.transfersMax, 7);
  assert.equal(config.log.level, "debug");
  assert.equal(config.http.port, null);
  assert.deepEqual([config.upload.enabled, config.upload.create], [true, true]);
  assert.equal(config.rewrite.length, 1);
  assert.match(toml, /^user = "nobody"/m);
});

test("Debian's /etc/default/atftpd is a command line", async () => {
  const text = "USE_INETD=true\n# OPTIONS below are used only with init script\n" +
    'OPTIONS="--tftpd-timeout 300 --retry-timeout 5 --mcast-port 1758 --mcast-addr ' +
    '239.239.239.0-255 --mcast-ttl 1 --maxthread 100 --verbose=5 /srv/tftp"\n';
  const { config, notes, toml } = await imported("atftpd", {
    files: { "/etc/default/atftpd": text },
  });
  assert.equal(config.root, "/srv/tftp");
  assert.match(toml, /addresses = "239\.239\.239\.0\/24"/);
  assert.match(toml, /ports = "1758-1758"/);
  assert.deepEqual(notes, []);
  assert.match(
    toml,
    /^# Made by [^\n]*\n# For inetd \(--tftpd-timeout 300\): bootsrv --inetd --inetd-timeout 300 --config FILE\n/,
  );
});

test("how long a server of inetd waits is a flag; a daemon waits for ever", async () => {
  const head = async (args: string) => (await imported("atftpd", { args })).toml.split("\n")[1];
  assert.match(await head("-t 60 /srv") ?? "", /^# For inetd \(-t 60\): .* --inetd-timeout 60 /);
  assert.match(await head("--tftpd-timeout=0 /srv") ?? "", /--inetd-timeout 86400 /);
  assert.match(await head("-t 60 --daemon /srv") ?? "", /^root = /);
  assert.equal((await imported("atftpd", { args: "-t soon /srv" })).notes.length, 1);
});

test("options without an equal, unknown ones and bad values are named", async () => {
  const args = "--logfile /l --pidfile /p --no-source-port-checking --mcast-switch-client " +
    "--port none --mcast-addr x --pcre /gone --wrong -z /srv";
  const { notes, config } = await imported("atftpd", { args });
  assert.equal(notes.length, 9);
  assert.ok(notes.every((note) => note.startsWith("command line:0 ")));
  assert.equal(config.root, "/srv");
});
