// Files that start atftpd and in.tftpd: the command line in them is what is imported.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DaemonName } from "../../src/import/import.ts";
import { imported } from "./importing.ts";

async function made(daemon: DaemonName, ...lines: readonly string[]) {
  const { toml, config, notes } = await imported(daemon, { files: { f: lines.join("\n") } });
  const { root, user, chroot } = config;
  return { root, user, chroot, notes, head: toml.split("\n")[1] ?? "", config };
}

test("inetd.conf: the line of the daemon, not those of others or comments", async () => {
  const hpa = await made(
    "tftpd-hpa",
    "# /etc/inetd.conf: see inetd(8)",
    "#tftp dgram udp wait root /usr/sbin/in.tftpd in.tftpd -s /old",
    "ident\tstream\ttcp\twait\tidentd\t/usr/sbin/identd\tidentd",
    "tftp\tdgram\tudp\twait\troot\t/usr/sbin/in.tftpd\tin.tftpd -s /srv/tftp",
  );
  assert.deepEqual([hpa.root, hpa.user, hpa.chroot, hpa.notes], ["/srv/tftp", "nobody", true, []]);
  assert.match(hpa.head, /^# For inetd \(900 s by default\): .* --inetd-timeout 900 /);
  const line = "tftp dgram udp4 wait boot.boot /usr/sbin/tcpd /usr/sbin/in.tftpd " +
    "--tftpd-timeout 60 --retry-timeout 5 /srv/boot";
  const atftpd = await made("atftpd", line);
  assert.deepEqual([atftpd.root, atftpd.user, atftpd.notes], ["/srv/boot", "boot", []]);
  assert.match(atftpd.head, /--inetd-timeout 60 /);
});

test("xinetd: server and server_args; what is xinetd's own is named", async () => {
  const { root, user, notes, head } = await made(
    "tftpd-hpa",
    "# default: off",
    "service tftp",
    "{",
    "\tsocket_type\t= dgram",
    "\twait\t\t= yes",
    "\tuser\t\t= root",
    "\tserver\t\t= /usr/sbin/in.tftpd",
    "\tserver_args\t= -s /var/lib/tftpboot",
    "\tonly_from\t= 10.0.0.0/8",
    "\tdisable\t\t= yes",
    "}",
  );
  assert.deepEqual([root, user], ["/var/lib/tftpboot", "nobody"]);
  assert.deepEqual(notes, ["f:9 It is xinetd's own", "f:10 xinetd does not start it at all"]);
  assert.match(head, /--inetd-timeout 900 /);
});

test("a systemd unit: ExecStart; a variable that it does not say is named", async () => {
  const unit = ["[Unit]", "Description=x", "[Service]", "EnvironmentFile=/etc/default/atftpd"];
  const atftpd = await made(
    "atftpd",
    ...[...unit, "ExecStart=-/usr/sbin/atftpd --daemon --no-fork \\", "  $OPTIONS /srv/x"],
  );
  assert.deepEqual([atftpd.root, atftpd.notes], [
    "/srv/x",
    ["f:0 What this variable stands for is said elsewhere"],
  ]);
  const hpa = await made("tftpd-hpa", ...unit, "ExecStart=/usr/sbin/in.tftpd -c -s /srv/y");
  assert.deepEqual([hpa.root, hpa.config.upload.create, hpa.notes], ["/srv/y", true, []]);
});

test("variables of other distributions' start scripts", async () => {
  const rows: readonly (readonly [DaemonName, string, string])[] = [
    ["tftpd-hpa", 'RUN_DAEMON="no"\nOPTIONS="-l -s /var/lib/tftpboot"', "/var/lib/tftpboot"],
    [
      "tftpd-hpa",
      'INTFTPD_PATH="/boot/"\nINTFTPD_OPTS="-R 4096:32767 -s ${INTFTPD_PATH}"',
      "/boot",
    ],
    ["tftpd-hpa", 'TFTPD_ARGS="--secure /srv/tftp/"', "/srv/tftp"],
    ["atftpd", 'ATFTPD_OPTIONS="-v6"\nATFTPD_USE_INETD="no"\nATFTPD_DIRECTORY="/srv/t"', "/srv/t"],
    ["atftpd", 'TFTPD_ROOT="/tftpboot"\nTFTPD_OPTS="--daemon --user nobody"', "/tftpboot"],
  ];
  for (const [daemon, text, folder] of rows) {
    const { root, notes } = await made(daemon, text);
    assert.deepEqual([root, notes], [folder, []], text);
  }
});

test("variables that nobody knows, and files that start something else, are named", async () => {
  const strange = await made("tftpd-hpa", 'TFTP_DIRECTORY="/srv"\nTFTP_MAGIC="on"');
  assert.deepEqual(strange.notes, ["f:0 The importer does not know this variable"]);
  for (
    const text of [
      "tftp dgram udp wait root /usr/bin/other other /srv",
      "[Service]\nExecStart=/usr/bin/other",
      "OTHER=",
      "service x\n{\n server = /bin/other\n}",
    ]
  ) {
    const { notes, root } = await made("tftpd-hpa", text);
    assert.deepEqual([root, notes], ["", ["f:0 Nothing in there is known to start the daemon"]]);
  }
});

test("a daemon that stays root becomes a server that stays what it is started as", async () => {
  const hpa = await made(
    "tftpd-hpa",
    'TFTP_USERNAME="root"\nTFTP_DIRECTORY="/srv"\n' +
      'TFTP_OPTIONS="--secure"',
  );
  assert.deepEqual([hpa.user, hpa.chroot], ["", false]);
  assert.deepEqual(hpa.notes, ["f:0 There is no chroot for root, who can leave it"]);
  const atftpd = await made("atftpd", 'OPTIONS="--daemon --user root.root /srv"');
  assert.deepEqual([atftpd.user, atftpd.config.group, atftpd.notes], ["", "", []]);
  const { config } = await imported("dnsmasq", {
    files: { c: "enable-tftp\ntftp-root=/srv\nuser=root\ngroup=root\n" },
  });
  assert.deepEqual([config.user, config.group], ["", ""]);
});
